//! Simulated customers that keep the shop busy.
