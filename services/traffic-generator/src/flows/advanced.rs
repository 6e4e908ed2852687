//! Less frequent business: preferences, trending products, refunds, analytics.

use http::Method;
use serde_json::json;

use super::order::{Purchase, pay, place};
use crate::scenario::{Basket, Card};
use crate::shop::{Target, Trouble};
use crate::visit::{Account, Visit};

pub(super) async fn preferences(visit: Visit<'_>, account: u32, newsletter: bool) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    let route = "/users/{id}/preferences";
    let path = format!("/users/{account}/preferences");
    let reply = visit.get_as(&token, Target::Users, route, &path).await?;
    let mut preferences = reply.expect(&[200])?.body;
    preferences["newsletter"] = newsletter.into();
    let known = ["currency", "language", "newsletter", "categories"];
    if let Some(fields) = preferences.as_object_mut() {
        fields.retain(|name, _| known.contains(&name.as_str()));
    }
    let reply = visit.send_as(&token, Method::PUT, Target::Users, route, &path, preferences).await?;
    reply.expect(&[200]).map(drop)
}

pub(super) async fn trending(visit: Visit<'_>, looks: u32) -> Result<(), Trouble> {
    let path = "/products/trending?window=1h&limit=10";
    let reply = visit.get(Target::Products, "/products/trending", path).await?;
    let reply = reply.expect(&[200])?;
    let items = reply.body["items"].as_array().cloned().unwrap_or_default();
    let ids = items.iter().filter_map(|item| item["id"].as_u64().or_else(|| item["product_id"].as_u64()));
    for id in ids.take(looks as usize) {
        visit.think().await;
        visit.look_at(u32::try_from(id).unwrap_or(1)).await?;
    }
    Ok(())
}

pub(super) async fn refund(
    visit: Visit<'_>,
    account: u32,
    basket: &Basket,
    partial: bool,
) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    let purchase = Purchase { account, basket, coupon: false };
    let Some(order) = place(visit, &token, purchase).await? else {
        return Ok(());
    };
    let paid = pay(visit, Some(&token), order, Card("tok_ok")).await?.expect(&[200])?;
    visit.think().await;
    let mut body = json!({"reason": if partial { "damaged" } else { "not_as_described" }});
    if let (true, Some(total)) = (partial, paid.body["total"].as_f64()) {
        body["amount"] = ((total * 50.0).floor() / 100.0).into();
    }
    let path = format!("/orders/{order}/refund");
    let reply =
        visit.send_as(&token, Method::POST, Target::Orders, "/orders/{id}/refund", &path, body).await?;
    reply.expect(&[200]).map(drop)
}

pub(super) async fn analytics(visit: Visit<'_>) -> Result<(), Trouble> {
    let admin = visit.token(Account::Admin).await?;
    for (route, path) in [
        ("/analytics/summary", "/analytics/summary?window=1h"),
        ("/analytics/top-products", "/analytics/top-products?window=1h&limit=10"),
        ("/analytics/revenue", "/analytics/revenue?window=1h&bucket=5m"),
    ] {
        let reply = visit.get_as(&admin, Target::Orders, route, path).await?;
        reply.expect(&[200])?;
    }
    Ok(())
}
