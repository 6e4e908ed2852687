//! The scenarios: what a customer sets out to do, with everything that was decided beforehand.

/// Products and quantities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket(pub Vec<(u32, u32)>);

/// A card token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card(pub &'static str);

/// How a checkout goes on once the order is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The customer leaves without paying; the order expires.
    Abandon,
    Cancel,
    Pay,
    /// Paid, then moved along by an operator until it is delivered.
    PayAndDeliver,
}

/// Something that is meant to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    WrongPassword {
        account: u32,
    },
    WeakPassword,
    BadToken,
    UnknownProduct,
    UnknownPage,
    /// A search whose client gives up after a few milliseconds.
    ImpatientSearch,
    BadJson,
    UnknownUser,
    /// More pieces than the shop has.
    SoldOut {
        product: u32,
    },
    EmptyOrder,
    DeclinedCard {
        account: u32,
    },
    UnknownOrder,
    /// A payment whose gateway stays silent.
    GatewayTimeout {
        account: u32,
    },
    /// The same order sent twice with one idempotency key.
    ReplayedOrder,
}

/// One thing a customer does, as one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scenario {
    Login {
        account: u32,
        logout: bool,
    },
    Register {
        product: u32,
    },
    Profile {
        account: u32,
        update: bool,
    },
    Favorites {
        account: u32,
        add: u32,
        remove: bool,
    },
    Browse {
        page: u32,
        looks: Vec<u32>,
    },
    Search {
        term: &'static str,
        in_category: bool,
    },
    Inventory {
        product: u32,
    },
    Checkout {
        account: u32,
        basket: Basket,
        card: Card,
        ending: Ending,
        coupon: bool,
    },
    /// The call that the documentation shows: user 1, two pieces of product 1, no login.
    GuestOrder,
    OrderHistory {
        account: u32,
    },
    AdminOrders,
    Preferences {
        account: u32,
        newsletter: bool,
    },
    Trending {
        looks: u32,
    },
    Refund {
        account: u32,
        basket: Basket,
        partial: bool,
    },
    Analytics,
    Mischief(Mischief),
}

impl Scenario {
    /// All names that [`Self::name`] gives.
    #[cfg(test)]
    pub const NAMES: [&str; 29] = [
        "login",
        "register",
        "profile",
        "favorites",
        "browse",
        "search",
        "inventory",
        "checkout",
        "guest_order",
        "order_history",
        "admin_orders",
        "preferences",
        "trending",
        "refund",
        "analytics",
        "wrong_password",
        "weak_password",
        "bad_token",
        "unknown_product",
        "unknown_page",
        "impatient_search",
        "bad_json",
        "unknown_user",
        "sold_out",
        "empty_order",
        "declined_card",
        "unknown_order",
        "gateway_timeout",
        "replayed_order",
    ];

    /// The name in spans, log lines and the status.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::Register { .. } => "register",
            Self::Profile { .. } => "profile",
            Self::Favorites { .. } => "favorites",
            Self::Browse { .. } => "browse",
            Self::Search { .. } => "search",
            Self::Inventory { .. } => "inventory",
            Self::Checkout { .. } => "checkout",
            Self::GuestOrder => "guest_order",
            Self::OrderHistory { .. } => "order_history",
            Self::AdminOrders => "admin_orders",
            Self::Preferences { .. } => "preferences",
            Self::Trending { .. } => "trending",
            Self::Refund { .. } => "refund",
            Self::Analytics => "analytics",
            Self::Mischief(mischief) => mischief.name(),
        }
    }

    /// Who does such a thing.
    pub const fn persona(&self) -> &'static str {
        match self {
            Self::Browse { .. } | Self::Trending { .. } | Self::Inventory { .. } => "visitor",
            Self::Search { .. } => "searcher",
            Self::Login { .. } | Self::Register { .. } | Self::Favorites { .. } => "shopper",
            Self::Profile { .. } | Self::Preferences { .. } => "shopper",
            Self::Checkout { .. } | Self::GuestOrder => "buyer",
            Self::OrderHistory { .. } | Self::Refund { .. } => "returning",
            Self::AdminOrders | Self::Analytics => "admin",
            Self::Mischief(mischief) => mischief.persona(),
        }
    }
}

impl Mischief {
    const fn name(self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "wrong_password",
            Self::WeakPassword => "weak_password",
            Self::BadToken => "bad_token",
            Self::UnknownProduct => "unknown_product",
            Self::UnknownPage => "unknown_page",
            Self::ImpatientSearch => "impatient_search",
            Self::BadJson => "bad_json",
            Self::UnknownUser => "unknown_user",
            Self::SoldOut { .. } => "sold_out",
            Self::EmptyOrder => "empty_order",
            Self::DeclinedCard { .. } => "declined_card",
            Self::UnknownOrder => "unknown_order",
            Self::GatewayTimeout { .. } => "gateway_timeout",
            Self::ReplayedOrder => "replayed_order",
        }
    }

    const fn persona(self) -> &'static str {
        match self {
            Self::WrongPassword { .. } | Self::BadToken | Self::BadJson | Self::UnknownPage => "attacker",
            Self::ImpatientSearch | Self::UnknownProduct => "searcher",
            _ => "buyer",
        }
    }
}
