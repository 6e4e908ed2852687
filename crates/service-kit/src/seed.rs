//! What a fresh shop contains, known to the services that create it and to the clients that use it: the same
//! people with the same ids and passwords at every first start.

/// The password of every customer of a fresh shop.
pub const CUSTOMER_PASSWORD: &str = "shop-password-1";
/// The administrator of a fresh shop.
pub const ADMIN_EMAIL: &str = "admin@shop.example";
/// The administrator's password in a fresh shop.
pub const ADMIN_PASSWORD: &str = "shop-admin-1";
/// The administrator's user id.
pub const ADMIN_ID: i64 = CUSTOMERS.len() as i64 + 1;
/// An account that was closed: its logins are refused.
pub const DISABLED_EMAIL: &str = "closed.account@shop.example";
/// The closed account's user id.
pub const DISABLED_ID: i64 = ADMIN_ID + 1;
/// How many products a fresh shop sells, with ids from 1.
pub const PRODUCT_COUNT: i64 = 60;

/// First and last names of the customers; the first has user id 1.
pub const CUSTOMERS: [(&str, &str); 24] = [
    ("Ana", "Morales"),
    ("Bruno", "Keller"),
    ("Carla", "Jimenez"),
    ("Daniel", "Okafor"),
    ("Elena", "Petrova"),
    ("Felix", "Brandt"),
    ("Gloria", "Navarro"),
    ("Hugo", "Lindqvist"),
    ("Ines", "Duarte"),
    ("Jonas", "Weber"),
    ("Karima", "Haddad"),
    ("Leo", "Tanaka"),
    ("Marta", "Ruiz"),
    ("Nadia", "Rossi"),
    ("Oscar", "Vega"),
    ("Paula", "Schmidt"),
    ("Quentin", "Moreau"),
    ("Rosa", "Campos"),
    ("Samuel", "Adeyemi"),
    ("Teresa", "Blanco"),
    ("Umar", "Farouk"),
    ("Valeria", "Costa"),
    ("Wanda", "Nowak"),
    ("Yara", "Silva"),
];

/// The e-mail address of the customer with this user id (1 to the number of [`CUSTOMERS`]).
pub fn customer_email(id: i64) -> Option<String> {
    let index = usize::try_from(id.checked_sub(1)?).ok()?;
    let (first, last) = CUSTOMERS.get(index)?;
    Some(format!("{}.{}@shop.example", first.to_ascii_lowercase(), last.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_have_addresses_and_others_have_none() {
        assert_eq!(customer_email(1).as_deref(), Some("ana.morales@shop.example"));
        for id in [0, -1, i64::MIN, i64::MAX, ADMIN_ID] {
            assert_eq!(customer_email(id), None, "{id}");
        }
    }
}
