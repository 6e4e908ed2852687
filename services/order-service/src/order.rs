//! Orders as data: what clients ask for, the states of an order and its changes.

mod coupon;
mod draft;
mod model;
mod moves;
mod status;

pub use draft::{Address, CreateOrder, Draft};
pub use model::{Item, MAX_ATTEMPTS, Order, Stock};
pub use moves::{Move, Payment, Refusal};
pub use status::{Fulfilment, Status};
