//! What the service does by itself.

use crate::background::restock;
use crate::reservations::expire_due;

use super::bed::Bed;
use super::on_both_databases;

on_both_databases!(unpaid_stock_comes_back, what_runs_low_is_delivered);

async fn unpaid_stock_comes_back(bed: &Bed) {
    let (one, two) = (bed.stock(1).await, bed.stock(2).await);
    for order in ["a", "b", "c"] {
        bed.reserve(order, &[(1, 1), (2, 2)]).await.is(201);
    }
    assert_eq!(expire_due(&bed.products).await.unwrap(), 0, "their time is not over");
    bed.change_database("UPDATE reservations SET expires_ms = 1 WHERE order_id <> 'c'").await;
    assert_eq!(expire_due(&bed.products).await.unwrap(), 2);
    assert_eq!(expire_due(&bed.products).await.unwrap(), 0);
    assert_eq!((bed.stock(1).await, bed.stock(2).await), ((one.0, 1), (two.0, 2)));
    assert_eq!(bed.number("SELECT COUNT(*) FROM reservations WHERE status = 'expired'").await, 2);
}

async fn what_runs_low_is_delivered(bed: &Bed) {
    restock(&bed.products).await.unwrap();
    assert_eq!(bed.stock(13).await, (5, 0), "nothing runs low yet");
    bed.reserve("a", &[(13, 4)]).await.is(201);
    restock(&bed.products).await.unwrap();
    assert_eq!(bed.stock(13).await, (10, 4));
    bed.reserve("b", &[(13, 6)]).await.is(201);
    bed.change_database("UPDATE products SET active = 0 WHERE id = 13").await;
    restock(&bed.products).await.unwrap();
    assert_eq!(
        bed.number("SELECT on_hand FROM inventory WHERE product_id = 13").await,
        10,
        "not what is not sold"
    );
}
