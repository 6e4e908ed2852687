//! Coupons: a short fixed list. The discount is rounded down, so it never exceeds its percentage.

use crate::money::Cents;

/// A discount on the whole order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coupon {
    pub code: &'static str,
    percent: i64,
}

const COUPONS: &[Coupon] = &[Coupon { code: "WELCOME10", percent: 10 }, Coupon { code: "LAB5", percent: 5 }];

/// The coupon of that code, upper or lower case.
pub fn find_coupon(code: &str) -> Option<Coupon> {
    COUPONS.iter().find(|coupon| coupon.code.eq_ignore_ascii_case(code)).copied()
}

impl Coupon {
    /// What it takes off `subtotal`.
    pub fn discount(self, subtotal: Cents) -> Cents {
        Cents(subtotal.0 * self.percent / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discounts_round_down() {
        let coupon = find_coupon("welcome10").unwrap();
        assert_eq!(coupon.discount(Cents(1999)), Cents(199));
        assert_eq!(coupon.discount(Cents(9)), Cents(0));
        assert_eq!(find_coupon("WELCOME100"), None);
    }
}
