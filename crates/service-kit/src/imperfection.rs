//! Realistic imperfection: a shop in which everything is always fast teaches nothing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::Chance;

/// How imperfect the shop is.
#[derive(Debug, Clone, clap::Args)]
pub struct ImperfectionArgs {
    /// Be slow and refuse things now and then, as real shops do
    #[arg(long, env = "SHOP_IMPERFECTION", default_value_t = true, action = clap::ArgAction::Set)]
    pub imperfection: bool,
    /// Seed of everything that happens by chance
    #[arg(long, env = "SHOP_SEED", default_value_t = 42)]
    pub shop_seed: u64,
}

impl ImperfectionArgs {
    /// Nothing happens by chance: for tests.
    pub fn off() -> Self {
        Self { imperfection: false, shop_seed: 42 }
    }
}

/// The dice of one service, or none.
#[derive(Debug, Clone)]
pub struct Imperfection(Option<Arc<Chance>>);

impl Imperfection {
    /// As the arguments say.
    pub fn new(args: &ImperfectionArgs) -> Self {
        Self(args.imperfection.then(|| Arc::new(Chance::seeded(args.shop_seed))))
    }

    /// Whether anything happens by chance at all.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// True with probability `rate`, never when imperfection is off.
    pub fn happens(&self, rate: f64) -> bool {
        self.0.as_ref().is_some_and(|chance| chance.happens(rate))
    }

    /// Waits for a time from `range` with probability `rate`; returns how long.
    pub async fn delay(&self, rate: f64, range: Range<Duration>) -> Option<Duration> {
        let chance = self.0.as_ref().filter(|chance| chance.happens(rate))?;
        let duration = chance.duration(range);
        tokio::time::sleep(duration).await;
        Some(duration)
    }
}
