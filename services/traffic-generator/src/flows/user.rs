//! Accounts: logins, registrations, profiles, favourites.

use http::Method;
use serde_json::json;
use service_kit::seed;

use crate::shop::{Send, Target, Trouble};
use crate::visit::{Account, Visit};

pub(super) async fn login(visit: Visit<'_>, account: u32, logout: bool) -> Result<(), Trouble> {
    let account = Account::Customer(account);
    let token = visit.login(account).await?;
    let me = visit.get_as(&token, Target::Users, "/users/me", "/users/me").await?;
    me.expect(&[200])?;
    if logout {
        visit.think().await;
        visit.logout(account, &token).await?;
    }
    Ok(())
}

pub(super) async fn register(visit: Visit<'_>, product: u32) -> Result<(), Trouble> {
    let body = json!({
        "email": format!("guest-{}@shop.example", visit.tag),
        "password": seed::CUSTOMER_PASSWORD,
        "name": format!("Guest {}", visit.tag),
    });
    let reply = visit.post(Target::Users, "/auth/register", "/auth/register", body).await?;
    let reply = reply.expect(&[201])?;
    let (id, token) = (reply.number("user/id")?, reply.text("token")?);
    visit.look_at(product).await?;
    add_favorite(visit, token, id, product).await
}

pub(super) async fn profile(visit: Visit<'_>, account: u32, update: bool) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    let me = visit.get_as(&token, Target::Users, "/users/me", "/users/me").await?;
    let me = me.expect(&[200])?;
    if update && let Ok(name) = me.text("name") {
        let (route, name) = ("/users/me", json!({"name": name}));
        let reply = visit.send_as(&token, Method::PATCH, Target::Users, route, route, name).await?;
        reply.expect(&[200])?;
    }
    list_favorites(visit, &token, i64::from(account)).await
}

pub(super) async fn favorites(visit: Visit<'_>, account: u32, add: u32, remove: bool) -> Result<(), Trouble> {
    let token = visit.token(Account::Customer(account)).await?;
    visit.look_at(add).await?;
    add_favorite(visit, &token, i64::from(account), add).await?;
    list_favorites(visit, &token, i64::from(account)).await?;
    if remove {
        let path = format!("/users/{account}/favorites/{add}");
        let send = Send { token: Some(&token), ..Send::default() };
        let route = "/users/{id}/favorites/{product_id}";
        let reply = visit.call(Method::DELETE, Target::Users, route, &path, send).await?;
        reply.expect(&[204])?;
    }
    Ok(())
}

async fn add_favorite(visit: Visit<'_>, token: &str, user: i64, product: u32) -> Result<(), Trouble> {
    let path = format!("/users/{user}/favorites");
    let body = json!({"product_id": product});
    let reply =
        visit.send_as(token, Method::POST, Target::Users, "/users/{id}/favorites", &path, body).await?;
    reply.expect(&[200, 201, 404, 409]).map(drop)
}

async fn list_favorites(visit: Visit<'_>, token: &str, user: i64) -> Result<(), Trouble> {
    let path = format!("/users/{user}/favorites");
    let reply = visit.get_as(token, Target::Users, "/users/{id}/favorites", &path).await?;
    reply.expect(&[200]).map(drop)
}
