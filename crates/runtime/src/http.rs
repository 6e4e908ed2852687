//! Listeners and the HTTP server loop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take after a shutdown was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// The address a component serves on. Port 0 lets the system choose; the choice is logged as `listening`.
#[derive(Debug, Clone, clap::Args)]
pub struct Listen {
    /// Address to listen on, overriding the configuration file
    #[arg(long = "listen", value_name = "ADDR:PORT")]
    pub address: Option<SocketAddr>,
}

impl Listen {
    /// The address asked for, else `port` on the default host.
    pub fn or_port(&self, port: u16) -> SocketAddr {
        self.address.unwrap_or_else(|| default_address(port))
    }
}

/// `port` on loopback, or on the host that `MONITORING_STACK_BIND` names (containers set `0.0.0.0`).
pub fn default_address(port: u16) -> SocketAddr {
    let host = std::env::var("MONITORING_STACK_BIND").ok().and_then(|host| host.parse().ok());
    SocketAddr::new(host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port)
}

/// Binds `address`; the error names the port and what wanted it. Logs `listening` with the address really bound.
pub async fn bind(address: SocketAddr, purpose: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("{purpose} cannot listen on {address}; is another program using the port?")
    })?;
    let bound = listener.local_addr()?;
    tracing::info!(address = %bound, purpose, "listening");
    Ok(listener)
}

/// Serves `router` until `shutdown`, then gives requests under way [`DRAIN`] to finish.
pub async fn serve_http(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let deadline = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = server => result.context("HTTP server"),
        () = deadline => Ok(()),
    }
}
