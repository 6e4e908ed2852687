//! The components of the stack, in one table: everything that starts, watches or prints components reads it here.

/// Ports a component opens besides its HTTP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraPort {
    /// The component's flag that takes the address
    pub flag: &'static str,
    /// The usual port
    pub port: u16,
    /// What speaks there, for people
    pub label: &'static str,
}

/// One component.
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// Name used in commands, log files and telemetry
    pub name: &'static str,
    /// What it does, for people
    pub role: &'static str,
    /// The product whose place it takes; also accepted as its name
    pub alias: Option<&'static str>,
    /// The usual HTTP port
    pub port: u16,
    /// Further ports
    pub extra: &'static [ExtraPort],
    /// Path that answers 2xx once the component is ready
    pub ready_path: &'static str,
    /// Path that `health` asks
    pub health_path: &'static str,
    /// Variable by which the other components learn its URL
    pub url_env: Option<&'static str>,
    /// Stopping goes through the stages from the highest to the lowest: callers before those they call, and the
    /// stores last, so that nothing that was said on the way down is lost.
    pub stage: u8,
}

/// All components in the order in which they are started and listed.
pub const COMPONENTS: [Component; 8] = [
    Component {
        name: "log-store",
        role: "Logs (Loki API)",
        alias: Some("loki"),
        port: 3100,
        extra: &[],
        ready_path: "/ready",
        health_path: "/ready",
        url_env: Some("LOKI_URL"),
        stage: 0,
    },
    Component {
        name: "trace-store",
        role: "Traces (Tempo API)",
        alias: Some("tempo"),
        port: 3200,
        extra: &[
            ExtraPort { flag: "--otlp-grpc-listen", port: OTLP_GRPC_PORT, label: "OTLP gRPC" },
            ExtraPort { flag: "--otlp-http-listen", port: 4318, label: "OTLP HTTP" },
        ],
        ready_path: "/ready",
        health_path: "/ready",
        url_env: Some("TEMPO_URL"),
        stage: 0,
    },
    Component {
        name: "collector",
        role: "Log collection (Promtail)",
        alias: Some("promtail"),
        port: 9080,
        extra: &[],
        ready_path: "/ready",
        health_path: "/ready",
        url_env: Some("COLLECTOR_URL"),
        stage: 1,
    },
    Component {
        name: "dashboard-server",
        role: "Dashboards (Grafana API)",
        alias: Some("grafana"),
        port: 3000,
        extra: &[],
        ready_path: "/api/health",
        health_path: "/api/health",
        url_env: None,
        stage: 1,
    },
    shop("user-service", "Users and logins", 8081, "USER_SERVICE_URL", 2),
    shop("product-service", "Catalogue and inventory", 8082, "PRODUCT_SERVICE_URL", 2),
    shop("order-service", "Orders and payments", 8083, "ORDER_SERVICE_URL", 3),
    shop("traffic-generator", "Realistic traffic", 8084, "TRAFFIC_GENERATOR_URL", 4),
];

/// Where the services export their spans.
pub const OTLP_GRPC_PORT: u16 = 4317;

/// The log of the supervisor itself appears beside those of the components under this name.
pub const SUPERVISOR: &str = "supervisor";

const fn shop(
    name: &'static str,
    role: &'static str,
    port: u16,
    url_env: &'static str,
    stage: u8,
) -> Component {
    Component {
        name,
        role,
        alias: None,
        port,
        extra: &[],
        ready_path: "/ready",
        health_path: "/health",
        url_env: Some(url_env),
        stage,
    }
}

impl Component {
    /// Every port it opens: the HTTP port first.
    pub fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        std::iter::once(self.port).chain(self.extra.iter().map(|extra| extra.port))
    }

    /// Its name, with the product whose place it takes: `trace-store (tempo)`.
    pub fn label(&self) -> String {
        match self.alias {
            Some(alias) => format!("{} ({alias})", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Finds a component by name or alias.
pub fn find(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| component.name == name || component.alias == Some(name))
}

/// For clap: the component called `name`, or an error that lists the choices.
pub fn parse(name: &str) -> Result<&'static Component, String> {
    find(name).ok_or_else(|| format!("no such component; choose one of {}", names()))
}

/// All names with their aliases, for messages.
pub fn names() -> String {
    let labels: Vec<String> = COMPONENTS.iter().map(Component::label).collect();
    labels.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_ports_and_aliases_are_unique() {
        let ports: Vec<u16> = COMPONENTS.iter().flat_map(Component::ports).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), ports.len());
        let names: Vec<&str> = COMPONENTS
            .iter()
            .flat_map(|component| std::iter::once(component.name).chain(component.alias))
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn products_whose_place_a_component_takes_are_names_too() {
        for (alias, name) in [
            ("grafana", "dashboard-server"),
            ("loki", "log-store"),
            ("tempo", "trace-store"),
            ("promtail", "collector"),
            ("order-service", "order-service"),
        ] {
            assert_eq!(parse(alias).unwrap().name, name);
        }
        let error = parse("mysql").unwrap_err();
        assert!(error.contains("order-service") && error.contains("trace-store (tempo)"), "{error}");
    }

    #[test]
    fn callers_stop_before_those_they_call() {
        let stage = |name| find(name).unwrap().stage;
        assert!(stage("traffic-generator") > stage("order-service"));
        assert!(stage("order-service") > stage("user-service"));
        assert!(stage("product-service") > stage("collector"));
        assert!(stage("collector") > stage("log-store"));
    }
}
