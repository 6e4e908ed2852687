//! The switches of one service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::watch;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{Fault, Hit, Setting, SettingError, Wish};
use crate::{Chance, emit, rfc3339};

/// Where the dice start: what is struck by a fault is the same after each start of a service.
const SEED: u64 = 7;

/// The faults that one service has; cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    switches: Box<[Switch]>,
    /// A bit for each fault that is on.
    on: AtomicU32,
    chance: Chance,
    generations: AtomicU64,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Switch {
    fault: Fault,
    setting: Mutex<Option<Setting>>,
    affected: AtomicU64,
}

/// Why a fault goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Asked,
    Expired,
}

/// A switch as it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub(super) fault: Fault,
    pub(super) setting: Option<Setting>,
    pub(super) affected: u64,
}

impl Faults {
    /// Switches for these faults, all off.
    pub fn new(faults: &[Fault]) -> Self {
        let switch =
            |fault: &Fault| Switch { fault: *fault, setting: Mutex::new(None), affected: AtomicU64::new(0) };
        Self(Arc::new(Shared {
            switches: faults.iter().map(switch).collect(),
            on: AtomicU32::new(0),
            chance: Chance::seeded(SEED),
            generations: AtomicU64::new(0),
            changed: watch::Sender::new(()),
        }))
    }

    /// Whether the service has this fault at all.
    pub fn has(&self, fault: Fault) -> bool {
        self.switch(fault).is_some()
    }

    /// Whether the fault strikes here and now, by chance. Marks the current span if so.
    pub fn hits(&self, fault: Fault) -> Option<Hit> {
        self.strike(fault, |rate| self.0.chance.happens(rate))
    }

    /// The same, decided by `key`: the rate is then a share of all keys, and one key always gets the same answer.
    pub fn hits_key(&self, fault: Fault, key: i64) -> Option<Hit> {
        self.strike(fault, |rate| share_of(key) < rate)
    }

    /// How the fault is set; `None` while it is off.
    pub fn setting(&self, fault: Fault) -> Option<Setting> {
        if self.0.on.load(Ordering::Relaxed) & fault.bit() == 0 {
            return None;
        }
        let setting = (*self.switch(fault)?.setting.lock())?;
        (Instant::now() < setting.ends).then_some(setting)
    }

    /// Counts something that the fault has struck.
    pub fn count(&self, fault: Fault) {
        if let Some(switch) = self.switch(fault) {
            switch.affected.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says in the current span which fault it is about, for work that a fault brings about.
    pub fn mark(&self, fault: Fault) {
        Span::current().set_attribute("fault.name", fault.name());
    }

    /// Told whenever a switch is moved from now on.
    pub fn watch(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Switches a fault on, or sets it anew. Call it inside the tokio runtime: a timer switches it off again.
    pub fn turn_on(&self, fault: Fault, wish: Wish) -> Result<Setting, SettingError> {
        let switch = self.switch(fault).ok_or(SettingError::Foreign(fault))?;
        let mut setting = wish.check(fault)?;
        setting.generation = self.0.generations.fetch_add(1, Ordering::Relaxed) + 1;
        {
            let mut place = switch.setting.lock();
            *place = Some(setting);
            switch.affected.store(0, Ordering::Relaxed);
            self.0.on.fetch_or(fault.bit(), Ordering::Relaxed);
        }
        self.0.changed.send_replace(());
        say_on(fault, &setting);
        self.expire_later(fault, setting);
        Ok(setting)
    }

    /// Switches a fault off; nothing happens when it is off.
    pub fn turn_off(&self, fault: Fault) {
        self.end(fault, Why::Asked, |_| true);
    }

    /// Switches off all that are on quietly.
    pub fn end_exercise(&self) {
        for switch in &self.0.switches {
            self.end(switch.fault, Why::Asked, |setting| setting.is_exercise);
        }
    }

    /// All switches, in the order in which the service named them.
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.0.switches.iter().map(|switch| Position {
            fault: switch.fault,
            setting: self.setting(switch.fault),
            affected: switch.affected.load(Ordering::Relaxed),
        })
    }

    fn strike(&self, fault: Fault, strikes: impl FnOnce(f64) -> bool) -> Option<Hit> {
        let setting = self.setting(fault)?;
        if !strikes(setting.rate) {
            return None;
        }
        self.count(fault);
        if !setting.is_exercise {
            self.mark(fault);
        }
        Some(Hit { latency: setting.latency })
    }

    fn end(&self, fault: Fault, why: Why, concerns: impl Fn(&Setting) -> bool) {
        let Some(switch) = self.switch(fault) else {
            return;
        };
        let ended = {
            let mut place = switch.setting.lock();
            let ended = place.take_if(|setting| concerns(setting));
            if ended.is_some() {
                self.0.on.fetch_and(!fault.bit(), Ordering::Relaxed);
            }
            ended
        };
        if let Some(setting) = ended {
            self.0.changed.send_replace(());
            say_off(fault, &setting, why, switch.affected.load(Ordering::Relaxed));
        }
    }

    fn expire_later(&self, fault: Fault, setting: Setting) {
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep_until(setting.ends.into()).await;
            if let Some(shared) = shared.upgrade() {
                Self(shared).end(fault, Why::Expired, |now| now.generation == setting.generation);
            }
        });
    }

    fn switch(&self, fault: Fault) -> Option<&Switch> {
        self.0.switches.iter().find(|switch| switch.fault == fault)
    }
}

/// A number from 0 up to 1 that belongs to `key`: multiplied by the golden ratio, neighbouring keys land far apart.
fn share_of(key: i64) -> f64 {
    let mixed = key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

fn say_on(fault: Fault, setting: &Setting) {
    if setting.is_exercise {
        return;
    }
    let (name, until) = (fault.name(), rfc3339(setting.until_ms));
    let latency_ms = fault.default_latency_ms().map(|_| setting.latency.as_millis() as u64);
    emit!(
        FaultEnabled { fault = name, rate = setting.rate, latency_ms, until },
        "fault {name} is on until {until}"
    );
}

fn say_off(fault: Fault, setting: &Setting, why: Why, affected: u64) {
    if setting.is_exercise {
        return;
    }
    let (name, until) = (fault.name(), rfc3339(setting.until_ms));
    let reason = match why {
        Why::Asked => "asked",
        Why::Expired => "expired",
    };
    emit!(
        FaultDisabled { fault = name, rate = setting.rate, until, affected, reason },
        "fault {name} is off ({reason}); it struck {affected} times"
    );
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{Recorder, attribute};

    fn wish(rate: f64) -> Wish {
        Wish { rate: Some(rate), ..Wish::default() }
    }

    #[tokio::test]
    async fn a_fault_strikes_at_its_rate_while_it_is_on() {
        let faults = Faults::new(&[Fault::StockOut, Fault::NPlusOne]);
        assert_eq!(faults.hits(Fault::StockOut), None);
        assert_eq!(faults.turn_on(Fault::CpuBurn, wish(1.0)), Err(SettingError::Foreign(Fault::CpuBurn)));
        faults.turn_on(Fault::StockOut, wish(0.3)).unwrap();
        let struck = (0..1000).filter(|_| faults.hits(Fault::StockOut).is_some()).count();
        assert!((230..370).contains(&struck), "{struck}");
        assert_eq!(faults.positions().next().unwrap().affected, struck as u64);
        let keys: Vec<i64> =
            (1..=1000).filter(|key| faults.hits_key(Fault::StockOut, *key).is_some()).collect();
        assert!((250..350).contains(&keys.len()), "{}", keys.len());
        assert!(keys.iter().all(|key| faults.hits_key(Fault::StockOut, *key).is_some()), "always the same");
        assert_eq!(faults.hits(Fault::NPlusOne), None);
        faults.turn_off(Fault::StockOut);
        assert_eq!(faults.hits(Fault::StockOut), None);
    }

    #[tokio::test]
    async fn a_fault_ends_by_itself_and_says_so() {
        let recorder = Recorder::start();
        let faults = Faults::new(&[Fault::StockOut]);
        let started = Instant::now();
        faults.turn_on(Fault::StockOut, Wish { duration_s: Some(1), ..wish(0.25) }).unwrap();
        // Set anew before it ends: the first timer has no say any more.
        faults.turn_on(Fault::StockOut, Wish { duration_s: Some(2), ..wish(0.5) }).unwrap();
        faults.watch().changed().await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(faults.setting(Fault::StockOut), None);
        let on = recorder.lines("fault.enabled");
        assert_eq!((on.len(), &on[0]["rate"], &on[1]["rate"]), (2, &0.25.into(), &0.5.into()));
        assert_eq!((&on[0]["fault"], &on[0]["level"]), (&"stock_out".into(), &"warn".into()));
        assert!(on[0]["until"].as_str().unwrap().ends_with('Z'));
        let off = recorder.lines("fault.disabled");
        assert_eq!((off.len(), &off[0]["reason"]), (1, &"expired".into()));
    }

    #[tokio::test]
    async fn spans_say_what_struck_them_but_not_in_an_exercise() {
        let recorder = Recorder::start();
        let faults = Faults::new(&[Fault::StockOut]);
        for (name, is_exercise) in [("open", false), ("hidden", true)] {
            faults.turn_on(Fault::StockOut, Wish { is_exercise, ..wish(1.0) }).unwrap();
            let span = tracing::info_span!(target: "shop", "work", otel.name = name);
            span.in_scope(|| assert!(faults.hits(Fault::StockOut).is_some()));
        }
        assert_eq!(attribute(&recorder.span("open"), "fault.name"), "stock_out");
        assert_eq!(attribute(&recorder.span("hidden"), "fault.name"), "");
        faults.end_exercise();
        assert_eq!(faults.setting(Fault::StockOut), None);
        assert_eq!((recorder.lines("fault.enabled").len(), recorder.lines("fault.disabled").len()), (1, 0));
    }
}
