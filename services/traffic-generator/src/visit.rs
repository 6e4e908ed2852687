//! One customer carrying out one scenario: short names for calls, and logins that last for a while.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use http::Method;
use parking_lot::Mutex;
use serde_json::{Value, json};
use service_kit::seed;

use crate::session::Session;
use crate::shop::{Reply, Send, Shop, Target, Trouble};

/// A token is used again for this long; tokens of the shop live longer.
const TOKEN_REUSE: Duration = Duration::from_secs(10 * 60);

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    Customer(u32),
    Admin,
}

impl Account {
    /// E-mail and password of a fresh shop.
    pub fn credentials(self) -> (String, String) {
        match self {
            Self::Customer(id) => {
                (seed::customer_email(i64::from(id)).unwrap_or_default(), seed::CUSTOMER_PASSWORD.to_owned())
            }
            Self::Admin => (
                seed::ADMIN_EMAIL.to_owned(),
                std::env::var("SHOP_ADMIN_PASSWORD")
                    .ok()
                    .filter(|password| !password.is_empty())
                    .unwrap_or_else(|| seed::ADMIN_PASSWORD.to_owned()),
            ),
        }
    }
}

/// Tokens of recent logins.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<HashMap<Account, (String, Instant)>>);

impl Tokens {
    fn get(&self, account: Account) -> Option<String> {
        let tokens = self.0.lock();
        let (token, since) = tokens.get(&account)?;
        (since.elapsed() < TOKEN_REUSE).then(|| token.clone())
    }

    fn put(&self, account: Account, token: &str) {
        self.0.lock().insert(account, (token.to_owned(), Instant::now()));
    }

    fn forget(&self, account: Account) {
        self.0.lock().remove(&account);
    }
}

/// A scenario's way to the shop.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    pub shop: &'a Shop,
    pub tokens: &'a Tokens,
    pub session: &'a Session,
    /// Tells this turn from all others of this run, for keys and addresses that must be new.
    pub tag: &'a str,
}

impl Visit<'_> {
    /// A call with everything spelt out.
    pub async fn call(
        &self,
        method: Method,
        target: Target,
        route: &'static str,
        path: &str,
        send: Send<'_>,
    ) -> Result<Reply, Trouble> {
        self.shop.call(self.session, (method, target, route), path, send).await
    }

    /// A `GET` that anybody may make.
    pub async fn get(&self, target: Target, route: &'static str, path: &str) -> Result<Reply, Trouble> {
        self.call(Method::GET, target, route, path, Send::default()).await
    }

    /// A `GET` with a token.
    pub async fn get_as(
        &self,
        token: &str,
        target: Target,
        route: &'static str,
        path: &str,
    ) -> Result<Reply, Trouble> {
        let send = Send { token: Some(token), ..Send::default() };
        self.call(Method::GET, target, route, path, send).await
    }

    /// A call with a token and a body.
    pub async fn send_as(
        &self,
        token: &str,
        method: Method,
        target: Target,
        route: &'static str,
        path: &str,
        json: Value,
    ) -> Result<Reply, Trouble> {
        let send = Send { token: Some(token), json: Some(json), ..Send::default() };
        self.call(method, target, route, path, send).await
    }

    /// A `POST` of a body without a token.
    pub async fn post(
        &self,
        target: Target,
        route: &'static str,
        path: &str,
        json: Value,
    ) -> Result<Reply, Trouble> {
        let send = Send { json: Some(json), ..Send::default() };
        self.call(Method::POST, target, route, path, send).await
    }

    /// Logs in and remembers the token.
    pub async fn login(&self, account: Account) -> Result<String, Trouble> {
        let (email, password) = account.credentials();
        let body = json!({"email": email, "password": password});
        let reply = self.post(Target::Users, "/auth/login", "/auth/login", body).await?;
        let token = reply.expect(&[200])?.text("token")?.to_owned();
        self.tokens.put(account, &token);
        Ok(token)
    }

    /// The token of a recent login, else a new one.
    pub async fn token(&self, account: Account) -> Result<String, Trouble> {
        match self.tokens.get(account) {
            Some(token) => Ok(token),
            None => self.login(account).await,
        }
    }

    /// Ends the session of a token.
    pub async fn logout(&self, account: Account, token: &str) -> Result<(), Trouble> {
        self.tokens.forget(account);
        let send = Send { token: Some(token), ..Send::default() };
        let reply = self.call(Method::POST, Target::Users, "/auth/logout", "/auth/logout", send).await?;
        reply.expect(&[204, 401]).map(drop)
    }

    /// Looks at one product's page.
    pub async fn look_at(&self, product: u32) -> Result<(), Trouble> {
        let path = format!("/products/{product}");
        let reply = self.get(Target::Products, "/products/{id}", &path).await?;
        reply.expect(&[200, 404]).map(drop)
    }

    /// Reading or choosing takes a customer a moment.
    pub async fn think(&self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
