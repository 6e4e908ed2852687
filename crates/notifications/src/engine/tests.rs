use proptest::prelude::*;

use super::*;
use crate::policy::Policy;
use crate::route::Known;
use crate::silence::{Silence, SilenceMatcher, Silences};
use crate::timing::TimeInterval;

const MINUTE: i64 = 60_000;

fn plan(policy: &str, sends_resolved: bool) -> Arc<Plan> {
    let policy: Policy = serde_json::from_str(policy).unwrap();
    let integration = |uid: &str| Integration { uid: uid.to_owned(), sends_resolved };
    let receivers: BTreeMap<String, Vec<Integration>> = [
        ("a".to_owned(), vec![integration("a1"), integration("a2")]),
        ("b".to_owned(), vec![integration("b1")]),
    ]
    .into();
    let nights = TimeInterval { years: vec!["1970:1971".to_owned()], ..TimeInterval::default() };
    let timings: BTreeMap<_, _> = [("nights".to_owned(), Timing::build(&[nights]).unwrap())].into();
    let known =
        Known { receivers: receivers.keys().cloned().collect(), timings: timings.keys().cloned().collect() };
    Arc::new(Plan { routes: Routes::build(&policy, &known).unwrap(), receivers, timings })
}

const SIMPLE: &str = r#"{"receiver":"b","group_by":["alertname"],"group_wait":"30s","group_interval":"5m","repeat_interval":"4h"}"#;

fn alert(name: &str, instance: &str, from: i64, to: i64) -> Alert {
    let labels = [("alertname", name), ("instance", instance)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Alert {
        labels: labels.into(),
        annotations: BTreeMap::new(),
        starts_at_ms: from,
        ends_at_ms: to,
        generator_url: String::new(),
    }
}

fn names(delivery: &Delivery) -> (Vec<&str>, Vec<&str>) {
    (
        delivery.firing.iter().map(|alert| alert.labels["instance"].as_str()).collect(),
        delivery.resolved.iter().map(|alert| alert.labels["instance"].as_str()).collect(),
    )
}

/// Sends everything that is due, successfully.
fn send(engine: &mut Engine, silences: &Silences, now: i64) -> Vec<Delivery> {
    let deliveries = engine.due(silences, now);
    for delivery in &deliveries {
        engine.finish(delivery, true, now);
    }
    deliveries
}

#[test]
fn groups_wait_then_go_at_their_pace() {
    let mut engine = Engine::new(plan(SIMPLE, true));
    let none = Silences::default();
    let late = 10_000 * MINUTE;
    engine.submit(&alert("x", "1", 0, late), 0);
    assert_eq!(engine.next_due_ms(), Some(30_000));
    assert!(send(&mut engine, &none, 29_999).is_empty());
    engine.submit(&alert("x", "2", 10_000, late), 10_000);
    let sent = send(&mut engine, &none, 30_000);
    assert_eq!((sent.len(), names(&sent[0])), (1, (vec!["1", "2"], vec![])));
    assert_eq!(sent[0].group_key, r#"{}:{alertname="x"}"#);
    // Nothing new: silence until the repeat.
    engine.submit(&alert("x", "3", 60_000, late), 60_000);
    assert!(send(&mut engine, &none, 30_000 + 5 * MINUTE - 1).is_empty());
    let sent = send(&mut engine, &none, 30_000 + 5 * MINUTE);
    assert_eq!(names(&sent[0]), (vec!["1", "2", "3"], vec![]));
    let mut now = 30_000 + 5 * MINUTE;
    let repeated_at = loop {
        now += 5 * MINUTE;
        if !send(&mut engine, &none, now).is_empty() {
            break now;
        }
    };
    assert_eq!(repeated_at, 30_000 + 5 * MINUTE + 240 * MINUTE);
    // Two end: told once, and the third goes on.
    engine.submit(&alert("x", "1", 0, now), now);
    engine.submit(&alert("x", "2", 0, now), now);
    let sent = send(&mut engine, &none, now + 5 * MINUTE);
    assert_eq!(names(&sent[0]), (vec!["3"], vec!["1", "2"]));
    engine.submit(&alert("x", "3", 0, now), now + 5 * MINUTE);
    let sent = send(&mut engine, &none, now + 10 * MINUTE);
    assert_eq!(names(&sent[0]), (vec![], vec!["3"]));
    assert_eq!((engine.groups.len(), engine.log.len(), engine.alerts), (0, 0, 0));
}

#[test]
fn what_ends_before_anybody_heard_of_it_is_not_told() {
    let mut engine = Engine::new(plan(SIMPLE, true));
    let none = Silences::default();
    engine.submit(&alert("x", "1", 0, MINUTE * 60), 0);
    engine.submit(&alert("x", "1", 0, 20_000), 20_000);
    assert!(send(&mut engine, &none, 30_000).is_empty());
    assert!(engine.groups.is_empty());
    // Nor does what nobody says again stay for ever.
    engine.submit(&alert("x", "1", MINUTE, 2 * MINUTE), MINUTE);
    assert_eq!(send(&mut engine, &none, MINUTE + 30_000).len(), 1);
    assert_eq!(names(&send(&mut engine, &none, 10 * MINUTE)[0]), (vec![], vec!["1"]));
    // What began long ago does not wait.
    engine.submit(&alert("x", "1", 0, 60 * MINUTE), 20 * MINUTE);
    assert_eq!(engine.next_due_ms(), Some(20 * MINUTE));
}

#[test]
fn receivers_that_want_no_ends_hear_none() {
    let mut engine = Engine::new(plan(SIMPLE, false));
    let none = Silences::default();
    engine.submit(&alert("x", "1", 0, MINUTE * 60), 0);
    assert_eq!(send(&mut engine, &none, 30_000).len(), 1);
    engine.submit(&alert("x", "1", 0, MINUTE), MINUTE);
    assert!(send(&mut engine, &none, 30_000 + 5 * MINUTE).is_empty());
    assert!(engine.groups.is_empty() && engine.log.is_empty());
}

#[test]
fn failures_are_tried_again_by_each_integration_alone() {
    let policy = SIMPLE.replace("\"b\"", "\"a\"");
    let mut engine = Engine::new(plan(&policy, true));
    let none = Silences::default();
    engine.submit(&alert("x", "1", 0, MINUTE * 600), 0);
    let deliveries = engine.due(&none, 30_000);
    assert_eq!(deliveries.len(), 2);
    engine.finish(&deliveries[0], true, 30_000);
    // The other one is still under way when its group is due again.
    assert!(engine.due(&none, 30_000 + 5 * MINUTE).is_empty());
    engine.finish(&deliveries[1], false, 30_000 + 5 * MINUTE);
    let again = engine.due(&none, 30_000 + 10 * MINUTE);
    assert_eq!(again.iter().map(|delivery| delivery.integration.as_str()).collect::<Vec<_>>(), ["a2"]);
    engine.finish(&again[0], true, 30_000 + 10 * MINUTE);
    assert!(engine.due(&none, 30_000 + 15 * MINUTE).is_empty());
}

fn silence(instance: &str, from: i64, to: i64) -> Silence {
    let matcher = SilenceMatcher {
        name: "instance".to_owned(),
        value: instance.to_owned(),
        is_regex: false,
        is_equal: true,
    };
    Silence {
        id: String::new(),
        matchers: vec![matcher],
        starts_at_ms: from,
        ends_at_ms: to,
        created_by: String::new(),
        comment: String::new(),
        updated_at_ms: 0,
    }
}

#[test]
fn silences_and_mute_timings_hold_back() {
    let mut engine = Engine::new(plan(SIMPLE, true));
    let mut silences = Silences::default();
    silences.set(silence("1", 0, 10 * MINUTE), 0, "s".to_owned()).unwrap();
    engine.submit(&alert("x", "1", 0, MINUTE * 600), 0);
    engine.submit(&alert("x", "2", 0, MINUTE * 600), 0);
    assert_eq!(names(&send(&mut engine, &silences, 30_000)[0]), (vec!["2"], vec![]));
    assert!(send(&mut engine, &silences, 6 * MINUTE).is_empty());
    assert_eq!(names(&send(&mut engine, &silences, 11 * MINUTE)[0]), (vec!["1", "2"], vec![]));

    let muted = r#"{"receiver":"b","group_by":["alertname"],"routes":[{"matchers":["alertname=x"],"mute_time_intervals":["nights"]},
        {"matchers":["alertname=y"],"active_time_intervals":["nights"]}]}"#;
    engine.reconfigure(plan(muted, true), 12 * MINUTE);
    engine.submit(&alert("y", "1", 12 * MINUTE, MINUTE * 600), 12 * MINUTE);
    let sent = send(&mut engine, &silences, 20 * MINUTE);
    assert_eq!(
        sent.iter().map(|delivery| delivery.group_key.as_str()).collect::<Vec<_>>(),
        [r#"{}/{alertname="y"}:{alertname="y"}"#]
    );
    let muted: Vec<bool> = engine.alerts(20 * MINUTE).iter().map(|view| view.muted_by.is_empty()).collect();
    assert_eq!(muted.iter().filter(|is_heard| **is_heard).count(), 1);
    assert_eq!(engine.groups(20 * MINUTE).len(), 2);
}

/// The engine after its changes were written down and a restart.
fn restart(engine: &mut Engine, store: &mut Stored, policy: Arc<Plan>, now: i64) {
    store.write(engine.take_changes());
    *engine = Engine::new(policy);
    let groups = store.groups.iter().map(|(key, group)| (key.clone(), group.clone())).collect();
    let log = store.log.iter().map(|(key, entry)| (key.clone(), entry.clone())).collect();
    engine.restore(groups, log, now);
}

#[derive(Default)]
struct Stored {
    groups: BTreeMap<String, StoredGroup>,
    log: BTreeMap<LogKey, LogEntry>,
}

impl Stored {
    fn write(&mut self, changes: Changes) {
        for (key, group) in changes.groups {
            match group {
                Some(group) => drop(self.groups.insert(key, group)),
                None => drop(self.groups.remove(&key)),
            }
        }
        for (key, entry) in changes.log {
            match entry {
                Some(entry) => drop(self.log.insert(key, entry)),
                None => drop(self.log.remove(&key)),
            }
        }
    }
}

#[test]
fn a_restart_changes_nothing() {
    let mut engine = Engine::new(plan(SIMPLE, true));
    let none = Silences::default();
    let mut store = Stored::default();
    engine.submit(&alert("x", "1", 0, 2 * MINUTE), 0);
    restart(&mut engine, &mut store, plan(SIMPLE, true), 10_000);
    assert_eq!(engine.next_due_ms(), Some(30_000), "the wait goes on");
    assert_eq!(send(&mut engine, &none, 30_000).len(), 1);
    // Away for so long that the alert would have ended by itself: rules get time to say it again.
    restart(&mut engine, &mut store, plan(SIMPLE, true), 60 * MINUTE);
    assert!(send(&mut engine, &none, 60 * MINUTE).is_empty());
    assert!(engine.submit(&alert("x", "1", 0, 600 * MINUTE), 61 * MINUTE));
    assert!(send(&mut engine, &none, 65 * MINUTE).is_empty());
    engine.submit(&alert("x", "1", 0, 66 * MINUTE), 66 * MINUTE);
    restart(&mut engine, &mut store, plan(SIMPLE, true), 67 * MINUTE);
    assert_eq!(names(&send(&mut engine, &none, 70 * MINUTE)[0]), (vec![], vec!["1"]));
    store.write(engine.take_changes());
    assert!(store.groups.is_empty() && store.log.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Fire(u8),
    Resolve(u8),
    Pass(i64),
    Silence(u8, i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..6).prop_map(Step::Fire),
        3 => (0u8..6).prop_map(Step::Resolve),
        6 => (1i64..20).prop_map(|minutes| Step::Pass(minutes * MINUTE / 2)),
        1 => ((0u8..6), 1i64..60).prop_map(|(at, minutes)| Step::Silence(at, minutes * MINUTE)),
        1 => Just(Step::Restart),
    ]
}

/// What each integration was told, kept by a much simpler rule than the engine's.
#[derive(Default)]
struct Model {
    told: BTreeMap<(String, String), BTreeSet<String>>,
    sent: BTreeMap<(String, String), i64>,
}

impl Model {
    fn check(&mut self, delivery: &Delivery) -> Result<(), TestCaseError> {
        let key = (delivery.group_key.clone(), delivery.integration.clone());
        let told = self.told.entry(key.clone()).or_default();
        let name = |alert: &Alert| alert.labels["instance"].clone();
        let is_repeat = self.sent.get(&key).is_some_and(|sent| sent + 240 * MINUTE <= delivery.at_ms);
        let has_new = delivery.firing.iter().any(|alert| !told.contains(&name(alert)));
        prop_assert!(has_new || !delivery.resolved.is_empty() || is_repeat, "told twice: {:?}", delivery);
        for alert in &delivery.resolved {
            prop_assert!(told.remove(&name(alert)), "an end that nobody heard the beginning of: {:?}", alert);
        }
        told.extend(delivery.firing.iter().map(name));
        self.sent.insert(key, delivery.at_ms);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_twice_and_everybody_once(
        steps in prop::collection::vec(step(), 1..60),
        luck in prop::collection::vec(any::<bool>(), 16),
    ) {
        let policy = r#"{"receiver":"a","group_by":["alertname"],"routes":[{"receiver":"b","matchers":["instance=~[0-2]"],"continue":true},{"receiver":"a"}]}"#;
        let mut engine = Engine::new(plan(policy, true));
        let (mut silences, mut store, mut model) = (Silences::default(), Stored::default(), Model::default());
        let mut firing: BTreeMap<u8, i64> = BTreeMap::new();
        let (mut now, mut tries) = (MINUTE, 0);
        let name = |at: u8| if at.is_multiple_of(2) { "even" } else { "odd" };
        // At the end all goes well for longer than any silence lasts.
        let calm = std::iter::repeat_n(Step::Pass(6 * MINUTE), 30);
        let total = steps.len();
        for (at, step) in steps.into_iter().chain(calm).enumerate() {
            match step {
                Step::Fire(at) => drop(firing.entry(at).or_insert(now)),
                Step::Resolve(at) => {
                    if let Some(from) = firing.remove(&at) {
                        engine.submit(&alert(name(at), &at.to_string(), from, now), now);
                    }
                }
                Step::Pass(by) => now += by,
                Step::Silence(at, long) => {
                    silences.set(silence(&at.to_string(), now, now + long), now, format!("{now}-{at}-{tries}")).unwrap();
                    tries += 1;
                }
                Step::Restart => restart(&mut engine, &mut store, plan(policy, true), now),
            }
            for (at, from) in &firing {
                engine.submit(&alert(name(*at), &at.to_string(), *from, now + 4 * MINUTE + 600 * MINUTE), now);
            }
            for delivery in engine.due(&silences, now) {
                tries += 1;
                let is_delivered = at >= total || luck[tries % luck.len()];
                if is_delivered {
                    model.check(&delivery)?;
                }
                engine.finish(&delivery, is_delivered, now);
            }
            store.write(engine.take_changes());
        }
        for ((_, integration), told) in &model.told {
            for instance in told {
                prop_assert!(firing.contains_key(&instance.parse().unwrap()), "{integration} was never told of the end of {instance}");
            }
        }
        for at in firing.keys() {
            for integration in if *at <= 2 { &["a1", "a2", "b1"][..] } else { &["a1", "a2"][..] } {
                let is_told = model.told.iter().any(|((_, uid), told)| uid == integration && told.contains(&at.to_string()));
                prop_assert!(is_told, "{integration} never heard of {at}");
            }
        }
        prop_assert!(store.groups.len() == engine.groups.len() && store.log.len() == engine.log.len());
    }
}
