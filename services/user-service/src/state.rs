//! What all handlers share.

use std::sync::Arc;
use std::time::Duration;

use service_kit::{Authenticator, Database, Imperfection, ServiceClient};

use crate::Args;
use crate::passwords::Passwords;

/// The service's insides; handlers hold it behind an [`Arc`].
#[derive(Debug)]
pub(crate) struct Users {
    pub(crate) database: Database,
    pub(crate) authenticator: Authenticator,
    pub(crate) passwords: Passwords,
    pub(crate) products: ServiceClient,
    pub(crate) imperfection: Imperfection,
    pub(crate) token_lifetime: Duration,
    pub(crate) login_lock: Duration,
}

impl Users {
    pub(crate) fn new(
        database: Database,
        authenticator: Authenticator,
        products: ServiceClient,
        args: &Args,
    ) -> Arc<Self> {
        Arc::new(Self {
            database,
            authenticator,
            passwords: Passwords::default(),
            products,
            imperfection: Imperfection::new(&args.imperfection),
            token_lifetime: args.token_lifetime,
            login_lock: args.login_lock,
        })
    }
}
