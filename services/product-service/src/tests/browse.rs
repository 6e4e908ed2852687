//! Looking around.

use axum::http::Method;
use serde_json::json;
use service_kit::seed;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    lists_are_filtered_sorted_and_paged,
    searches_find_words,
    products_and_their_like,
    what_people_look_at_and_buy_trends,
    stock_can_be_looked_at,
    the_document_describes_what_there_is,
);

async fn lists_are_filtered_sorted_and_paged(bed: &Bed) {
    let all = bed.get("/products?limit=100").await.is(200);
    assert_eq!(all.body["total"], seed::PRODUCT_COUNT);
    assert_eq!(all.ids(), (1..=60).collect::<Vec<_>>());
    assert_eq!(all.body["items"][0]["price"], 79.99);
    for (query, ids) in [
        ("limit=3", vec![1, 2, 3]),
        ("page=20&limit=3", vec![58, 59, 60]),
        ("page=21&limit=3", vec![]),
        ("category=books&limit=2", vec![13, 14]),
        ("category=books&sort=price", vec![18, 17, 16, 14, 13, 15]),
        ("category=books&sort=-price&limit=1", vec![15]),
        ("category=books&sort=name&limit=1", vec![15]),
        ("sort=newest&limit=1", vec![60]),
        ("category=nothing", vec![]),
        ("min_price=89&max_price=90", vec![2, 41]),
        ("min_price=89.01&max_price=90", vec![2]),
        ("min_price=90&max_price=80", vec![]),
        ("ids=60,2,%207,999", vec![2, 7, 60]),
        ("ids=2&category=books", vec![]),
    ] {
        assert_eq!(bed.get(&format!("/products?{query}")).await.is(200).ids(), ids, "{query}");
    }
    bed.reserve("all-of-it", &[(13, 5)]).await.is(201);
    assert_eq!(bed.get("/products?in_stock=false").await.is(200).ids(), [13]);
    assert_eq!(bed.get("/products?in_stock=true").await.is(200).body["total"], 59);
}

async fn searches_find_words(bed: &Bed) {
    for (query, ids) in [
        ("q=coffee", vec![7, 55]),
        ("q=COFFEE%20grinder", vec![7]),
        ("q=coffee&category=food", vec![55]),
        ("q=%20%20tea%20", vec![59]),
        ("q=wireless+speaker", vec![]),
        ("q=%25", vec![]),
        ("q=_", vec![]),
        ("q=' OR '1'='1".replace(' ', "%20").as_str(), vec![]),
        ("q=\\", vec![]),
        ("q=%F0%9F%9B%92", vec![]),
    ] {
        let found = bed.get(&format!("/products/search?{query}")).await.is(200);
        // "tea" is also in other words.
        if query.contains("tea") {
            assert!(found.ids().contains(&59), "{query}");
        } else {
            assert_eq!(found.ids(), ids, "{query}");
        }
        assert_eq!(found.body["total"].as_u64().unwrap() as usize, found.ids().len(), "{query}");
    }
}

async fn products_and_their_like(bed: &Bed) {
    let product = bed.get("/products/1").await.is(200).body;
    assert_eq!(
        (&product["id"], &product["sku"], &product["currency"], &product["in_stock"]),
        (&json!(1), &json!("ELE-0001"), &json!("EUR"), &json!(true))
    );
    let related = bed.get("/products/1/related").await.is(200).ids();
    assert!(!related.is_empty() && related.iter().all(|id| (2..=6).contains(id)), "{related:?}");
    let categories = bed.get("/categories").await.is(200).body;
    assert_eq!(categories["items"].as_array().unwrap().len(), 10);
    assert_eq!(categories["items"][0], json!({"name": "beauty", "products": 6}));
    for path in ["/products/61", "/products/61/related", "/inventory/61"] {
        assert_eq!(bed.get(path).await.is(404).code(), "PRODUCT_NOT_FOUND", "{path}");
    }
}

async fn what_people_look_at_and_buy_trends(bed: &Bed) {
    assert_eq!(bed.get("/products/trending").await.is(200).body["items"], json!([]));
    for id in [5, 5, 5, 9, 9, 20] {
        bed.get(&format!("/products/{id}")).await.is(200);
    }
    let trending = bed.get("/products/trending?window=10m&limit=2").await.is(200);
    assert_eq!(trending.ids(), [5, 9]);
    assert!(trending.body["items"][0]["score"].as_f64() > trending.body["items"][1]["score"].as_f64());
    // A purchase says more than looks.
    let reservation = bed.reserve("bought", &[(20, 1)]).await.is(201).body;
    let id = reservation["reservation_id"].as_str().unwrap();
    bed.post(&format!("/inventory/reservations/{id}/commit"), json!({})).await.is(200);
    assert_eq!(bed.get("/products/trending").await.is(200).ids(), [20, 5, 9]);
    bed.change_database("UPDATE popularity SET bucket_ms = bucket_ms - 7200000").await;
    assert_eq!(bed.get("/products/trending?window=1h").await.is(200).ids(), Vec::<i64>::new());
    assert_eq!(bed.get("/products/trending?window=24h").await.is(200).ids(), [20, 5, 9]);
}

async fn stock_can_be_looked_at(bed: &Bed) {
    let level = bed.get("/inventory/1").await.is(200).body;
    assert_eq!(level["on_hand"].as_i64().unwrap() - level["reserved"].as_i64().unwrap(), level["available"]);
    let page = bed.get("/inventory?page=2&limit=10").await.is(200).body;
    assert_eq!((&page["total"], &page["items"][0]["product_id"]), (&json!(60), &json!(11)));
}

async fn the_document_describes_what_there_is(bed: &Bed) {
    let document = bed.get("/openapi.json").await.is(200).body;
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 16);
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let path = path.replace("{id}", "1").replace("{order_id}", "1");
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            let answer = bed.send(method.clone(), &path, None, None).await;
            assert!(answer.status != 405 && answer.code() != "UNKNOWN_ADDRESS", "{method} {path}");
        }
    }
    assert_eq!(bed.get("/health").await.is(200).body["service"], "product-service");
    bed.get("/ready").await.is(200);
}
