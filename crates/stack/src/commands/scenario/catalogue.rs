//! The incidents: what people notice, what is really wrong, and how one finds out.

use service_kit::Fault;

/// One exercise.
#[derive(Debug)]
pub struct Incident {
    pub name: &'static str,
    /// What somebody says who knows nothing of services
    pub title: &'static str,
    pub story: &'static str,
    /// Where the fault is switched on
    pub service: &'static str,
    pub fault: Fault,
    pub rate: f64,
    pub latency_ms: Option<u64>,
    /// From dashboards over logs to traces
    pub hints: &'static [&'static str],
    /// Services that an answer may blame
    pub blame: &'static [&'static str],
    /// What an answer must mention: a word of each group
    pub causes: &'static [&'static [&'static str]],
    pub solution: &'static str,
}

/// All exercises.
pub const SCENARIOS: [Incident; 3] = [SLOW_CHECKOUT, MISSING_ORDERS, LOGIN_STORM];

const SLOW_CHECKOUT: Incident = Incident {
    name: "slow-checkout",
    title: "\"The checkout hangs, and then it fails\"",
    story: "Support is getting calls: customers fill their baskets, press \"pay\", look at a spinner for seconds, and often \
            get an error. Browsing and searching are as fast as ever. Which service is it, and what is it waiting for?",
    service: "order-service",
    fault: Fault::PaymentGatewayTimeout,
    rate: 0.7,
    latency_ms: Some(3500),
    hints: &[
        "Dashboards: compare the P95 latency of the services. Which one left the others behind, and on which route?",
        "Logs: monitoring-stack query logs '{service_name=\"order-service\"} | json | event=\"payment.failed\"'. What is the reason?",
        "Traces: monitoring-stack query traces '{ resource.service.name = \"order-service\" && duration > 1s }', then look at \
         one with `query trace ID`. Which span takes nearly all of the time, and who is its peer?",
    ],
    blame: &["order-service", "payment-gateway"],
    causes: &[
        &["gateway", "payment", "pasarela", "pago", "authorize"],
        &[
            "timeout",
            "time out",
            "timed out",
            "timing out",
            "times out",
            "slow",
            "latency",
            "504",
            "hang",
            "silent",
            "late",
            "not answer",
            "no answer",
            "unresponsive",
            "wait",
            "lento",
            "lenta",
            "tarda",
            "no responde",
            "espera",
        ],
    ],
    solution: "order-service waits for the payment gateway, which takes 3.5 s for most payments. The shop gives up after 2 s and \
               answers 504: events payment.failed with reason gateway_timeout, spans payment.authorize of 2 s with \
               error.type=timeout, and everything before them fast. Nobody is charged: the lookup that follows makes the charge void \
               (payment.reconciled). What one would do: a shorter timeout with a queue for payments, or a second gateway.",
};

const MISSING_ORDERS: Incident = Incident {
    name: "missing-orders",
    title: "\"We sell half of what we sold yesterday\"",
    story: "The numbers of the day are bad. No service is down, nothing is slow, hardly anything is an error, and there are as \
            many visitors as always. The warehouse swears that the shelves are full. Where do the orders go?",
    service: "product-service",
    fault: Fault::StockOut,
    rate: 0.6,
    latency_ms: None,
    hints: &[
        "Dashboards: follow the funnel from visits to paid orders. Which step loses them? Are the answers 4xx or 5xx?",
        "Logs: monitoring-stack query logs 'sum by (reason) (count_over_time({service_name=\"order-service\"} | json | \
         event=\"order.rejected\" [10m]))'. Which reason stands out, and which service gives it?",
        "Traces: monitoring-stack query traces '{ name = \"reserve_inventory\" && span.error.type = \"OUT_OF_STOCK\" }'. Compare \
         `available` in the events inventory.out_of_stock with what GET /inventory/ID of product-service says.",
    ],
    blame: &["product-service"],
    causes: &[&[
        "out of stock",
        "out_of_stock",
        "out-of-stock",
        "sold out",
        "sold-out",
        "stock_out",
        "stockout",
        "stock-out",
        "stock",
        "inventory",
        "409",
        "reservation",
        "reserve",
        "agotado",
        "inventario",
        "existencias",
        "reserva",
    ]],
    solution: "product-service refuses to reserve three of five products as sold out although the shelves are full: 409 OUT_OF_STOCK, events \
               order.rejected with reason out_of_stock and inventory.out_of_stock with available=0, while GET /inventory/ID shows \
               pieces. Nothing is red, because a 4xx is no error of the service: business figures catch what error rates do not. \
               What one would do: alert on orders per minute and on the ratio of rejected orders.",
};

const LOGIN_STORM: Incident = Incident {
    name: "login-storm",
    title: "\"Why is the machine so busy at this hour?\"",
    story: "One of the services uses several times its usual processor time. Orders go on as always, and there are no more sales than \
            yesterday. Is it a bug, is it success, or is it something else?",
    service: "traffic-generator",
    fault: Fault::LoginBruteforce,
    rate: 0.6,
    latency_ms: None,
    hints: &[
        "Dashboards, or monitoring-stack top: which service has far more requests than usual? Which route, which statuses?",
        "Logs: monitoring-stack query logs 'sum by (reason) (count_over_time({service_name=\"user-service\"} | json | \
         event=\"user.login.failed\" [5m]))'. Then look at single lines: how many different email_hash, which session_id, and which \
         user_agent in the http.request lines of the same trace?",
        "Traces: monitoring-stack query traces '{ name = \"login\" && span.shop.login.outcome != \"succeeded\" }'. Who starts these \
         traces, how regular are they, and do the same visitors do anything else?",
    ],
    blame: &["user-service", "traffic-generator"],
    causes: &[&[
        "brute",
        "guess",
        "stuffing",
        "attack",
        "bot",
        "password",
        "credential",
        "login storm",
        "failed login",
        "fuerza bruta",
        "contraseña",
        "ataque",
        "adivina",
    ]],
    solution: "Somebody guesses passwords at user-service: a dozen logins a second, all from one session with the agent python-requests, at \
               a few real and many invented addresses. Events user.login.failed with reason bad_password, then locked; answers 401 \
               and 429; hashing passwords is what costs the processor time. The accounts among the victims are locked for everybody. \
               What one would do: limit logins by client as well as by address, and alert on the ratio of failed logins.",
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn incidents_are_complete_and_do_not_give_themselves_away() {
        let names: HashSet<&str> = SCENARIOS.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
        for one in &SCENARIOS {
            assert!(crate::commands::fault::SERVICES.contains(&one.service), "{}", one.name);
            assert!(one.hints.len() == 3 && !one.causes.is_empty());
            assert_eq!(one.latency_ms.is_some(), one.fault.default_latency_ms().is_some());
            let told = format!("{} {} {}", one.name, one.title, one.story);
            for word in one.blame {
                assert!(!told.contains(word), "{told}");
            }
            assert!(!told.contains(one.fault.name()), "{told}");
        }
    }
}
