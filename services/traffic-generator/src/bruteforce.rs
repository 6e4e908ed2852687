//! The fault `login_bruteforce`: a bot that guesses passwords, addresses of real accounts among others that do not exist.
//! It leaves the accounts of the simulated customers alone, so that they can still log in to a shop that is under
//! attack.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use runtime::CancellationToken;
use serde_json::json;
use service_kit::{Fault, Faults, seed};
use tracing::Instrument as _;

use crate::engine::{Engine, scenario_span};
use crate::plan::VICTIMS;
use crate::session::Session;
use crate::shop::{Send, Target, Trouble};
use crate::visit::Visit;

/// Pause between two guesses at rate 1.
const PAUSE: Duration = Duration::from_millis(50);
/// Every third guess goes at an address that has an account.
const REAL: u64 = 3;
/// Made-up addresses; few enough that each is soon locked.
const INVENTED: u64 = 12;

/// Guesses while the fault is on; ends with `shutdown`.
pub async fn wait_and_guess(engine: Arc<Engine>, faults: Faults, shutdown: CancellationToken) {
    let mut changes = faults.watch();
    let mut number = 0;
    loop {
        let Some(setting) = faults.setting(Fault::LoginBruteforce) else {
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            continue;
        };
        number += 1;
        tokio::select! {
            () = guess(&engine, &faults, number, setting.is_exercise) => {}
            () = shutdown.cancelled() => return,
        }
        // One guess at a time, so that a slow shop is not drowned.
        tokio::time::sleep(PAUSE.div_f64(setting.rate)).await;
    }
}

async fn guess(engine: &Engine, faults: &Faults, number: u64, is_exercise: bool) {
    let session = Session { id: format!("bot-{:x}", engine.run), user_agent: "python-requests/2.32.5" };
    let span = scenario_span("password_guess", "attacker", &session, 0);
    if !is_exercise {
        span.in_scope(|| faults.mark(Fault::LoginBruteforce));
    }
    faults.count(Fault::LoginBruteforce);
    let tag = format!("bot-{number}");
    let visit = Visit { shop: &engine.shop, tokens: &engine.tokens, session: &session, tag: &tag };
    // Whatever comes of it, the next guess follows: a bot has patience.
    drop(one_login(visit, number).instrument(span).await);
}

async fn one_login(visit: Visit<'_>, number: u64) -> Result<(), Trouble> {
    let body = json!({"email": address(number), "password": format!("Summer{}!", 2000 + number % 27)});
    let send = Send { json: Some(body), ..Send::default() };
    visit.call(Method::POST, Target::Users, "/auth/login", "/auth/login", send).await.map(drop)
}

fn address(number: u64) -> String {
    let (round, is_real) = (number / REAL, number.is_multiple_of(REAL));
    let victims = u64::from(VICTIMS.end() - VICTIMS.start() + 1);
    let victim = u64::from(*VICTIMS.start()) + round % victims;
    let email = i64::try_from(victim).ok().and_then(seed::customer_email).filter(|_| is_real);
    email.unwrap_or_else(|| format!("user{:02}@shop.example", number % INVENTED))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn only_the_victims_and_nobody_are_guessed() {
        let addresses: HashSet<String> = (1..1000).map(address).collect();
        let real: Vec<_> = VICTIMS.filter_map(|id| seed::customer_email(i64::from(id))).collect();
        assert!(real.iter().all(|email| addresses.contains(email)));
        let others = (1..VICTIMS.min().unwrap()).filter_map(|id| seed::customer_email(i64::from(id)));
        assert!(others.into_iter().all(|email| !addresses.contains(&email)));
    }
}
