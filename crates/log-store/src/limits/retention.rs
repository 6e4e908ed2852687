//! How long lines are kept: by tenant and by stream.

use std::time::Duration;

use logql::CompiledSelector;
use model::Labels;
use runtime::HumanDuration;
use serde::Deserialize;

/// `deletion_mode`: what delete requests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionMode {
    /// There are none.
    Disabled,
    /// Queries leave the lines out, the files keep them.
    FilterOnly,
    #[default]
    FilterAndDelete,
}

impl runtime::Section for DeletionMode {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

/// One rule of `retention_stream`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawStreamRetention")]
pub struct StreamRetention {
    text: String,
    selector: CompiledSelector,
    priority: i64,
    /// `None` is forever.
    period: Option<Duration>,
}

impl PartialEq for StreamRetention {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.priority, self.period) == (&other.text, other.priority, other.period)
    }
}

impl Eq for StreamRetention {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStreamRetention {
    selector: String,
    #[serde(default)]
    priority: i64,
    period: HumanDuration,
}

impl TryFrom<RawStreamRetention> for StreamRetention {
    type Error = String;

    fn try_from(raw: RawStreamRetention) -> Result<Self, String> {
        let selector = logql::parse_selector(&raw.selector)
            .and_then(|selector| CompiledSelector::new(&selector))
            .map_err(|error| format!("retention_stream selector {:?}: {error}", raw.selector))?;
        Ok(Self { text: raw.selector, selector, priority: raw.priority, period: some(raw.period.0) })
    }
}

/// Zero means forever, as in Loki.
fn some(period: Duration) -> Option<Duration> {
    (!period.is_zero()).then_some(period)
}

/// What one part of the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Layer {
    /// The first that matches decides.
    streams: Vec<StreamRetention>,
    /// For streams that no rule matches; without it, the next layer decides.
    period: Option<Option<Duration>>,
}

/// Layers in their order: what is said for the tenant comes before what is said for all. Nothing said means forever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    layers: Vec<Layer>,
}

impl Retention {
    /// Puts `retention_stream` and `retention_period` of a tenant before what holds for all.
    pub(crate) fn layered(mut streams: Vec<StreamRetention>, period: Option<Duration>, base: &Self) -> Self {
        // The highest priority decides; of equal ones, the shortest period.
        streams.sort_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.period.unwrap_or(Duration::MAX)));
        let mut layers = vec![Layer { streams, period: period.map(some) }];
        layers.extend(base.layers.iter().cloned());
        Self { layers }
    }

    /// How long lines of a stream are kept; `None` is forever.
    pub(crate) fn period(&self, labels: &Labels) -> Option<Duration> {
        for layer in &self.layers {
            if let Some(rule) = layer.streams.iter().find(|rule| rule.selector.matches(labels)) {
                return rule.period;
            }
            if let Some(period) = layer.period {
                return period;
            }
        }
        None
    }

    /// After this time no line is left, whatever its stream; `None` if some may stay forever.
    pub(crate) fn longest(&self) -> Option<Duration> {
        self.all().into_iter().collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Before this time no line expires; `None` if none ever does.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.all().into_iter().flatten().min()
    }

    /// Every period that can apply.
    fn all(&self) -> Vec<Option<Duration>> {
        let mut periods = Vec::new();
        for layer in &self.layers {
            periods.extend(layer.streams.iter().map(|rule| rule.period));
            if let Some(period) = layer.period {
                periods.push(period);
                return periods;
            }
        }
        periods.push(None);
        periods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn rules(text: &str) -> Result<Vec<StreamRetention>, String> {
        runtime::parse_yaml(text, "test").map_err(|error| error.to_string())
    }

    #[test]
    fn the_most_important_rule_that_matches_decides() {
        let global = "
- {selector: '{env=\"dev\"}', priority: 1, period: 24h}
- {selector: '{app=\"audit\"}', priority: 2, period: 0s}
- {selector: '{app=\"noise\"}', priority: 1, period: 12h}";
        let global = Retention::layered(rules(global).unwrap(), Some(168 * HOUR), &Retention::default());
        let own = rules("[{selector: '{app=\"shop\"}', period: 48h}]").unwrap();
        let tenant = Retention::layered(own.clone(), None, &global);
        let tenant_with_period = Retention::layered(own, Some(72 * HOUR), &global);
        for (labels, expected) in [
            (r#"{app="x"}"#, [Some(168 * HOUR), Some(168 * HOUR), Some(72 * HOUR)]),
            (r#"{app="x", env="dev"}"#, [Some(24 * HOUR), Some(24 * HOUR), Some(72 * HOUR)]),
            (r#"{app="noise", env="dev"}"#, [Some(12 * HOUR), Some(12 * HOUR), Some(72 * HOUR)]),
            (r#"{app="audit", env="dev"}"#, [None, None, Some(72 * HOUR)]),
            (r#"{app="shop", env="dev"}"#, [Some(24 * HOUR), Some(48 * HOUR), Some(48 * HOUR)]),
        ] {
            let labels = model::parse_label_set(labels).unwrap();
            let found = [&global, &tenant, &tenant_with_period].map(|rules| rules.period(&labels));
            assert_eq!(found, expected, "{labels}");
        }
        assert_eq!((global.shortest(), global.longest()), (Some(12 * HOUR), None));
        assert_eq!(
            (tenant_with_period.shortest(), tenant_with_period.longest()),
            (Some(48 * HOUR), Some(72 * HOUR))
        );
        assert_eq!((Retention::default().shortest(), Retention::default().longest()), (None, None));
    }

    #[test]
    fn rules_that_mean_nothing_are_refused() {
        for (text, part) in [
            ("[{selector: 'app', period: 1h}]", "retention_stream selector \"app\""),
            ("[{selector: '{app=\"x\"} |= \"y\"', period: 1h}]", "retention_stream selector"),
            ("[{selector: '{app=\"x\"}', period: soon}]", "soon"),
            ("[{selector: '{app=\"x\"}'}]", "period"),
            ("[{selector: '{app=\"x\"}', period: 1h, prio: 1}]", "prio"),
        ] {
            let error = rules(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
