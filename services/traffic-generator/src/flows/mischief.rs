//! Things that are meant to go wrong. A flow here completes when the shop answers the mistake as it should; anything
//! else is trouble and is reported as such.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::order::{GUEST_ORDER, Purchase, pay, place};
use crate::scenario::{Basket, Card, Mischief};
use crate::shop::{Reply, Send, Target, Trouble};
use crate::visit::{Account, Visit};

/// How long the impatient customer waits.
const IMPATIENCE: Duration = Duration::from_millis(3);

pub(super) async fn play(visit: Visit<'_>, mischief: Mischief) -> Result<(), Trouble> {
    match mischief {
        Mischief::WrongPassword { account } => wrong_password(visit, account).await,
        Mischief::WeakPassword => weak_password(visit).await,
        Mischief::BadToken => bad_token(visit).await,
        Mischief::UnknownProduct => {
            let reply = visit.get(Target::Products, "/products/{id}", "/products/999999").await?;
            reply.expect(&[404]).map(drop)
        }
        Mischief::UnknownPage => {
            let reply = visit.get(Target::Products, "/wp-login.php", "/wp-login.php").await?;
            reply.expect(&[404]).map(drop)
        }
        Mischief::ImpatientSearch => impatient_search(visit).await,
        Mischief::BadJson => {
            refused_order(visit, &[400], Some(r#"{"user_id":1,"products":[{"id":"#), None).await
        }
        Mischief::UnknownUser => {
            let body = json!({"user_id": 999_999, "products": [{"id": 1, "quantity": 1}]});
            refused_order(visit, &[404], None, Some(body)).await
        }
        Mischief::SoldOut { product } => sold_out(visit, product).await,
        Mischief::EmptyOrder => {
            let body = json!({"user_id": 1, "products": []});
            refused_order(visit, &[422], None, Some(body)).await
        }
        Mischief::DeclinedCard { account } => declined_card(visit, account).await,
        Mischief::UnknownOrder => {
            let reply = visit.get(Target::Orders, "/orders/{id}", "/orders/404").await?;
            reply.expect(&[404]).map(drop)
        }
        Mischief::GatewayTimeout { account } => gateway_timeout(visit, account).await,
        Mischief::ReplayedOrder => replayed_order(visit).await,
    }
}

async fn wrong_password(visit: Visit<'_>, account: u32) -> Result<(), Trouble> {
    let (email, _) = Account::Customer(account).credentials();
    let body = json!({"email": email, "password": "not-the-password"});
    let reply = visit.post(Target::Users, "/auth/login", "/auth/login", body).await?;
    reply.expect(&[401, 423, 429]).map(drop)
}

async fn weak_password(visit: Visit<'_>) -> Result<(), Trouble> {
    let body =
        json!({"email": format!("weak-{}@shop.example", visit.tag), "password": "1234", "name": "Weak"});
    let reply = visit.post(Target::Users, "/auth/register", "/auth/register", body).await?;
    reply.expect(&[400, 422]).map(drop)
}

async fn bad_token(visit: Visit<'_>) -> Result<(), Trouble> {
    let reply = visit.get_as("not.a.token", Target::Users, "/users/me", "/users/me").await?;
    reply.expect(&[401]).map(drop)
}

async fn impatient_search(visit: Visit<'_>) -> Result<(), Trouble> {
    let send = Send { patience: Some(IMPATIENCE), ..Send::default() };
    let (route, path) = ("/products/search", "/products/search?q=a");
    match visit.call(Method::GET, Target::Products, route, path, send).await {
        Err(Trouble::TimedOut { .. }) => Ok(()),
        result => result?.expect(&[200]).map(drop),
    }
}

async fn refused_order(
    visit: Visit<'_>,
    statuses: &[u16],
    raw: Option<&'static str>,
    json: Option<Value>,
) -> Result<(), Trouble> {
    let send = Send { raw, json, ..Send::default() };
    let reply = visit.call(Method::POST, Target::Orders, "/orders", "/orders", send).await?;
    reply.expect(statuses).map(drop)
}

/// More than the shelves hold. Should the shop have it all, it is given back at once.
async fn sold_out(visit: Visit<'_>, product: u32) -> Result<(), Trouble> {
    let lines: Vec<Value> =
        (0..8).map(|step| json!({"id": (product + step) % 50 + 1, "quantity": 99})).collect();
    let body = json!({"user_id": 1, "products": lines});
    let reply = visit.post(Target::Orders, "/orders", "/orders", body).await?;
    let reply = reply.expect(&[409, 201])?;
    if reply.status == 409 {
        return Ok(());
    }
    let path = format!("/orders/{}/cancel", reply.number("id")?);
    let reason = json!({"reason": "ordered_too_much"});
    let reply = visit.post(Target::Orders, "/orders/{id}/cancel", &path, reason).await?;
    reply.expect(&[200]).map(drop)
}

async fn small_order(visit: Visit<'_>, account: u32) -> Result<(String, Option<i64>), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    let basket = Basket(vec![(1 + account % 50, 1)]);
    let purchase = Purchase { account, basket: &basket, coupon: false };
    let order = place(visit, &token, purchase).await?;
    Ok((token, order))
}

async fn declined_card(visit: Visit<'_>, account: u32) -> Result<(), Trouble> {
    let (token, Some(order)) = small_order(visit, account).await? else {
        return Ok(());
    };
    for card in ["tok_insufficient_funds", "tok_do_not_honor", "tok_card_expired"] {
        pay(visit, Some(&token), order, Card(card)).await?.expect(&[402])?;
        visit.think().await;
    }
    // The third decline has cancelled the order.
    pay(visit, Some(&token), order, Card("tok_ok")).await?.expect(&[409]).map(drop)
}

async fn gateway_timeout(visit: Visit<'_>, account: u32) -> Result<(), Trouble> {
    let (token, Some(order)) = small_order(visit, account).await? else {
        return Ok(());
    };
    let reply = pay(visit, Some(&token), order, Card("tok_gateway_timeout")).await?;
    reply.expect(&[504]).map(drop)
}

async fn replayed_order(visit: Visit<'_>) -> Result<(), Trouble> {
    let key = format!("twice-{}", visit.tag);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let send = Send { raw: Some(GUEST_ORDER), idempotency_key: Some(&key), ..Send::default() };
        let reply: Reply = visit
            .call(Method::POST, Target::Orders, "/orders", "/orders", send)
            .await?
            .expect(&[201, 409])?;
        ids.push(reply.body["id"].as_i64());
    }
    if ids[0] == ids[1] {
        return Ok(());
    }
    Err(Trouble::Unexpected {
        call: "POST /orders with a repeated key".to_owned(),
        status: 201,
        code: "SECOND_ORDER".to_owned(),
    })
}
