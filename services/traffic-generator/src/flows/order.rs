//! Orders: from the basket to the parcel.

use http::Method;
use serde_json::{Value, json};

use crate::scenario::{Basket, Card, Ending};
use crate::shop::{Reply, Send, Target, Trouble};
use crate::visit::{Account, Visit};

/// The order of the documentation, byte for byte.
pub(super) const GUEST_ORDER: &str = r#"{"user_id":1,"products":[{"id":1,"quantity":2}]}"#;

/// What is bought, and by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purchase<'a> {
    pub account: u32,
    pub basket: &'a Basket,
    pub coupon: bool,
}

pub(super) async fn checkout(
    visit: Visit<'_>,
    purchase: Purchase<'_>,
    card: Card,
    ending: Ending,
) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(purchase.account)).await?;
    for (product, _) in &purchase.basket.0 {
        visit.look_at(*product).await?;
    }
    visit.think().await;
    let Some(order) = place(visit, &token, purchase).await? else {
        return Ok(());
    };
    match ending {
        Ending::Abandon => Ok(()),
        Ending::Cancel => {
            let path = format!("/orders/{order}/cancel");
            let reason = json!({"reason": "changed_my_mind"});
            let reply = visit
                .send_as(&token, Method::POST, Target::Orders, "/orders/{id}/cancel", &path, reason)
                .await?;
            reply.expect(&[200]).map(drop)
        }
        Ending::Pay => pay_with_second_card(visit, &token, order, card).await.map(drop),
        Ending::PayAndDeliver => {
            if pay_with_second_card(visit, &token, order, card).await? {
                deliver(visit, order).await?;
            }
            see(visit, &token, order).await
        }
    }
}

/// Places the order; nothing when the shop has not enough of something.
pub(super) async fn place(
    visit: Visit<'_>,
    token: &str,
    purchase: Purchase<'_>,
) -> Result<Option<i64>, Trouble> {
    let products: Vec<Value> =
        purchase.basket.0.iter().map(|(id, quantity)| json!({"id": id, "quantity": quantity})).collect();
    let mut body = json!({"user_id": purchase.account, "products": products});
    if purchase.coupon {
        body["coupon"] = "WELCOME10".into();
    }
    let key = format!("order-{}", visit.tag);
    let send = Send { token: Some(token), json: Some(body), idempotency_key: Some(&key), ..Send::default() };
    let reply =
        visit.call(Method::POST, Target::Orders, "/orders", "/orders", send).await?.expect(&[201, 409])?;
    if reply.status == 409 {
        return Ok(None);
    }
    reply.number("id").map(Some)
}

pub(super) async fn pay(
    visit: Visit<'_>,
    token: Option<&str>,
    order: i64,
    card: Card,
) -> Result<Reply, Trouble> {
    let path = format!("/orders/{order}/pay");
    let key = format!("pay-{}-{}", visit.tag, card.0);
    let send = Send {
        token,
        json: Some(json!({"method": "card", "card_token": card.0})),
        idempotency_key: Some(&key),
        ..Send::default()
    };
    visit.call(Method::POST, Target::Orders, "/orders/{id}/pay", &path, send).await
}

/// Pays; whoever is declined tries once more with another card. Whether it worked in the end.
async fn pay_with_second_card(
    visit: Visit<'_>,
    token: &str,
    order: i64,
    card: Card,
) -> Result<bool, Trouble> {
    let first = pay(visit, Some(token), order, card).await?.expect(&[200, 402])?;
    if first.status == 200 {
        return Ok(true);
    }
    visit.think().await;
    let second = pay(visit, Some(token), order, Card("tok_ok")).await?;
    Ok(second.expect(&[200, 402])?.status == 200)
}

/// Moves a paid order along until it is delivered.
async fn deliver(visit: Visit<'_>, order: i64) -> Result<(), Trouble> {
    let admin = visit.token(Account::Admin).await?;
    for status in ["processing", "shipped", "delivered"] {
        visit.think().await;
        if set_status(visit, &admin, order, status).await?.status != 200 {
            break;
        }
    }
    Ok(())
}

async fn set_status(visit: Visit<'_>, admin: &str, order: i64, status: &str) -> Result<Reply, Trouble> {
    let path = format!("/orders/{order}/status");
    let body = json!({"status": status});
    let reply =
        visit.send_as(admin, Method::PATCH, Target::Orders, "/orders/{id}/status", &path, body).await?;
    reply.expect(&[200, 409])
}

async fn see(visit: Visit<'_>, token: &str, order: i64) -> Result<(), Trouble> {
    let path = format!("/orders/{order}");
    let reply = visit.get_as(token, Target::Orders, "/orders/{id}", &path).await?;
    reply.expect(&[200]).map(drop)
}

/// The call of the documentation, sent as curl sends it, then paid. Returns the order.
pub async fn order_and_pay(visit: Visit<'_>) -> Result<i64, Trouble> {
    let send = Send { raw: Some(GUEST_ORDER), ..Send::default() };
    let reply = visit.call(Method::POST, Target::Orders, "/orders", "/orders", send).await?;
    let order = reply.expect(&[201])?.number("id")?;
    let reply = pay(visit, None, order, Card("tok_ok")).await?;
    reply.expect(&[200])?;
    Ok(order)
}

pub(super) async fn guest(visit: Visit<'_>) -> Result<(), Trouble> {
    match order_and_pay(visit).await {
        // The sample product can be sold out like any other.
        Err(Trouble::Unexpected { status: 409, .. }) => Ok(()),
        result => result.map(drop),
    }
}

pub(super) async fn history(visit: Visit<'_>, account: u32) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    let path = format!("/orders/user/{account}?limit=10");
    let reply =
        visit.get_as(&token, Target::Orders, "/orders/user/{user_id}", &path).await?.expect(&[200])?;
    match reply.body["items"][0]["id"].as_i64() {
        Some(order) => see(visit, &token, order).await,
        None => Ok(()),
    }
}

/// An operator looks for paid orders and moves the oldest ones on.
pub(super) async fn administer(visit: Visit<'_>) -> Result<(), Trouble> {
    let admin = visit.token(Account::Admin).await?;
    for (status, next) in [("paid", "processing"), ("processing", "shipped")] {
        let path = format!("/orders?status={status}&limit=2");
        let reply = visit.get_as(&admin, Target::Orders, "/orders", &path).await?.expect(&[200])?;
        let orders = reply.body["items"].as_array().cloned().unwrap_or_default();
        for order in orders.iter().filter_map(|order| order["id"].as_i64()) {
            set_status(visit, &admin, order, next).await?;
        }
    }
    Ok(())
}
