//! The dashboard server: Grafana's API, provisioning, data-source proxy and the web interface.
