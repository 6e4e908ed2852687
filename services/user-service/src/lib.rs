//! Accounts, sessions, preferences and favourites.
