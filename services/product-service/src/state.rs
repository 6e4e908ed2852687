//! What all handlers share.

use std::sync::Arc;

use service_kit::{Database, Fault, Faults, Idempotency, Imperfection};

use crate::Args;
use crate::popularity::Popularity;

/// The service's insides; handlers hold it behind an [`Arc`].
#[derive(Debug)]
pub(crate) struct Products {
    pub(crate) database: Database,
    pub(crate) popularity: Popularity,
    pub(crate) imperfection: Imperfection,
    pub(crate) idempotency: Idempotency,
    pub(crate) faults: Faults,
}

/// What can be made to go wrong here.
const FAULTS: &[Fault] = &[
    Fault::ProductSlowSearch,
    Fault::ProductErrorRate,
    Fault::StockOut,
    Fault::NoisyLogs,
    Fault::MemoryGrowth,
    Fault::CpuBurn,
];

impl Products {
    pub(crate) fn new(database: Database, args: &Args) -> Arc<Self> {
        Arc::new(Self {
            idempotency: Idempotency::new(database.clone()),
            database,
            popularity: Popularity::default(),
            imperfection: Imperfection::new(&args.imperfection),
            faults: Faults::new(FAULTS),
        })
    }
}
