//! Stock set aside for orders.
//!
//! A reservation is all or nothing. It is found by its own id or by its order, of which there is at most one. Inventory
//! rows are always changed in ascending order of product ids, so that orders never wait for each other in a circle.

mod close;
mod model;
mod reserve;

pub(crate) use close::{Closing, close, close_order, expire_due};
pub(crate) use model::{Item, OrderId, Reservation, ReserveRequest, Status};
pub(crate) use reserve::{Outcome, reserve};
