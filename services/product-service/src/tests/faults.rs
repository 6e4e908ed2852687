//! Faults and what they leave behind.

use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value, json};
use service_kit::Role;
use service_kit::testing::{Recorder, SpanData, attribute, is_of, took};

use super::bed::{Bed, token};
use super::on_both_databases;

on_both_databases!(
    a_slow_search_waits_for_the_database,
    requests_to_the_catalogue_fail,
    products_count_as_sold_out_but_are_not,
);

async fn switch(bed: &Bed, name: &str, setting: Value) {
    let path = format!("/admin/faults/{name}");
    bed.send(Method::PUT, &path, Some(&token(Role::Admin)), Some(setting)).await.is(200);
}

async fn off(bed: &Bed, name: &str) -> Value {
    let path = format!("/admin/faults/{name}");
    bed.send(Method::DELETE, &path, Some(&token(Role::Admin)), None).await.is(200).body
}

async fn a_slow_search_waits_for_the_database(bed: &Bed) {
    let recorder = Recorder::of_process();
    switch(bed, "product_slow_search", json!({"rate": 1, "latency_ms": 300})).await;
    let started = Instant::now();
    let latency = Duration::from_millis(300);
    let headers = bed.get("/products/search?q=coffee").await.is(200).headers;
    assert!(started.elapsed() >= latency);
    let slow = |name: &'static str| {
        let headers = headers.clone();
        recorder.ended(name, move |span| span.name == name && is_of(span, &headers) && took(span) >= latency)
    };
    slow("SELECT products").await;
    assert_eq!(attribute(&slow("search_products").await, "fault.name"), "product_slow_search");
    assert_eq!(off(bed, "product_slow_search").await["affected"], 1);
}

async fn requests_to_the_catalogue_fail(bed: &Bed) {
    let recorder = Recorder::of_process();
    switch(bed, "product_error_rate", json!({"rate": 1})).await;
    for path in ["/products", "/products/1", "/inventory/1"] {
        assert_eq!(bed.get(path).await.is(500).code(), "INTERNAL", "{path}");
    }
    bed.get("/health").await.is(200);
    off(bed, "product_error_rate").await;
    bed.get("/products/1").await.is(200);
    let lines = recorder.lines("http.request");
    let failed = lines.iter().find(|line| line["status"] == 500).unwrap();
    assert_eq!(failed["level"], "error");
    assert!(failed["error"].as_str().unwrap().contains("checksum"), "{failed}");
}

async fn products_count_as_sold_out_but_are_not(bed: &Bed) {
    let recorder = Recorder::of_process();
    let before = (bed.stock(1).await, recorder.lines("inventory.out_of_stock").len());
    switch(bed, "stock_out", json!({})).await;
    let refused = bed.reserve("sold-out", &[(1, 1), (2, 3)]).await.is(409);
    assert_eq!(refused.code(), "OUT_OF_STOCK");
    assert_eq!(refused.body["error"]["details"][1], json!({"product_id": 2, "requested": 3, "available": 0}));
    assert_eq!(recorder.lines("inventory.out_of_stock").len(), before.1 + 2);
    let is_marked =
        |span: &SpanData| is_of(span, &refused.headers) && attribute(span, "fault.name") == "stock_out";
    recorder.ended("sold out", is_marked).await;
    off(bed, "stock_out").await;
    assert_eq!(bed.stock(1).await, before.0);
    bed.reserve("not-sold-out", &[(1, 1)]).await.is(201);
}
