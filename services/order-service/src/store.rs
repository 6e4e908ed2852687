//! Orders in the database. A change is a load, a pure change of the copy, and a save that is refused when somebody else
//! saved meanwhile; then it starts again from the new copy.

mod analytics;
mod list;
mod load;
mod records;
mod save;
mod schema;

use service_kit::{AppError, Database, DatabaseError};

use crate::order::{Order, Refusal};

pub use list::{Filter, OrderRow};
pub use load::HistoryEntry;
pub use records::{PaymentRow, PaymentState, Record, RefundRow};
pub use schema::MIGRATIONS;

/// How often a change is tried on fresh copies: collisions are rare, so many in a row mean a defect.
const MAX_COLLISIONS: u32 = 8;

/// Why an order was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no such order")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the order is being changed by others all the time")]
    Contended,
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("order {id} in the database has a bad {column}")]
    Corrupt { id: i64, column: &'static str },
}

impl From<ChangeError> for AppError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::not_found("ORDER_NOT_FOUND", "there is no order with this id"),
            ChangeError::Refused(refusal) => crate::flow::refused(&refusal),
            ChangeError::Contended => {
                Self::conflict("ORDER_BUSY", "the order is being changed; try again").with_retry_after(1)
            }
            ChangeError::Database(error) => error.into(),
            corrupt @ ChangeError::Corrupt { .. } => Self::internal(corrupt),
        }
    }
}

/// The orders.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Applies `change` to the order and saves it together with the records that `change` asks for.
    pub async fn change<T>(
        &self,
        id: i64,
        change: impl Fn(&mut Order) -> Result<(T, Vec<Record>), Refusal>,
    ) -> Result<(Order, T), ChangeError> {
        for _ in 0..MAX_COLLISIONS {
            let mut order = self.load(id).await?;
            let before = order.clone();
            let (value, records) = change(&mut order)?;
            let unchanged = order == before && records.is_empty();
            if unchanged || self.save(&mut order, &records).await? {
                return Ok((order, value));
            }
        }
        Err(ChangeError::Contended)
    }
}
