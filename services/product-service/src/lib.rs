//! Catalogue, search, inventory and reservations.
