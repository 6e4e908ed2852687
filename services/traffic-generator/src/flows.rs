//! How scenarios are carried out. A flow returns trouble when it cannot go on; answers that are part of the game
//! (sold out, declined) end it in good order.

mod advanced;
mod mischief;
mod order;
mod product;
mod user;

pub use order::order_and_pay;

use crate::scenario::{Mischief, Scenario};
use crate::shop::{Target, Trouble};
use crate::visit::Visit;

/// Plays `scenario`.
pub async fn play(visit: Visit<'_>, scenario: &Scenario) -> Result<(), Trouble> {
    match scenario {
        Scenario::Login { account, logout } => user::login(visit, *account, *logout).await,
        Scenario::Register { product } => user::register(visit, *product).await,
        Scenario::Profile { account, update } => user::profile(visit, *account, *update).await,
        Scenario::Favorites { account, add, remove } => user::favorites(visit, *account, *add, *remove).await,
        Scenario::Browse { page, looks } => product::browse(visit, *page, looks).await,
        Scenario::Search { term, in_category } => product::search(visit, term, *in_category).await,
        Scenario::Inventory { product } => product::inventory(visit, *product).await,
        Scenario::Checkout { account, basket, card, ending, coupon } => {
            let purchase = order::Purchase { account: *account, basket, coupon: *coupon };
            order::checkout(visit, purchase, *card, *ending).await
        }
        Scenario::GuestOrder => order::guest(visit).await,
        Scenario::OrderHistory { account } => order::history(visit, *account).await,
        Scenario::AdminOrders => order::administer(visit).await,
        Scenario::Preferences { account, newsletter } => {
            advanced::preferences(visit, *account, *newsletter).await
        }
        Scenario::Trending { looks } => advanced::trending(visit, *looks).await,
        Scenario::Refund { account, basket, partial } => {
            advanced::refund(visit, *account, basket, *partial).await
        }
        Scenario::Analytics => advanced::analytics(visit).await,
        Scenario::Mischief(mischief) => mischief::play(visit, *mischief).await,
    }
}

/// The services that a scenario cannot do without.
pub fn needs(scenario: &Scenario) -> &'static [Target] {
    use Target::{Orders, Products, Users};
    match scenario {
        Scenario::Login { .. } | Scenario::Profile { .. } | Scenario::Preferences { .. } => &[Users],
        Scenario::Register { .. } | Scenario::Favorites { .. } => &[Users, Products],
        Scenario::Browse { .. }
        | Scenario::Search { .. }
        | Scenario::Inventory { .. }
        | Scenario::Trending { .. } => &[Products],
        Scenario::Checkout { .. } | Scenario::Refund { .. } => &[Users, Products, Orders],
        Scenario::GuestOrder => &[Orders],
        Scenario::OrderHistory { .. } | Scenario::AdminOrders | Scenario::Analytics => &[Users, Orders],
        Scenario::Mischief(mischief) => match mischief {
            Mischief::WrongPassword { .. } | Mischief::WeakPassword | Mischief::BadToken => &[Users],
            Mischief::UnknownProduct | Mischief::UnknownPage | Mischief::ImpatientSearch => &[Products],
            _ => &[Orders],
        },
    }
}
