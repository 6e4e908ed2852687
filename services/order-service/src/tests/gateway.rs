//! The simulated gateway behind brakes.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::fake::{Neighbours, Step};
use crate::money::Cents;
use crate::payment::{Charge, Gateway, GatewayError, Lookup, Outcome, Simulator};

pub struct BrakedGateway {
    pub simulator: Simulator,
    pub neighbours: Arc<Neighbours>,
}

impl Gateway for BrakedGateway {
    fn authorize(&self, charge: Charge) -> BoxFuture<'_, Result<Outcome, GatewayError>> {
        let work = async move || self.simulator.authorize(charge).await;
        async move {
            let answer = self.neighbours.brakes.run(Step::Authorize, work).await;
            answer.unwrap_or(Err(GatewayError::Failed))
        }
        .boxed()
    }

    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Lookup, GatewayError>> {
        self.simulator.lookup(key)
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        transaction_id: &'a str,
        amount: Cents,
    ) -> BoxFuture<'a, Result<(), GatewayError>> {
        let work = async move || self.simulator.refund(key, transaction_id, amount).await;
        async move {
            let answer = self.neighbours.brakes.run(Step::Refund, work).await;
            answer.unwrap_or(Err(GatewayError::Unavailable))
        }
        .boxed()
    }
}
