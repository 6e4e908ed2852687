//! Addresses: which host and ports the components of one stack use, and the URLs under which they reach each other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::components::{COMPONENTS, Component, OTLP_GRPC_PORT};

/// The highest offset that keeps every port of the stack valid.
pub const MAX_OFFSET: u16 = u16::MAX - 9080;

/// Where one stack listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    host: IpAddr,
    offset: u16,
}

impl Network {
    /// The stack on `MONITORING_STACK_BIND` (default loopback) with every port shifted by `offset`.
    pub fn new(offset: u16) -> Self {
        Self::on(runtime::default_address(0).ip(), offset)
    }

    /// The stack on a given host.
    pub const fn on(host: IpAddr, offset: u16) -> Self {
        Self { host, offset }
    }

    /// How far every port is shifted.
    pub const fn offset(&self) -> u16 {
        self.offset
    }

    /// The address on which the usual `port` is opened.
    pub fn listen(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.host, port.saturating_add(self.offset))
    }

    /// The address at which this machine reaches the usual `port`.
    pub fn reach(&self, port: u16) -> SocketAddr {
        let host = match self.host {
            IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            host => host,
        };
        SocketAddr::new(host, port.saturating_add(self.offset))
    }

    /// The URL at which this machine reaches the usual `port`.
    pub fn url(&self, port: u16) -> String {
        format!("http://{}", self.reach(port))
    }

    /// The URL to show to people: loopback is called localhost.
    pub fn shown_url(&self, port: u16) -> String {
        let address = self.reach(port);
        if address.ip().is_loopback() {
            format!("http://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        }
    }

    /// Variables that tell each component where the others are.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables: Vec<(&'static str, String)> = COMPONENTS
            .iter()
            .filter_map(|component| Some((component.url_env?, self.url(component.port))))
            .collect();
        variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT", self.url(OTLP_GRPC_PORT)));
        variables
    }

    /// Flags that put `component` on its addresses.
    pub fn flags(&self, component: &Component) -> Vec<String> {
        let mut flags = vec!["--listen".to_owned(), self.listen(component.port).to_string()];
        for extra in component.extra {
            flags.push(extra.flag.to_owned());
            flags.push(self.listen(extra.port).to_string());
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_and_url_follows_the_offset() {
        let network = Network::on(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 10_000);
        assert_eq!(network.listen(3000).to_string(), "0.0.0.0:13000");
        assert_eq!(network.url(3000), "http://127.0.0.1:13000");
        assert_eq!(network.shown_url(3000), "http://localhost:13000");
        let environment = network.environment();
        assert!(environment.contains(&("LOKI_URL", "http://127.0.0.1:13100".to_owned())));
        assert!(environment.contains(&("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:14317".to_owned())));
        assert_eq!(environment.len(), 8);
        let store = crate::components::find("tempo").unwrap();
        assert_eq!(
            network.flags(store).join(" "),
            "--listen 0.0.0.0:13200 --otlp-grpc-listen 0.0.0.0:14317 --otlp-http-listen 0.0.0.0:14318"
        );
    }

    #[test]
    fn the_highest_offset_keeps_ports_valid() {
        let highest = COMPONENTS.iter().flat_map(Component::ports).max().unwrap();
        assert_eq!(highest.checked_add(MAX_OFFSET), Some(u16::MAX));
    }
}
