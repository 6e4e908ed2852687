//! Grades an answer in a person's own words: it must blame one service, the right one, and name what is wrong with it.

use super::catalogue::Incident;

/// What people call the services.
const NAMES: [(&str, &[&str]); 9] = [
    ("user-service", &["user-service", "user service", "users service", "servicio de usuarios"]),
    ("product-service", &["product-service", "product service", "products service", "servicio de productos"]),
    ("order-service", &["order-service", "order service", "orders service", "servicio de pedidos"]),
    ("traffic-generator", &["traffic-generator", "traffic generator", "generador de tráfico"]),
    ("payment-gateway", &["payment-gateway", "payment gateway", "pasarela de pago"]),
    ("log-store", &["log-store", "log store", "loki"]),
    ("trace-store", &["trace-store", "trace store", "tempo"]),
    ("collector", &["collector", "promtail"]),
    ("dashboard-server", &["dashboard-server", "dashboard server", "grafana"]),
];

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    Right,
    /// The service is right, the cause is not
    RightService,
    /// The other way round
    RightCause,
    /// No service is named
    NoService,
    /// Everybody is to blame
    TooMany,
    Wrong,
}

impl Grade {
    /// What to say.
    pub fn words(self) -> &'static str {
        match self {
            Self::Right => "Right.",
            Self::RightService => {
                "Half right: it is that service. But what is wrong with it? Say what happens, not only where."
            }
            Self::RightCause => {
                "Half right: something like that happens. But another service is to blame for it."
            }
            Self::NoService => "Name the service as well, such as \"order-service: …\".",
            Self::TooMany => "Choose: which one service is to blame?",
            Self::Wrong => "No. `monitoring-stack scenario hint` helps.",
        }
    }
}

/// Grades `answer`.
pub fn grade(incident: &Incident, answer: &str) -> Grade {
    let answer = answer.to_lowercase();
    let named: Vec<&str> = NAMES
        .iter()
        .filter(|(_, names)| names.iter().any(|name| answer.contains(name)))
        .map(|(service, _)| *service)
        .collect();
    let has_cause = incident.causes.iter().all(|group| group.iter().any(|word| answer.contains(word)));
    let blamed = named.iter().filter(|service| incident.blame.contains(service)).count();
    match (named.len(), blamed, has_cause) {
        (0, _, true) => Grade::NoService,
        (0, _, false) => Grade::Wrong,
        // A service and the one beyond it, such as "order-service: the payment gateway is slow".
        (all, right, true) if all == right => Grade::Right,
        (all, right, false) if all == right => Grade::RightService,
        (2.., 1.., _) => Grade::TooMany,
        (_, _, true) => Grade::RightCause,
        _ => Grade::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::SCENARIOS;
    use super::*;

    #[test]
    fn answers_are_graded() {
        for (scenario, answer, expected) in [
            ("slow-checkout", "order-service payment gateway timeouts", Grade::Right),
            ("slow-checkout", "Order service: the payment gateway is too slow", Grade::Right),
            ("slow-checkout", "la pasarela de pago tarda demasiado", Grade::Right),
            ("slow-checkout", "order-service is broken", Grade::RightService),
            ("slow-checkout", "product-service: payment timeouts", Grade::RightCause),
            ("slow-checkout", "payments time out", Grade::NoService),
            (
                "slow-checkout",
                "order-service and product-service and user-service: payment timeout",
                Grade::TooMany,
            ),
            ("slow-checkout", "the database", Grade::Wrong),
            ("missing-orders", "product-service says OUT_OF_STOCK", Grade::Right),
            ("missing-orders", "order-service rejects orders: sold out", Grade::RightCause),
            ("missing-orders", "product-service answers 500", Grade::RightService),
            ("login-storm", "brute force attack on the user-service", Grade::Right),
            ("login-storm", "traffic-generator: a bot guesses passwords", Grade::Right),
            ("login-storm", "grafana", Grade::Wrong),
            ("login-storm", "", Grade::Wrong),
        ] {
            let incident = SCENARIOS.iter().find(|one| one.name == scenario).unwrap();
            assert_eq!(grade(incident, answer), expected, "{scenario}: {answer}");
            assert!(!expected.words().is_empty());
        }
    }

    #[test]
    fn every_solution_would_be_accepted() {
        for incident in &SCENARIOS {
            assert_eq!(grade(incident, incident.solution), Grade::Right, "{}", incident.name);
        }
    }
}
