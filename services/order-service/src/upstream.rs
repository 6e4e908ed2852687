//! The other services as this one needs them.

mod products;
mod users;

pub use products::{Hold, HoldName, LONGEST_HOLD, Listing, Products, StockAnswer};
pub use users::{UserError, Users};
