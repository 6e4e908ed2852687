use super::*;
use crate::order::model::Item;

const NOW: i64 = 1_000_000;
const LEASE: i64 = NOW + 30_000;
const EXPIRES: i64 = NOW + 900_000;

fn pending() -> Order {
    Order {
        id: 5,
        user_id: 1,
        status: Status::Pending,
        fulfilment: Fulfilment::None,
        items: vec![Item {
            product_id: 1,
            name: "Lamp".to_owned(),
            category: "home".to_owned(),
            quantity: 2,
            unit_price: Cents(1000),
        }],
        currency: "EUR".to_owned(),
        subtotal: Cents(2000),
        discount: Cents::ZERO,
        total: Cents(2000),
        refunded: Cents::ZERO,
        coupon: None,
        shipping_address: None,
        idempotency_key: None,
        attempts: 0,
        open_payment: None,
        transaction_id: None,
        open_refund: None,
        stock: Stock::Reserving,
        reservation_id: None,
        stock_reason: None,
        tries: 0,
        due_at: Some(LEASE),
        expires_at: None,
        traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01".to_owned(),
        created_at: NOW,
        updated_at: NOW,
        paid_at: None,
        version: 0,
        moves: Vec::new(),
    }
}

fn payable() -> Order {
    let mut order = pending();
    order.reserved("r1".to_owned(), EXPIRES, NOW).unwrap();
    order
}

fn authorized() -> Payment {
    Payment::Authorized { transaction_id: "tx1".to_owned() }
}

fn paid() -> Order {
    let mut order = payable();
    order.start_payment(NOW, LEASE).unwrap();
    order.end_payment(&authorized(), NOW, LEASE).unwrap();
    order.stock = Stock::Committed;
    order.settle(NOW);
    order
}

#[test]
fn an_order_without_trouble() {
    let mut order = payable();
    assert_eq!(order.trace_id(), "0123456789abcdef0123456789abcdef");
    assert_eq!((order.status, order.due_at), (Status::PendingPayment, Some(EXPIRES)));
    assert_eq!(order.start_payment(NOW, LEASE).unwrap(), "5-1");
    order.end_payment(&authorized(), NOW, LEASE).unwrap();
    assert_eq!((order.stock, order.due_at), (Stock::Committing, Some(LEASE)));
    // It is not shipped before the stock is surely ours.
    order.fulfil(Status::Processing, NOW).unwrap();
    assert_eq!(order.fulfil(Status::Shipped, NOW), Err(Refusal::Busy));
    order.stock = Stock::Committed;
    order.settle(NOW);
    assert_eq!(order.due_at, None);
    order.fulfil(Status::Shipped, NOW).unwrap();
    order.fulfil(Status::Delivered, NOW).unwrap();
    let way: Vec<_> = order.moves.iter().map(|step| step.to.as_str()).collect();
    assert_eq!(way.join(" "), "reserved pending_payment paid processing shipped delivered");
}

#[test]
fn three_declines_cancel_the_order() {
    let mut order = payable();
    let declined = Payment::Declined { code: "do_not_honor".to_owned() };
    for attempt in 1..=3 {
        assert_eq!(order.start_payment(NOW, LEASE).unwrap(), format!("5-{attempt}"));
        order.end_payment(&declined, NOW, LEASE).unwrap();
    }
    assert_eq!((order.status, order.stock), (Status::Cancelled, Stock::Releasing));
    assert_eq!(order.start_payment(NOW, LEASE), Err(Refusal::NotPayable(Status::Cancelled)));
}

#[test]
fn while_a_payment_is_under_way_nothing_else_happens() {
    let mut order = payable();
    order.start_payment(NOW, LEASE).unwrap();
    assert_eq!(order.start_payment(NOW, LEASE), Err(Refusal::Busy));
    assert_eq!(order.cancel("x", "f", NOW, LEASE), Err(Refusal::Busy));
    order.end_payment(&Payment::Unknown, NOW, LEASE).unwrap();
    assert_eq!(order.status, Status::PaymentUnknown);
    assert_eq!(order.start_payment(NOW, LEASE), Err(Refusal::Busy));
    assert_eq!(order.cancel("x", "f", NOW, LEASE), Err(Refusal::Busy));
    order.end_payment(&authorized(), NOW, LEASE).unwrap();
    assert_eq!(order.start_payment(NOW, LEASE), Err(Refusal::AlreadyPaid));
}

#[test]
fn too_late_is_too_late() {
    let mut order = payable();
    assert_eq!(order.start_payment(EXPIRES, LEASE), Err(Refusal::Overdue));
    order.expire(EXPIRES, LEASE).unwrap();
    assert_eq!((order.status, order.stock), (Status::Expired, Stock::Releasing));
    assert_eq!(order.start_payment(EXPIRES, LEASE), Err(Refusal::Overdue));
}

#[test]
fn refunds_never_exceed_what_was_paid() {
    let mut order = paid();
    assert_eq!(order.start_refund(Some(Cents(500)), "f1", "damaged", NOW, LEASE), Ok(Cents(500)));
    assert_eq!(order.status, Status::PartiallyRefunded);
    assert_eq!(order.start_refund(None, "f2", "x", NOW, LEASE), Err(Refusal::Busy));
    order.open_refund = None;
    for amount in [1501, 0, -1] {
        let refused = order.start_refund(Some(Cents(amount)), "f2", "x", NOW, LEASE);
        assert_eq!(refused, Err(Refusal::OverRefund { refundable: Cents(1500) }), "{amount}");
    }
    assert_eq!(order.start_refund(None, "f2", "rest", NOW, LEASE), Ok(Cents(1500)));
    assert_eq!((order.status, order.stock), (Status::Refunded, Stock::Returning));
    assert_eq!(
        payable().start_refund(None, "f", "x", NOW, LEASE),
        Err(Refusal::NotRefundable(Status::PendingPayment))
    );
}

#[test]
fn a_partial_refund_does_not_stop_the_parcel() {
    let mut order = paid();
    order.fulfil(Status::Processing, NOW).unwrap();
    order.start_refund(Some(Cents(1)), "f", "x", NOW, LEASE).unwrap();
    order.open_refund = None;
    order.fulfil(Status::Shipped, NOW).unwrap();
    order.start_refund(None, "f", "x", NOW, LEASE).unwrap();
    // The pieces are with the customer: nothing goes back on the shelf by itself.
    assert_eq!((order.status, order.stock), (Status::Refunded, Stock::Committed));
}

#[test]
fn cancelling_gives_back_stock_and_money() {
    for (mut order, money, stock) in
        [(payable(), Cents::ZERO, Stock::Releasing), (paid(), Cents(2000), Stock::Returning)]
    {
        assert_eq!(order.cancel("changed_my_mind", "f", NOW, LEASE), Ok(money));
        assert_eq!((order.status, order.stock), (Status::Cancelled, stock));
        assert_eq!(order.open_refund.is_some(), money > Cents::ZERO);
        assert!(order.cancel("x", "f", NOW, LEASE).is_err());
    }
    let mut shipped = paid();
    shipped.fulfil(Status::Processing, NOW).unwrap();
    shipped.fulfil(Status::Shipped, NOW).unwrap();
    assert_eq!(shipped.cancel("x", "f", NOW, LEASE), Err(Refusal::NotCancellable(Status::Shipped)));
}

#[test]
fn operators_cannot_jump() {
    let mut order = paid();
    for to in [Status::Shipped, Status::Delivered, Status::Refunded, Status::Paid, Status::Pending] {
        let Err(Refusal::Transition { allowed, .. }) = order.fulfil(to, NOW) else {
            panic!("{to:?} was allowed");
        };
        assert_eq!(allowed, [Status::Processing, Status::Cancelled]);
    }
    assert!(order.moves.iter().all(|step| step.to != Status::Delivered));
}
