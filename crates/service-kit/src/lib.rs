//! What the shop's services share: telemetry, HTTP scaffold, errors, database, clients.
