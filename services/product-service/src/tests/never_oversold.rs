//! Whatever orders do at the same time, stock is never oversold, lost or invented.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use service_kit::AppError;

use super::bed::Bed;
use crate::inventory::Level;
use crate::reservations::{
    Closing, Item, OrderId, Outcome, ReserveRequest, close, close_order, expire_due, reserve,
};

const PRODUCTS: std::ops::RangeInclusive<i64> = 1..=3;
const STOCK: i64 = 12;

/// What one customer does, one step after the other; customers act at the same time.
#[derive(Debug, Clone)]
struct Customer {
    items: Vec<(i64, i64)>,
    ends: Vec<End>,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Release,
    ReleaseOrder,
    /// The time passes, and the reaper comes around.
    Expire,
    ReserveAgain,
    /// A delivery of a product arrives.
    Delivery(i64),
}

fn customer() -> impl Strategy<Value = Customer> {
    let item = (PRODUCTS, 1..=5i64);
    let end = prop_oneof![
        4 => Just(End::Commit),
        3 => Just(End::Release),
        1 => Just(End::ReleaseOrder),
        1 => Just(End::Expire),
        1 => Just(End::ReserveAgain),
        1 => PRODUCTS.prop_map(End::Delivery),
    ];
    (prop::collection::vec(item, 1..4), prop::collection::vec(end, 0..3))
        .prop_map(|(items, ends)| Customer { items, ends })
}

/// Acts; errors that are answers (sold out, ended already) are fine, others are not.
async fn act(bed: &Bed, order: i64, customer: &Customer) -> Result<(), AppError> {
    let items = customer.items.iter().map(|&(product_id, quantity)| Item { product_id, quantity }).collect();
    let request = ReserveRequest { order_id: OrderId::Number(order), items, ttl_s: None };
    let id = match reserve(&bed.products, &request).await {
        Ok(Outcome::Created(reservation) | Outcome::Existing(reservation)) => reservation.reservation_id,
        Err(error) if error.code == "OUT_OF_STOCK" => return Ok(()),
        Err(error) => return Err(error),
    };
    for end in &customer.ends {
        let result = match *end {
            End::Commit => close(&bed.products, &id, Closing::Commit).await.map(drop),
            End::Release => close(&bed.products, &id, Closing::Release { reason: "test" }).await.map(drop),
            End::ReleaseOrder => close_order(&bed.products, &order.to_string(), "test").await.map(drop),
            End::ReserveAgain => reserve(&bed.products, &request).await.map(drop),
            End::Delivery(product) => Level::add(&bed.products.database, product, 1).await.map(drop),
            End::Expire => {
                bed.change_database(&format!("UPDATE reservations SET expires_ms = 1 WHERE id = '{id}'"))
                    .await;
                expire_due(&bed.products).await.map(drop)
            }
        };
        match result {
            Err(error) if !error.status.is_client_error() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

async fn all_act_at_once(bed: &Bed, customers: &[Customer]) {
    let tables = ["reservation_items", "reservations"];
    for table in tables {
        bed.change_database(&format!("DELETE FROM {table}")).await;
    }
    bed.change_database(&format!(
        "UPDATE inventory SET on_hand = {STOCK}, reserved = 0 WHERE product_id <= 3"
    ))
    .await;
    let calls = (1..).zip(customers).map(|(order, customer)| act(bed, order, customer));
    for result in futures::future::join_all(calls).await {
        result.unwrap();
    }
    check(bed, customers).await;
}

/// The books balance: what is there is what was there, plus deliveries, less what was sold.
async fn check(bed: &Bed, customers: &[Customer]) {
    let mut most: BTreeMap<i64, i64> = BTreeMap::new();
    for end in customers.iter().flat_map(|customer| &customer.ends) {
        if let End::Delivery(product) = end {
            *most.entry(*product).or_default() += 1;
        }
    }
    for product in PRODUCTS {
        let sum = |status: &str| {
            format!(
                "SELECT SUM(i.quantity) FROM reservation_items i JOIN reservations r ON r.id = i.reservation_id \
                 WHERE i.product_id = {product} AND r.status = '{status}'"
            )
        };
        let (on_hand, reserved) = bed.stock(product).await;
        let (sold, live) = (bed.number(&sum("committed")).await, bed.number(&sum("active")).await);
        assert_eq!(reserved, live, "product {product}: reserved is the sum of live reservations");
        assert!((0..=on_hand).contains(&reserved), "product {product}: {reserved} of {on_hand} reserved");
        // Customers that were turned away did not wait for their deliveries.
        let delivered = on_hand + sold - STOCK;
        let most = most.get(&product).copied().unwrap_or(0);
        assert!((0..=most).contains(&delivered), "product {product}: {delivered} delivered, at most {most}");
    }
}

fn try_many_times(bed: &Bed, runtime: &tokio::runtime::Handle, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let customers = prop::collection::vec(customer(), 2..14);
    TestRunner::new(config)
        .run(&customers, |customers| {
            tokio::task::block_in_place(|| runtime.block_on(all_act_at_once(bed, &customers)));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let bed = Bed::on(format!("sqlite:{}", folder.path().join("products.db").display())).await;
    try_many_times(&bed, &tokio::runtime::Handle::current(), 48);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    let server = testkit::Postgres::start().unwrap();
    let bed = Bed::on(server.url()).await;
    try_many_times(&bed, &tokio::runtime::Handle::current(), 48);
}
