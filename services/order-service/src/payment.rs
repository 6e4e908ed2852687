//! Payments: what the shop asks of a gateway, and the simulated gateway that answers.

mod card;
mod ending;
mod gateway;
mod simulator;

pub use card::{Card, CardError, DEFAULT_TOKEN, find_card};
pub use gateway::{Charge, Gateway, GatewayError, Lookup, Outcome};
pub use simulator::{Simulator, SimulatorSettings};
