//! Deletes held against a list of rows: before they are carried out, meanwhile and after, in memory and in segments.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use logql::{CompiledSelector, Direction, LogOptions, LogPlan, Selector};
use model::{TenantId, TimeRange, TimestampNanos};
use proptest::prelude::*;
use segment::{Durability, Engine, Options};

use super::deleting::Deleting;
use crate::batch::tests::{Plain, pushed, rows};
use crate::batch::{self, Stream};
use crate::config::DeleteSettings;
use crate::deletes::{NewRequest, Progress};
use crate::query::{Amount, Budget, Context, Tally, find_streams, measure, run_log};
use crate::schema::LogSchema;

const SPAN: i64 = 3 * 3_600_000_000_000;
const NOW: TimestampNanos = TimestampNanos(SPAN);

/// Queries of requests, and what they mean.
type Meaning = (&'static str, fn(&Plain) -> bool);

const MEANINGS: [Meaning; 4] = [
    (r#"{a="1"}"#, |row| row.0 == r#"{a="1"}"#),
    (r#"{a=~".+"} |~ "[a-m]""#, |row| row.0.contains("a=") && row.2.contains(|c| ('a'..='m').contains(&c))),
    (r#"{c="ü"} |= "1""#, |row| row.0.contains("c=") && row.2.contains('1')),
    (r#"{c=~".+"} | line_format "x" |= "x""#, |row| row.0.contains("c=")),
];

type Request = (usize, i64, i64);

fn request() -> impl Strategy<Value = Request> {
    (0..MEANINGS.len(), 0..SPAN, 0..SPAN).prop_map(|(meaning, a, b)| (meaning, a.min(b), a.max(b)))
}

/// Pushes of distinct rows within three hours; whether each is sealed.
fn pushes() -> impl Strategy<Value = Vec<(Vec<Plain>, bool)>> {
    prop::collection::vec((rows(), any::<bool>()), 1..4).prop_map(|mut pushes| {
        for (number, row) in pushes.iter_mut().flat_map(|(rows, _)| rows).enumerate() {
            row.1 = row.1.rem_euclid(SPAN);
            row.2 += &format!("#{number}");
        }
        pushes
    })
}

struct Store {
    engine: Arc<Engine<LogSchema>>,
    tenant: TenantId,
    _dir: tempfile::TempDir,
}

/// Lines by moment and text.
type Lines = BTreeSet<(i64, String)>;

impl Store {
    async fn fill(pushes: &[(Vec<Plain>, bool)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options =
            Options { durability: Durability::Os, housekeeping_every: None, ..Options::new(dir.path()) };
        let engine = Engine::open(LogSchema::default(), options).await.unwrap();
        let tenant = TenantId::new("fake").unwrap();
        for (rows, sealed) in pushes.iter().filter(|(rows, _)| !rows.is_empty()) {
            let rows = pushed(rows, &engine.schema().streams);
            let payload = batch::encode(&rows, None);
            engine.append(&tenant, TimestampNanos(0), payload, rows).await.unwrap();
            if *sealed {
                engine.flush().await.unwrap();
            }
        }
        Self { engine, tenant, _dir: dir }
    }

    async fn lines(&self) -> Lines {
        let mut found = Lines::new();
        for query in [r#"{a=~".+"}"#, r#"{c=~".+"}"#] {
            let logql::Expr::Log(expr) = logql::parse_expr(query).unwrap() else { panic!("{query}") };
            let options = LogOptions { direction: Direction::Backward, limit: 10_000, interval: 0 };
            let (budget, _guard) = Budget::new(Duration::from_secs(60));
            let context = Context { engine: Arc::clone(&self.engine), tenant: self.tenant.clone(), budget };
            let plan = LogPlan::new(&expr, options).unwrap();
            let (entries, _) = run_log(context, plan, TimeRange::ALL).await.unwrap();
            for entry in entries {
                assert!(found.insert((entry.timestamp, entry.line)), "a line came twice");
            }
        }
        found
    }

    async fn check(&self, expected: &[&Plain], told: &str) {
        let lines: Lines = expected.iter().map(|row| (row.1, row.2.clone())).collect();
        assert_eq!(self.lines().await, lines, "{told}");
        let streams = find_streams(&self.engine, &self.tenant, TimeRange::ALL, &[]).await.unwrap();
        let found: BTreeSet<&str> = streams.iter().map(|stream| &*stream.text).collect();
        let names: BTreeSet<&str> = expected.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(found, names, "{told}");
        let all = CompiledSelector::new(&Selector::default()).unwrap();
        let mut total = Total::default();
        measure(&self.engine, &self.tenant, TimeRange::ALL, &all, &mut total).await.unwrap();
        assert_eq!(total.0.round() as usize, expected.len(), "{told}");
    }
}

#[derive(Default)]
struct Total(f64);

impl Tally for Total {
    fn add(&mut self, _: &Arc<Stream>, _: i64, _: i64, amount: Amount) {
        self.0 += amount.lines;
    }
}

const SETTINGS: DeleteSettings = DeleteSettings {
    enabled: true,
    cancel_period: Duration::ZERO,
    batch_size: 2,
    max_interval: Duration::ZERO,
};

async fn hold_against_a_list(pushes: &[(Vec<Plain>, bool)], requests: &[Request]) {
    let store = Store::fill(pushes).await;
    let mut expected: Vec<&Plain> = pushes.iter().flat_map(|(rows, _)| rows).collect();
    store.check(&expected, "before any request").await;
    let deletes = &store.engine.schema().deletes;
    for (meaning, start, end) in requests {
        let (query, takes) = MEANINGS[*meaning];
        let (start, end) = (TimestampNanos(*start), TimestampNanos(*end));
        deletes.create(&store.tenant, NewRequest { query: query.to_owned(), start, end }, NOW).unwrap();
        expected.retain(|row| !(takes(row) && start.0 <= row.1 && row.1 <= end.0));
        store.check(&expected, query).await;
    }
    let mut deleting = Deleting::new(Arc::clone(&store.engine), SETTINGS);
    while deletes.list(&store.tenant).iter().any(|(_, progress)| *progress != Progress::Processed) {
        deleting.carry_out(NOW).await.unwrap();
        store.check(&expected, "carried out").await;
        store.engine.compact(TimestampNanos(i64::MAX)).await.unwrap();
        store.engine.sweep(Duration::ZERO).await.unwrap();
        deleting.finish(NOW).await.unwrap();
        store.check(&expected, "finished").await;
    }
    assert!(deletes.active(&store.tenant, TimeRange::ALL).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_deleted_is_gone_and_nothing_else(
        pushes in pushes(),
        requests in prop::collection::vec(request(), 1..5),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(hold_against_a_list(&pushes, &requests));
    }
}
