//! Fakes of user-service and product-service in one server, with brakes: a call can be made to fail, to hang, or to hang
//! after its work is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// The calls that can be braked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Validate,
    Price,
    Reserve,
    Commit,
    Release,
    Restock,
    Authorize,
    Refund,
}

/// What a braked call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brake {
    /// Answers with this status without doing anything.
    Fail(u16),
    /// Never answers and does nothing.
    HangBefore,
    /// Does its work and never answers.
    HangAfter,
}

/// The brakes of all calls, shared with the gateway.
#[derive(Debug, Default)]
pub struct Brakes {
    set: Mutex<BTreeMap<Step, Brake>>,
    pub reached: Notify,
}

impl Brakes {
    pub fn set(&self, step: Step, brake: Brake) {
        self.set.lock().insert(step, brake);
    }

    pub fn release_all(&self) {
        self.set.lock().clear();
    }

    /// Runs `work` as the brake of `step` says.
    pub async fn run<T>(&self, step: Step, work: impl AsyncFnOnce() -> T) -> Result<T, u16> {
        let brake = self.set.lock().get(&step).copied();
        match brake {
            None => Ok(work().await),
            Some(Brake::Fail(status)) => Err(status),
            Some(Brake::HangBefore) => self.hang().await,
            Some(Brake::HangAfter) => {
                work().await;
                self.hang().await
            }
        }
    }

    async fn hang<T>(&self) -> T {
        self.reached.notify_one();
        std::future::pending().await
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Reservation {
    items: Vec<(i64, i64)>,
    state: &'static str,
}

/// The shelves.
#[derive(Debug, Default)]
pub struct Shelf {
    available: BTreeMap<i64, i64>,
    sold: BTreeMap<i64, i64>,
    reservations: BTreeMap<String, Reservation>,
    /// Keys of what was put back: saying it again changes nothing.
    put_back: BTreeSet<String>,
}

/// Both services.
#[derive(Debug, Default)]
pub struct Neighbours {
    pub brakes: Brakes,
    shelf: Mutex<Shelf>,
    /// Whether each call brought the context of its trace along.
    contexts: Mutex<Vec<bool>>,
}

/// Pieces of each product at the beginning.
pub const STOCK: i64 = 50;

impl Neighbours {
    pub fn new() -> Arc<Self> {
        let this = Self::default();
        for product in 1..=5 {
            this.shelf.lock().available.insert(product, STOCK);
        }
        Arc::new(this)
    }

    pub fn available(&self, product: i64) -> i64 {
        self.shelf.lock().available[&product]
    }

    pub fn sold(&self, product: i64) -> i64 {
        self.shelf.lock().sold.get(&product).copied().unwrap_or(0)
    }

    /// Ends all reservations as their expiry would.
    pub fn expire_reservations(&self) {
        let shelf = &mut *self.shelf.lock();
        for reservation in shelf.reservations.values_mut().filter(|reservation| reservation.state == "active")
        {
            reservation.state = "expired";
            for (product, quantity) in &reservation.items {
                *shelf.available.entry(*product).or_default() += quantity;
            }
        }
    }

    /// Whether each call so far, probes aside, brought the context of its trace along.
    pub fn contexts(&self) -> Vec<bool> {
        self.contexts.lock().clone()
    }

    /// Somebody else buys everything.
    pub fn sell_out(&self, product: i64) {
        self.shelf.lock().available.insert(product, 0);
    }

    pub fn router(self: &Arc<Self>) -> Router {
        let shop = Arc::clone(self);
        let note = move |request: Request, next: Next| {
            if request.uri().path() != "/health" {
                shop.contexts.lock().push(request.headers().contains_key("traceparent"));
            }
            next.run(request)
        };
        Router::new()
            .route("/health", get(|| async { axum::Json(json!({"status": "ok"})) }))
            .route("/users/{id}", get(user))
            .route("/products", get(products))
            .route("/inventory/reserve", post(reserve))
            .route("/inventory/reservations/{id}/commit", post(commit))
            .route("/inventory/reservations/{id}/release", post(release))
            .route("/inventory/orders/{id}/release", post(release_order))
            .route("/inventory/{id}/restock", post(restock))
            .with_state(Arc::clone(self))
            .layer(from_fn(note))
    }
}

type Shop = State<Arc<Neighbours>>;

fn error(status: u16, code: &str, details: &Value) -> Response {
    let body = json!({"error": {"code": code, "message": code, "details": details}});
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn ok(body: Value) -> Response {
    axum::Json(body).into_response()
}

async fn braked(shop: &Neighbours, step: Step, work: impl FnOnce(&mut Shelf) -> Response) -> Response {
    match shop.brakes.run(step, async || work(&mut shop.shelf.lock())).await {
        Ok(response) => response,
        Err(status) => error(status, "BROKEN", &Value::Null),
    }
}

async fn user(State(shop): Shop, Path(id): Path<i64>) -> Response {
    braked(&shop, Step::Validate, |_| match id {
        1..=9 => ok(json!({"id": id, "name": "Ana", "status": "active"})),
        10 => ok(json!({"id": id, "name": "Bad", "status": "disabled"})),
        _ => error(404, "USER_NOT_FOUND", &Value::Null),
    })
    .await
}

async fn products(State(shop): Shop, Query(query): Query<BTreeMap<String, String>>) -> Response {
    braked(&shop, Step::Price, |shelf| {
        let ids = query["ids"].split(',').map(|id| id.parse::<i64>().unwrap());
        let known = ids.filter(|id| shelf.available.contains_key(id));
        let items: Vec<Value> = known
            .map(|id| {
                json!({"id": id, "name": format!("Product {id}"), "category": if id < 3 { "home" } else { "toys" },
                    "price": 19.99 * id as f64, "currency": "EUR"})
            })
            .collect();
        ok(json!({"items": items, "total": items.len(), "page": 1, "limit": 100}))
    })
    .await
}

async fn reserve(State(shop): Shop, axum::Json(body): axum::Json<Value>) -> Response {
    braked(&shop, Step::Reserve, |shelf| {
        let order = body["order_id"].as_str().map_or_else(|| body["order_id"].to_string(), str::to_owned);
        if let Some(existing) = shelf.reservations.get(&order) {
            return match existing.state {
                "released" => error(409, "RESERVATION_RELEASED", &Value::Null),
                "expired" => error(410, "RESERVATION_EXPIRED", &Value::Null),
                _ => ok(json!({"reservation_id": format!("r-{order}")})),
            };
        }
        let items: Vec<(i64, i64)> = body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["product_id"].as_i64().unwrap(), item["quantity"].as_i64().unwrap()))
            .collect();
        for (product, quantity) in &items {
            let available = shelf.available[product];
            if available < *quantity {
                let details = json!([{"product_id": product, "requested": quantity, "available": available}]);
                return error(409, "OUT_OF_STOCK", &details);
            }
        }
        for (product, quantity) in &items {
            *shelf.available.entry(*product).or_default() -= quantity;
        }
        shelf.reservations.insert(order.clone(), Reservation { items, state: "active" });
        (StatusCode::CREATED, ok(json!({"reservation_id": format!("r-{order}")}))).into_response()
    })
    .await
}

async fn commit(State(shop): Shop, Path(id): Path<String>) -> Response {
    braked(&shop, Step::Commit, |shelf| {
        let Some(reservation) = shelf.reservations.get_mut(id.trim_start_matches("r-")) else {
            return error(404, "RESERVATION_NOT_FOUND", &Value::Null);
        };
        match reservation.state {
            "active" => {
                reservation.state = "committed";
                for (product, quantity) in &reservation.items {
                    *shelf.sold.entry(*product).or_default() += quantity;
                }
                ok(json!({}))
            }
            "committed" => ok(json!({})),
            "expired" => error(410, "RESERVATION_EXPIRED", &Value::Null),
            _ => error(409, "RESERVATION_RELEASED", &Value::Null),
        }
    })
    .await
}

fn give_back(shelf: &mut Shelf, order: &str) -> Response {
    let Some(reservation) = shelf.reservations.get_mut(order) else {
        shelf.reservations.insert(order.to_owned(), Reservation { items: Vec::new(), state: "released" });
        return ok(json!({}));
    };
    match reservation.state {
        "active" => {
            reservation.state = "released";
            for (product, quantity) in &reservation.items {
                *shelf.available.entry(*product).or_default() += quantity;
            }
            ok(json!({}))
        }
        "committed" => error(409, "RESERVATION_COMMITTED", &Value::Null),
        _ => ok(json!({})),
    }
}

async fn release(State(shop): Shop, Path(id): Path<String>) -> Response {
    braked(&shop, Step::Release, |shelf| give_back(shelf, id.trim_start_matches("r-"))).await
}

async fn release_order(State(shop): Shop, Path(id): Path<String>) -> Response {
    braked(&shop, Step::Release, |shelf| give_back(shelf, &id)).await
}

async fn restock(
    State(shop): Shop,
    Path(id): Path<i64>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    braked(&shop, Step::Restock, |shelf| {
        let quantity = body["quantity"].as_i64().unwrap();
        if !shelf.put_back.insert(headers["idempotency-key"].to_str().unwrap().to_owned()) {
            return ok(json!({}));
        }
        *shelf.available.entry(id).or_default() += quantity;
        *shelf.sold.entry(id).or_default() -= quantity;
        ok(json!({}))
    })
    .await
}
