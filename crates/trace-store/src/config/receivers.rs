//! Which receivers are on, and their ports.

use super::file::{Endpoint, File};

const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
const JAEGER_GRPC_PORT: u16 = 14250;
const JAEGER_HTTP_PORT: u16 = 14268;
const ZIPKIN_PORT: u16 = 9411;

/// Ports of receivers; `None` when the file lists receivers and this is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receivers {
    pub otlp_grpc: Option<u16>,
    pub otlp_http: Option<u16>,
    pub jaeger_grpc: Option<u16>,
    /// Thrift over HTTP.
    pub jaeger_http: Option<u16>,
    pub zipkin: Option<u16>,
}

/// A receiver that may be absent, present without settings, or with them.
type Listed = Option<Option<Endpoint>>;

impl Receivers {
    pub(super) fn of(file: &File) -> Result<Self, String> {
        let Some(receivers) =
            file.distributor.as_ref().and_then(|distributor| distributor.receivers.as_ref())
        else {
            return Ok(Self {
                otlp_grpc: Some(OTLP_GRPC_PORT),
                otlp_http: Some(OTLP_HTTP_PORT),
                jaeger_grpc: None,
                jaeger_http: None,
                zipkin: None,
            });
        };
        let otlp = receivers.otlp.as_ref().and_then(|otlp| otlp.protocols.as_ref());
        let jaeger = receivers.jaeger.as_ref().and_then(|jaeger| jaeger.protocols.as_ref());
        let on = Self {
            otlp_grpc: port(otlp.map(|otlp| &otlp.grpc), OTLP_GRPC_PORT, "otlp.protocols.grpc")?,
            otlp_http: port(otlp.map(|otlp| &otlp.http), OTLP_HTTP_PORT, "otlp.protocols.http")?,
            jaeger_grpc: port(jaeger.map(|jaeger| &jaeger.grpc), JAEGER_GRPC_PORT, "jaeger.protocols.grpc")?,
            jaeger_http: port(
                jaeger.map(|jaeger| &jaeger.thrift_http),
                JAEGER_HTTP_PORT,
                "jaeger.protocols.thrift_http",
            )?,
            zipkin: port(Some(&receivers.zipkin), ZIPKIN_PORT, "zipkin")?,
        };
        let ports = [on.otlp_grpc, on.otlp_http, on.jaeger_grpc, on.jaeger_http, on.zipkin];
        if ports.iter().all(Option::is_none) {
            return Err(
                "distributor.receivers has no receiver: add distributor.receivers.otlp.protocols.grpc or .http"
                    .to_owned(),
            );
        }
        Ok(on)
    }
}

fn port(listed: Option<&Listed>, default: u16, key: &str) -> Result<Option<u16>, String> {
    let Some(Some(settings)) = listed else { return Ok(None) };
    let Some(endpoint) = settings.as_ref().and_then(|settings| settings.endpoint.as_ref()) else {
        return Ok(Some(default));
    };
    let port = endpoint.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    port.map(Some).ok_or_else(|| format!("distributor.receivers.{key}.endpoint: {endpoint:?} has no port"))
}
