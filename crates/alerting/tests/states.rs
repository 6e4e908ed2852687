//! The states of series: tables for what rules promise, and random histories against a model that reads all of a history
//! anew for every answer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use alerting::{Key, Labels, Observation, OnError, OnNoData, Outcome, Reason, RuleState, Settings, State};
use proptest::prelude::*;

const SECOND: i64 = 1_000;
const INTERVAL: i64 = 10 * SECOND;

fn settings() -> Settings {
    Settings {
        for_ms: 0,
        keep_firing_ms: 0,
        no_data: OnNoData::NoData,
        error: OnError::Error,
        missing_to_resolve: 2,
    }
}

fn labels() -> Labels {
    Labels::from([("service".to_owned(), "shop".to_owned())])
}

fn series(value: Option<f64>) -> Outcome {
    Outcome::Series(vec![Observation { labels: labels(), value, values: Default::default() }])
}

/// One letter per evaluation: `x` breached, `.` well, `0` a null, `-` other series only, `n` no data, `e` error.
fn outcome(letter: char) -> Outcome {
    match letter {
        'x' => series(Some(1.0)),
        '.' => series(Some(0.0)),
        '0' => series(None),
        '-' => Outcome::Series(vec![Observation {
            labels: Labels::new(),
            value: Some(0.0),
            values: Default::default(),
        }]),
        'n' => Outcome::NoData,
        'e' => Outcome::Error("down".to_owned()),
        _ => unreachable!("{letter}"),
    }
}

/// One letter per evaluation for what the series then is: Normal, Pending, Alerting, Recovering, `D` for no data, `E`,
/// `-` for gone.
fn letters(history: &str, settings: &Settings) -> String {
    let mut state = RuleState::default();
    let mut shown = String::new();
    for (letter, round) in history.chars().zip(0..) {
        state.apply(outcome(letter), settings, round * INTERVAL);
        let instance = state.instances().find(|(key, _)| **key == Key::Series(labels()));
        shown.push(instance.map_or('-', |(_, instance)| letter_of(instance.state)));
    }
    shown
}

fn letter_of(state: State) -> char {
    match state {
        State::Normal => 'N',
        State::Pending => 'P',
        State::Alerting => 'A',
        State::Recovering => 'R',
        State::NoData => 'D',
        State::Error => 'E',
    }
}

#[test]
fn series_go_through_the_states_that_rules_promise() {
    let s = settings();
    let waiting = Settings { for_ms: 25_000, ..s };
    let keeping = Settings { keep_firing_ms: 20_000, ..s };
    let no_data = |no_data| Settings { no_data, for_ms: 10_000, ..s };
    let error = |error| Settings { error, ..s };
    for (history, settings, expected) in [
        (".xx..x", s, "NAANNA"),
        ("xxxxx.xx", waiting, "PPPAANPP"),
        ("x.xx.xxxx", waiting, "PNPPNPPPA"),
        ("xx...x..", keeping, "AARRNARR"),
        ("x.x...", keeping, "ARARRN"),
        ("x-x--.", s, "AAAA-N"),
        ("xxx---", Settings { missing_to_resolve: 3, ..waiting }, "PPPPP-"),
        // No data of one series.
        ("x0x", s, "ADA"),
        // No data at all: with a state of its own the series is missing, else it is treated like the others.
        ("xnnn", s, "AA--"),
        ("xxnn.", no_data(OnNoData::KeepLast), "PAAAN"),
        ("xxn.", no_data(OnNoData::Ok), "PANN"),
        (".nnn.", no_data(OnNoData::Alerting), "NPAAN"),
        // Errors leave series alone unless the rule says otherwise.
        ("xee.", s, "AAAN"),
        ("xe.", error(OnError::Ok), "ANN"),
        (".e.", error(OnError::Alerting), "NAN"),
        ("xe.e", error(OnError::KeepLast), "AANN"),
    ] {
        assert_eq!(letters(history, &settings), expected, "{history} {settings:?}");
    }
}

#[test]
fn no_data_and_errors_have_instances_of_their_own() {
    let mut state = RuleState::default();
    for (letter, expected) in [
        ('n', vec![(Key::NoData, State::NoData)]),
        ('e', vec![(Key::Error, State::Error)]),
        ('.', vec![(Key::Series(labels()), State::Normal)]),
    ] {
        state.apply(outcome(letter), &settings(), 0);
        let shown: Vec<_> = state.instances().map(|(key, instance)| (key.clone(), instance.state)).collect();
        assert_eq!(shown, expected);
    }
    // A policy without series to apply to has the special instance, too.
    let mut state = RuleState::default();
    state.apply(Outcome::NoData, &Settings { no_data: OnNoData::Alerting, ..settings() }, 0);
    let (key, instance) = state.instances().next().unwrap();
    assert_eq!((key, instance.state, instance.reason), (&Key::NoData, State::Alerting, Some(Reason::NoData)));
}

#[test]
fn alerts_are_announced_once_repeated_and_resolved() {
    let mut state = RuleState::default();
    let mut said = Vec::new();
    let mut round = 0;
    let mut severity = "low";
    let mut next = |letter: char, severity: &str, said: &mut Vec<String>| {
        let now = round * INTERVAL;
        round += 1;
        let steps = state.apply(outcome(letter), &settings(), now);
        let mut all: Vec<_> = steps
            .into_iter()
            .filter(|step| step.is_removed)
            .filter_map(|mut step| step.instance.take_resolved(now))
            .collect();
        for (_, instance) in state.instances_mut() {
            let described = Labels::from([("severity".to_owned(), severity.to_owned())]);
            all.extend(instance.announce(now, INTERVAL, false, |_| (described, Labels::new())));
        }
        let written = all.iter().map(|alert| {
            let is_over = alert.ends_at_ms <= now;
            format!(
                "{}{}{}",
                if is_over { "over " } else { "" },
                alert.labels["severity"],
                alert.starts_at_ms / INTERVAL
            )
        });
        said.push(written.collect::<Vec<_>>().join(","));
        state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    };
    for letter in ".xxxxx".chars() {
        next(letter, severity, &mut said);
    }
    severity = "high";
    for letter in "x..x--".chars() {
        next(letter, severity, &mut said);
    }
    assert_eq!(
        said,
        ["", "low1", "", "", "low1", "", "over low1,high1", "over high1", "", "high9", "", "over high9"]
    );
}

#[test]
fn a_cleared_rule_ends_everything_and_says_why() {
    let mut state = RuleState::default();
    state.apply(series(Some(1.0)), &settings(), 0);
    let steps = state.clear(Reason::Paused, SECOND);
    assert!(state.is_empty());
    assert_eq!(steps[0].before, (State::Alerting, None));
    assert_eq!((steps[0].instance.state, steps[0].instance.reason), (State::Normal, Some(Reason::Paused)));
}

/// What a series without states of its own for no data and errors is after `history`, told from the whole history.
fn model(history: &[char], for_rounds: i64, keep_rounds: i64, no_data: bool, error: bool) -> State {
    let holds: Vec<bool> = history
        .iter()
        .map(|letter| match letter {
            'x' => true,
            'n' => no_data,
            'e' => error,
            _ => false,
        })
        .collect();
    let (mut firing_until, mut is_firing) = (None::<usize>, false);
    let mut run = 0;
    for (at, holds) in holds.iter().enumerate() {
        run = if *holds { run + 1 } else { 0 };
        if *holds {
            is_firing |= run > for_rounds;
            firing_until = None;
        } else if is_firing {
            let began = *firing_until.get_or_insert(at);
            is_firing = keep_rounds > 0 && ((at - began) as i64) < keep_rounds;
            if !is_firing {
                firing_until = None;
            }
        }
    }
    match (is_firing, *holds.last().unwrap()) {
        (true, true) => State::Alerting,
        (true, false) => State::Recovering,
        (false, true) => State::Pending,
        (false, false) => State::Normal,
    }
}

proptest! {
    #[test]
    fn any_history_ends_where_the_model_says(
        history in proptest::collection::vec(prop_oneof![Just('x'), Just('x'), Just('.'), Just('n'), Just('e')], 1..40),
        for_rounds in 0i64..4, keep_rounds in 0i64..4, no_data: bool, error: bool,
    ) {
        // The series is there from the beginning, so that policies have something to apply to.
        let history: Vec<char> = std::iter::once('.').chain(history).collect();
        let settings = Settings {
            for_ms: u64::try_from(for_rounds * INTERVAL).unwrap(),
            keep_firing_ms: u64::try_from(keep_rounds * INTERVAL).unwrap(),
            no_data: if no_data { OnNoData::Alerting } else { OnNoData::Ok },
            error: if error { OnError::Alerting } else { OnError::Ok },
            missing_to_resolve: 2,
        };
        let text: String = history.iter().collect();
        let expected: String = (1..=history.len())
            .map(|until| letter_of(model(&history[..until], for_rounds, keep_rounds, no_data, error)))
            .collect();
        prop_assert_eq!(letters(&text, &settings), expected, "{}", text);
    }
}
