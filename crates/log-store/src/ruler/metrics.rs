//! Figures about rules, with the names that Loki gives them.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Ruler;
use super::group::{Counts, Group};

/// Writes metric families in Prometheus' text format.
struct Page(String);

impl Page {
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, f64)>,
    ) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        let _infallible = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let _infallible = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}

/// A value between double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn group_labels(group: &Group) -> String {
    let (tenant, namespace, name) =
        (&group.tenant, escaped(&group.namespace), escaped(&group.spec.yaml.name));
    format!("{{user=\"{tenant}\",rule_group=\"{namespace};{name}\"}}")
}

fn count(counter: &AtomicU64) -> f64 {
    counter.load(Ordering::Relaxed) as f64
}

impl Ruler {
    /// Prometheus text.
    pub(crate) fn metrics(&self) -> String {
        let mut page = Page(String::new());
        self.group_metrics(&mut page);
        self.notifier_metrics(&mut page);
        self.remote_metrics(&mut page);
        let failing = self.problems.lock().len() as f64;
        page.family(
            "loki_ruler_rule_files_failing",
            "gauge",
            "Rule files that cannot be used.",
            [(String::new(), failing)],
        );
        page.0
    }

    fn group_metrics(&self, page: &mut Page) {
        let groups = self.groups();
        let counter = |value: fn(&Counts) -> f64| {
            groups.iter().map(move |group| (group_labels(group), value(&group.state.lock().counts)))
        };
        let name = |name: &str| format!("loki_prometheus_rule_{name}");
        for (suffix, help, value) in [
            (
                "evaluations_total",
                "Rules evaluated.",
                (|counts| counts.evaluations as f64) as fn(&Counts) -> f64,
            ),
            ("evaluation_failures_total", "Evaluations that failed.", |counts| counts.failures as f64),
            ("group_iterations_total", "Turns of the group.", |counts| counts.iterations as f64),
            ("group_iterations_missed_total", "Turns left out for lack of time.", |counts| {
                counts.missed as f64
            }),
            ("group_duration_seconds_total", "Time spent on the group.", |counts| counts.seconds),
        ] {
            page.family(&name(suffix), "counter", help, counter(value));
        }
        let seconds = groups.iter().map(|group| (group_labels(group), group.interval.as_secs_f64()));
        page.family(&name("group_interval_seconds"), "gauge", "Time between two turns.", seconds);
        let rules = groups.iter().map(|group| (group_labels(group), group.spec.rules.len() as f64));
        page.family(&name("group_rules"), "gauge", "Rules of the group.", rules);
        let took = groups.iter().map(|group| (group_labels(group), group.state.lock().took.as_secs_f64()));
        page.family(&name("group_last_duration_seconds"), "gauge", "How long the last turn took.", took);
        let last = groups.iter().map(|group| {
            let last = group.state.lock().last_evaluation.map_or(0.0, |at| at.0 as f64 / 1e9);
            (group_labels(group), last)
        });
        page.family(
            &name("group_last_evaluation_timestamp_seconds"),
            "gauge",
            "When the last turn began.",
            last,
        );
    }

    fn notifier_metrics(&self, page: &mut Page) {
        let senders = &self.notifier.senders;
        let known = [(String::new(), senders.len() as f64)];
        page.family(
            "loki_prometheus_notifications_alertmanagers_discovered",
            "gauge",
            "Alertmanagers.",
            known,
        );
        let labels =
            |sender: &super::notifier::Sender| format!("{{alertmanager=\"{}\"}}", escaped(sender.address()));
        let name = |name: &str| format!("loki_prometheus_notifications_{name}");
        let sent = senders.iter().map(|sender| (labels(sender), count(&sender.sent)));
        page.family(&name("sent_total"), "counter", "Alerts delivered.", sent);
        let errors = senders.iter().map(|sender| (labels(sender), count(&sender.errors)));
        page.family(&name("errors_total"), "counter", "Alerts in attempts that failed.", errors);
        let dropped = senders.iter().map(|sender| (labels(sender), count(&sender.dropped)));
        page.family(&name("dropped_total"), "counter", "Alerts given up for lack of room.", dropped);
        let waiting = senders.iter().map(|sender| (labels(sender), sender.waiting() as f64));
        page.family(&name("queue_length"), "gauge", "Alerts waiting.", waiting);
        let room = self.setup.settings.notification_queue_capacity as f64;
        let capacity = senders.iter().map(|sender| (labels(sender), room));
        page.family(&name("queue_capacity"), "gauge", "Alerts that can wait.", capacity);
    }

    fn remote_metrics(&self, page: &mut Page) {
        let senders = &self.remote.senders;
        let labels = |sender: &super::remote_write::Sender| {
            format!("{{remote_name=\"{}\",url=\"{}\"}}", escaped(sender.name()), escaped(sender.address()))
        };
        let name = |name: &str| format!("loki_ruler_wal_prometheus_remote_storage_{name}");
        let sent = senders.iter().map(|sender| (labels(sender), count(&sender.sent)));
        page.family(&name("samples_total"), "counter", "Samples delivered.", sent);
        let failed = senders.iter().map(|sender| (labels(sender), count(&sender.failed)));
        page.family(&name("samples_failed_total"), "counter", "Samples that were refused.", failed);
        let retried = senders.iter().map(|sender| (labels(sender), count(&sender.retried)));
        page.family(&name("samples_retried_total"), "counter", "Samples in attempts that failed.", retried);
        let dropped = senders.iter().map(|sender| (labels(sender), count(&sender.dropped)));
        page.family(&name("samples_dropped_total"), "counter", "Samples given up for lack of room.", dropped);
        let waiting = senders.iter().map(|sender| (labels(sender), sender.waiting() as f64));
        page.family(&name("samples_pending"), "gauge", "Samples waiting.", waiting);
    }
}
