//! Just enough reading of SQL to name its span.

/// The operation and the (first) table of a statement: `SELECT`, `users`.
pub(super) fn summary(sql: &str) -> (String, String) {
    let mut words = sql
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
        .filter(|word| !word.is_empty());
    let operation = words.next().unwrap_or_default().to_ascii_uppercase();
    let introduction = match operation.as_str() {
        "INSERT" => "INTO",
        "UPDATE" => return (operation, name(words.next())),
        _ => "FROM",
    };
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(introduction) {
            return (operation, name(words.next()));
        }
    }
    (operation, String::new())
}

fn name(word: Option<&str>) -> String {
    word.unwrap_or_default().trim_matches(['"', ';']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_summed_up() {
        for (sql, operation, table) in [
            ("SELECT id FROM users WHERE id = $1", "SELECT", "users"),
            ("select count(*)\n from products p", "SELECT", "products"),
            ("INSERT INTO orders (id) VALUES ($1)", "INSERT", "orders"),
            ("INSERT INTO orders(id) VALUES ($1)", "INSERT", "orders"),
            ("UPDATE inventory SET on_hand = 1", "UPDATE", "inventory"),
            ("DELETE FROM favorites WHERE a = 1", "DELETE", "favorites"),
            ("SELECT 1", "SELECT", ""),
            ("", "", ""),
        ] {
            assert_eq!(summary(sql), (operation.to_owned(), table.to_owned()), "{sql}");
        }
    }
}
