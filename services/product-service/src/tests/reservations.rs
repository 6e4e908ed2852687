//! The life of a reservation.

use serde_json::{Value, json};

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(
    stock_is_set_aside_and_sold,
    stock_is_set_aside_and_given_back,
    all_of_it_or_nothing,
    an_order_has_one_reservation,
    many_requests_of_one_order_reserve_once,
    expired_reservations_are_no_good,
    an_order_can_be_released_by_its_id,
);

async fn end(bed: &Bed, reservation: &Value, how: &str) -> super::bed::Answer {
    let id = reservation["reservation_id"].as_str().unwrap();
    bed.post(&format!("/inventory/reservations/{id}/{how}"), json!({})).await
}

async fn stock_is_set_aside_and_sold(bed: &Bed) {
    let (on_hand, _) = bed.stock(1).await;
    let reservation = bed.reserve("a", &[(1, 2), (2, 1), (1, 1)]).await.is(201).body;
    assert_eq!(
        reservation["items"],
        json!([{"product_id": 1, "quantity": 3}, {"product_id": 2, "quantity": 1}])
    );
    assert_eq!(reservation["status"], "active");
    assert_eq!(bed.stock(1).await, (on_hand, 3));
    for _ in 0..2 {
        assert_eq!(end(bed, &reservation, "commit").await.is(200).body["status"], "committed");
        assert_eq!(bed.stock(1).await, (on_hand - 3, 0));
    }
    assert_eq!(end(bed, &reservation, "release").await.is(409).code(), "RESERVATION_COMMITTED");
    assert_eq!(bed.stock(1).await, (on_hand - 3, 0));
}

async fn stock_is_set_aside_and_given_back(bed: &Bed) {
    let before = bed.stock(1).await;
    let reservation = bed.reserve("a", &[(1, 2)]).await.is(201).body;
    let id = reservation["reservation_id"].as_str().unwrap();
    let path = format!("/inventory/reservations/{id}/release");
    let released = bed.post(&path, json!({"reason": "payment_declined"})).await.is(200).body;
    assert_eq!(released["status"], "released");
    assert_eq!(bed.stock(1).await, before);
    // Again, and without a body.
    bed.send(http::Method::POST, &path, None, None).await.is(200);
    assert_eq!(bed.stock(1).await, before);
    assert_eq!(end(bed, &reservation, "commit").await.is(409).code(), "RESERVATION_RELEASED");
    assert_eq!(bed.reserve("a", &[(1, 2)]).await.is(409).code(), "RESERVATION_RELEASED");
    for how in ["commit", "release"] {
        let unknown = json!({"reservation_id": "00000000-0000-4000-8000-000000000000"});
        assert_eq!(end(bed, &unknown, how).await.is(404).code(), "RESERVATION_NOT_FOUND");
    }
}

async fn all_of_it_or_nothing(bed: &Bed) {
    let (one, limited) = (bed.stock(1).await, bed.stock(13).await);
    assert_eq!(limited, (5, 0));
    let refused = bed.reserve("a", &[(1, 1), (13, 6), (29, 9)]).await.is(409);
    assert_eq!(refused.code(), "OUT_OF_STOCK");
    assert_eq!(
        refused.body["error"]["details"],
        json!([{"product_id": 13, "requested": 6, "available": 5}, {"product_id": 29, "requested": 9, "available": 5}])
    );
    assert_eq!(bed.reserve("b", &[(1, 1), (999, 1)]).await.is(404).code(), "PRODUCT_NOT_FOUND");
    assert_eq!((bed.stock(1).await, bed.stock(13).await), (one, limited));
    // A refused order may try again with less.
    bed.reserve("a", &[(1, 1), (13, 5)]).await.is(201);
    assert_eq!(bed.stock(13).await, (5, 5));
}

async fn an_order_has_one_reservation(bed: &Bed) {
    let first = bed.reserve("7", &[(1, 2)]).await.is(201).body;
    assert_eq!(first["order_id"], 7, "order ids that are numbers stay numbers");
    let again = bed.reserve("7", &[(1, 2)]).await.is(200).body;
    assert_eq!(first, again);
    assert_eq!(bed.stock(1).await.1, 2);
    assert_eq!(bed.reserve("7", &[(1, 3)]).await.is(409).code(), "RESERVATION_EXISTS");
    let committed = end(bed, &first, "commit").await.is(200).body;
    assert_eq!(bed.reserve("7", &[(1, 2)]).await.is(200).body, committed);
}

async fn many_requests_of_one_order_reserve_once(bed: &Bed) {
    let calls = (0..8).map(|_| bed.reserve("same", &[(1, 2), (2, 3)]));
    let answers = futures::future::join_all(calls).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201)));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!((bed.stock(1).await.1, bed.stock(2).await.1), (2, 3));
    // Ending it many times at once moves its stock once.
    let (before, _) = bed.stock(1).await;
    let calls = (0..8).map(|n| end(bed, &answers[0].body, if n % 2 == 0 { "commit" } else { "release" }));
    let ends = futures::future::join_all(calls).await;
    assert!(ends.iter().all(|answer| matches!(answer.status, 200 | 409)));
    let (after, reserved) = bed.stock(1).await;
    assert!(reserved == 0 && (after == before || after == before - 2), "{before} {after} {reserved}");
}

async fn expired_reservations_are_no_good(bed: &Bed) {
    let before = bed.stock(1).await;
    let reservation = bed.reserve("late", &[(1, 2)]).await.is(201).body;
    bed.change_database("UPDATE reservations SET expires_ms = 1").await;
    assert_eq!(end(bed, &reservation, "commit").await.is(410).code(), "RESERVATION_EXPIRED");
    assert_eq!(bed.stock(1).await, before);
    assert_eq!(end(bed, &reservation, "release").await.is(200).body["status"], "expired");
    assert_eq!(bed.reserve("late", &[(1, 2)]).await.is(410).code(), "RESERVATION_EXPIRED");
    assert_eq!(bed.stock(1).await, before);
}

async fn an_order_can_be_released_by_its_id(bed: &Bed) {
    let before = bed.stock(1).await;
    bed.reserve("here", &[(1, 2)]).await.is(201);
    for _ in 0..2 {
        let released = bed.post("/inventory/orders/here/release", json!({"reason": "timeout"})).await.is(200);
        assert_eq!(released.body["reservation"]["status"], "released");
    }
    assert_eq!(bed.stock(1).await, before);
    // The release overtook the reservation: what comes afterwards is too late.
    let nothing = bed.post("/inventory/orders/lost/release", json!({})).await.is(200);
    assert_eq!(nothing.body["reservation"], Value::Null);
    assert_eq!(bed.reserve("lost", &[(1, 2)]).await.is(409).code(), "RESERVATION_RELEASED");
    assert_eq!(bed.stock(1).await, before);
    let sold = bed.reserve("sold", &[(1, 1)]).await.is(201).body;
    end(bed, &sold, "commit").await.is(200);
    assert_eq!(
        bed.post("/inventory/orders/sold/release", json!({})).await.is(409).code(),
        "RESERVATION_COMMITTED"
    );
}
