//! The catalogue: browsing, searching, stock.

use crate::shop::{Target, Trouble};
use crate::visit::Visit;

pub(super) async fn browse(visit: Visit<'_>, page: u32, looks: &[u32]) -> Result<(), Trouble> {
    let path = format!("/products?page={page}&limit=12");
    let reply = visit.get(Target::Products, "/products", &path).await?;
    reply.expect(&[200])?;
    for product in looks {
        visit.think().await;
        visit.look_at(*product).await?;
    }
    Ok(())
}

pub(super) async fn search(visit: Visit<'_>, term: &str, in_category: bool) -> Result<(), Trouble> {
    let mut path = format!("/products/search?q={term}");
    if in_category && let Some(category) = first_category(visit).await? {
        path.push_str("&category=");
        path.push_str(&encode(&category));
    }
    let reply = visit.get(Target::Products, "/products/search", &path).await?;
    let reply = reply.expect(&[200])?;
    if let Some(first) = reply.body["items"][0]["id"].as_u64() {
        visit.think().await;
        visit.look_at(u32::try_from(first).unwrap_or(1)).await?;
    }
    Ok(())
}

async fn first_category(visit: Visit<'_>) -> Result<Option<String>, Trouble> {
    let reply = visit.get(Target::Products, "/categories", "/categories").await?;
    let reply = reply.expect(&[200])?;
    let list = reply.body.get("items").unwrap_or(&reply.body);
    let first = &list[0];
    let name = first.as_str().or_else(|| first["name"].as_str());
    Ok(name.map(str::to_owned))
}

fn encode(text: &str) -> String {
    reqwest::Url::parse_with_params("http://x/", [("q", text)])
        .ok()
        .and_then(|url| url.query().map(|query| query.trim_start_matches("q=").to_owned()))
        .unwrap_or_default()
}

pub(super) async fn inventory(visit: Visit<'_>, product: u32) -> Result<(), Trouble> {
    visit.look_at(product).await?;
    let path = format!("/inventory/{product}");
    let reply = visit.get(Target::Products, "/inventory/{id}", &path).await?;
    reply.expect(&[200, 404]).map(drop)
}
