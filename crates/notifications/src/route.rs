//! Policies made ready: checked, with everything that a branch inherits filled in.

use std::collections::BTreeSet;
use std::sync::Arc;

use go_template::parse_duration;

use crate::alert::Labels;
use crate::matcher::{Matcher, MatcherError, Op, all_match, parse_list};
use crate::policy::Policy;

/// A label of a rule that chose its contact point itself.
pub const RECEIVER_LABEL: &str = "__grafana_receiver__";
const DEPTH_MAX: usize = 20;
const ROUTES_MAX: usize = 1_000;
const WAIT_MS: i64 = 30_000;
const INTERVAL_MS: i64 = 300_000;
const REPEAT_MS: i64 = 4 * 3_600_000;

/// Why policies cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("root route must specify a default receiver")]
    NoReceiver,
    #[error("root route must not have any matchers")]
    RootMatchers,
    #[error("root route must not have any mute or active time intervals")]
    RootTimings,
    #[error("receiver '{0}' does not exist")]
    Receiver(String),
    #[error("mute time interval '{0}' does not exist")]
    Timing(String),
    #[error("{key}: {text:?} is not a duration such as 30s or 5m, or not a positive one")]
    Duration { key: &'static str, text: String },
    #[error("cannot have wildcard group_by ('...') and other labels at the same time")]
    Wildcard,
    #[error("duplicated label {0:?} in group_by")]
    Duplicate(String),
    #[error("{0}")]
    Matcher(#[from] MatcherError),
    #[error("policies may nest {DEPTH_MAX} levels and have {ROUTES_MAX} branches")]
    TooMany,
}

/// What alerts are put together by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// Every alert by itself.
    All,
    Names(Vec<String>),
}

/// One branch.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its path in the tree, as group keys show it.
    pub key: String,
    pub receiver: String,
    pub matchers: Vec<Matcher>,
    pub group_by: GroupBy,
    pub wait_ms: i64,
    pub interval_ms: i64,
    pub repeat_ms: i64,
    pub mute: Vec<String>,
    pub active: Vec<String>,
    continues: bool,
    children: Vec<usize>,
}

impl Route {
    /// The labels that an alert's group has in common here.
    #[must_use]
    pub fn group_labels(&self, labels: &Labels) -> Labels {
        match &self.group_by {
            GroupBy::All => labels.clone(),
            GroupBy::Names(names) => {
                let pair = |name: &String| Some((name.clone(), labels.get(name)?.clone()));
                names.iter().filter_map(pair).collect()
            }
        }
    }
}

/// The whole tree. The first route is the root.
#[derive(Debug, Clone)]
pub struct Routes {
    all: Vec<Arc<Route>>,
    receivers: BTreeSet<String>,
}

/// Names that policies may refer to.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub receivers: BTreeSet<String>,
    pub timings: BTreeSet<String>,
}

impl Routes {
    pub fn build(root: &Policy, known: &Known) -> Result<Self, PolicyError> {
        if root.receiver.is_empty() {
            return Err(PolicyError::NoReceiver);
        }
        if !root.mute_time_intervals.is_empty() || !root.active_time_intervals.is_empty() {
            return Err(PolicyError::RootTimings);
        }
        let above = Route {
            key: String::new(),
            receiver: String::new(),
            matchers: Vec::new(),
            group_by: GroupBy::Names(Vec::new()),
            wait_ms: WAIT_MS,
            interval_ms: INTERVAL_MS,
            repeat_ms: REPEAT_MS,
            mute: Vec::new(),
            active: Vec::new(),
            continues: false,
            children: Vec::new(),
        };
        let mut routes = Vec::new();
        add(&mut routes, root, &above, known, 0)?;
        if !routes[0].matchers.is_empty() {
            return Err(PolicyError::RootMatchers);
        }
        Ok(Self { all: routes.into_iter().map(Arc::new).collect(), receivers: known.receivers.clone() })
    }

    /// The branches that an alert goes to: the deepest that match, the first of its siblings unless that continues. A
    /// rule that chose its contact point itself goes there only, at the root's pace.
    #[must_use]
    pub fn find(&self, labels: &Labels) -> Vec<Arc<Route>> {
        if let Some(chosen) = labels.get(RECEIVER_LABEL).filter(|name| self.receivers.contains(*name)) {
            let mut route = self.all[0].as_ref().clone();
            route.key = format!("{{}}/{{{RECEIVER_LABEL}={chosen:?}}}");
            route.receiver.clone_from(chosen);
            return vec![Arc::new(route)];
        }
        let mut found = Vec::new();
        self.descend(&self.all[0], labels, &mut found);
        found
    }

    fn descend(&self, at: &Arc<Route>, labels: &Labels, found: &mut Vec<Arc<Route>>) {
        let before = found.len();
        for child in &at.children {
            let child = &self.all[*child];
            if all_match(&child.matchers, labels) {
                self.descend(child, labels, found);
                if !child.continues {
                    break;
                }
            }
        }
        if found.len() == before {
            found.push(Arc::clone(at));
        }
    }
}

fn add(
    routes: &mut Vec<Route>,
    policy: &Policy,
    above: &Route,
    known: &Known,
    depth: usize,
) -> Result<usize, PolicyError> {
    if depth > DEPTH_MAX || routes.len() >= ROUTES_MAX {
        return Err(PolicyError::TooMany);
    }
    let receiver = if policy.receiver.is_empty() { &above.receiver } else { &policy.receiver };
    if !known.receivers.contains(receiver) {
        return Err(PolicyError::Receiver(receiver.clone()));
    }
    let mut timings = policy.mute_time_intervals.iter().chain(&policy.active_time_intervals);
    if let Some(missing) = timings.find(|name| !known.timings.contains(*name)) {
        return Err(PolicyError::Timing(missing.clone()));
    }
    let matchers = matchers(policy)?;
    let shown: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    let own = format!("{{{}}}", shown.join(","));
    let route = Route {
        key: if depth == 0 { own } else { format!("{}/{own}", above.key) },
        receiver: receiver.clone(),
        matchers,
        group_by: group_by(policy, above)?,
        wait_ms: duration("group_wait", policy.group_wait.as_deref(), above.wait_ms, 0)?,
        interval_ms: duration("group_interval", policy.group_interval.as_deref(), above.interval_ms, 1)?,
        repeat_ms: duration("repeat_interval", policy.repeat_interval.as_deref(), above.repeat_ms, 1)?,
        mute: policy.mute_time_intervals.clone(),
        active: policy.active_time_intervals.clone(),
        continues: policy.continues,
        children: Vec::new(),
    };
    let at = routes.len();
    routes.push(route.clone());
    for child in &policy.routes {
        let child = add(routes, child, &route, known, depth + 1)?;
        routes[at].children.push(child);
    }
    Ok(at)
}

fn matchers(policy: &Policy) -> Result<Vec<Matcher>, PolicyError> {
    let mut all = Vec::new();
    for (name, value) in &policy.equals {
        all.push(Matcher::new(name, Op::Equal, value)?);
    }
    for (name, value) in &policy.patterns {
        all.push(Matcher::new(name, Op::Regex, value)?);
    }
    for text in &policy.matchers {
        all.extend(parse_list(text)?);
    }
    for [name, op, value] in &policy.object_matchers {
        all.push(Matcher::new(name, Op::parse(op)?, value)?);
    }
    Ok(all)
}

fn group_by(policy: &Policy, above: &Route) -> Result<GroupBy, PolicyError> {
    if policy.group_by.is_empty() {
        return Ok(above.group_by.clone());
    }
    if policy.group_by.iter().any(|name| name == "...") {
        return if policy.group_by.len() == 1 { Ok(GroupBy::All) } else { Err(PolicyError::Wildcard) };
    }
    let mut names = policy.group_by.clone();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(PolicyError::Duplicate(pair[0].clone())),
        None => Ok(GroupBy::Names(names)),
    }
}

fn duration(key: &'static str, text: Option<&str>, above: i64, least: i64) -> Result<i64, PolicyError> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(above),
        Some(text) => parse_duration(text)
            .filter(|millis| *millis >= least)
            .ok_or_else(|| PolicyError::Duration { key, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known {
            receivers: ["root", "db", "page", "audit"].map(str::to_owned).into(),
            timings: ["nights"].map(str::to_owned).into(),
        }
    }

    fn labels(text: &str) -> Labels {
        text.split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }

    const TREE: &str = r#"{"receiver":"root","group_by":["alertname"],"routes":[
        {"receiver":"audit","matchers":["audit=yes"],"continue":true,"group_by":["..."]},
        {"receiver":"db","object_matchers":[["team","=~","db|storage"]],"group_wait":"5s","mute_time_intervals":["nights"],"routes":[
            {"receiver":"page","match":{"severity":"critical"},"repeat_interval":"1h"},
            {"match_re":{"severity":"w.*"},"group_by":["team","severity"]}]}]}"#;

    #[test]
    fn alerts_find_their_branches() {
        let routes = Routes::build(&serde_json::from_str(TREE).unwrap(), &known()).unwrap();
        let found = |text: &str| -> Vec<String> {
            routes.find(&labels(text)).iter().map(|route| route.receiver.clone()).collect()
        };
        for (text, expected) in [
            ("alertname=x", vec!["root"]),
            ("audit=yes", vec!["audit"]),
            ("audit=yes,team=db", vec!["audit", "db"]),
            ("team=db", vec!["db"]),
            ("team=storage,severity=critical", vec!["page"]),
            ("team=db,severity=warning", vec!["db"]),
            ("team=dbx", vec!["root"]),
            ("team=db,__grafana_receiver__=audit", vec!["audit"]),
            ("team=db,__grafana_receiver__=nosuch", vec!["db"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        let page = &routes.all[3];
        assert_eq!((page.wait_ms, page.interval_ms, page.repeat_ms), (5_000, INTERVAL_MS, 3_600_000));
        assert_eq!(page.group_by, GroupBy::Names(vec!["alertname".to_owned()]));
        assert!(page.mute.is_empty(), "times are not inherited");
        assert_eq!(page.key, r#"{}/{team=~"db|storage"}/{severity="critical"}"#);
        assert_eq!(
            routes.all[4].group_labels(&labels("team=db,severity=w,x=y")),
            labels("severity=w,team=db")
        );
        assert_eq!(routes.all[1].group_labels(&labels("a=b")), labels("a=b"));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            (r#"{}"#, "default receiver"),
            (r#"{"receiver":"nosuch"}"#, "receiver 'nosuch' does not exist"),
            (r#"{"receiver":"root","matchers":["a=b"]}"#, "must not have any matchers"),
            (r#"{"receiver":"root","mute_time_intervals":["nights"]}"#, "must not have any mute"),
            (
                r#"{"receiver":"root","routes":[{"mute_time_intervals":["x"]}]}"#,
                "interval 'x' does not exist",
            ),
            (r#"{"receiver":"root","group_by":["...","a"]}"#, "wildcard"),
            (r#"{"receiver":"root","group_by":["a","a"]}"#, "duplicated label"),
            (r#"{"receiver":"root","group_interval":"0s"}"#, "group_interval"),
            (r#"{"receiver":"root","group_wait":"5"}"#, "group_wait"),
            (r#"{"receiver":"root","routes":[{"object_matchers":[["a","==","b"]]}]}"#, "operator"),
            (r#"{"receiver":"root","routes":[{"matchers":["a=~("]}]}"#, "regular expression"),
        ] {
            let error = Routes::build(&serde_json::from_str(text).unwrap(), &known()).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
