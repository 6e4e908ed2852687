//! Lists of products: what to show, in which order, and the search.

use std::time::Duration;

use serde::Deserialize;
use service_kit::{AppError, AssertSqlSafe, Database, Page, PageParams, cents};
use utoipa::IntoParams;

use crate::catalog::{COLUMNS, Product, TABLES};

/// Words of a search that are looked at.
const MAX_WORDS: usize = 6;
const MAX_IDS: usize = 100;

/// Which products to show.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only of this category
    category: Option<String>,
    /// Only from this price up
    min_price: Option<f64>,
    /// Only up to this price
    max_price: Option<f64>,
    /// Only those that can (or can't) be ordered now
    in_stock: Option<bool>,
    /// Only these ids, separated by commas; at most 100
    ids: Option<String>,
    /// id, price, -price, name, -name or newest
    sort: Option<String>,
    /// Page number, from 1
    page: Option<i64>,
    /// Items a page, 1 to 100 (default 20)
    limit: Option<i64>,
}

/// What to look for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    /// Words that all must occur, 1 to 100 characters
    q: Option<String>,
    /// Only in this category
    category: Option<String>,
    /// Page number, from 1
    page: Option<i64>,
    /// Items a page, 1 to 100 (default 20)
    limit: Option<i64>,
}

/// A condition put together from fixed pieces of SQL; what people typed only ever goes into parameters.
#[derive(Debug)]
pub(crate) struct Filter {
    condition: String,
    order: &'static str,
    values: Vec<Value>,
    page: PageParams,
}

#[derive(Debug)]
enum Value {
    Number(i64),
    Text(String),
}

impl Filter {
    fn new(page: Option<i64>, limit: Option<i64>) -> Self {
        Self {
            condition: "p.active = 1".to_owned(),
            order: "p.id",
            values: Vec::new(),
            page: PageParams { page, limit },
        }
    }

    /// Adds a condition; `?` stands for the value.
    fn and(&mut self, piece: &'static str, value: Value) {
        self.values.push(value);
        let place = format!("${}", self.values.len());
        self.condition.push_str(" AND ");
        self.condition.push_str(&piece.replace('?', &place));
    }

    /// The page of products that the filter describes, after the database has let it wait for `wait`.
    pub(crate) async fn fetch(&self, database: &Database, wait: Duration) -> Result<Page<Product>, AppError> {
        let (page, limit, offset) = self.page.checked()?;
        let Self { condition, order, .. } = self;
        let count = format!("SELECT COUNT(*) AS total FROM {TABLES} WHERE {condition}");
        let list = format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE {condition} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        );
        let bound = |sql: String| {
            let query = database.query(AssertSqlSafe(sql));
            self.values.iter().fold(query, |query, value| match value {
                Value::Number(number) => query.bind(*number),
                Value::Text(text) => query.bind(text.clone()),
            })
        };
        let total = bound(count).one().await?.get("total")?;
        let items = Product::from_rows(&bound(list).delayed(wait).all().await?)?;
        Ok(Page { items, total, page, limit })
    }
}

impl ListParams {
    /// The filter, or which parameter is wrong.
    pub(crate) fn filter(&self) -> Result<Filter, AppError> {
        let mut filter = Filter::new(self.page, self.limit);
        if let Some(category) = &self.category {
            filter.and("p.category = ?", Value::Text(category.clone()));
        }
        for (name, value, piece) in [
            ("min_price", self.min_price, "p.price_cents >= ?"),
            ("max_price", self.max_price, "p.price_cents <= ?"),
        ] {
            if let Some(value) = value {
                let cents = cents(value).filter(|cents| *cents >= 0).ok_or_else(|| bad_price(name))?;
                filter.and(piece, Value::Number(cents));
            }
        }
        match self.in_stock {
            Some(true) => filter.and("i.on_hand - i.reserved > ?", Value::Number(0)),
            Some(false) => filter.and("i.on_hand - i.reserved <= ?", Value::Number(0)),
            None => {}
        }
        if let Some(ids) = &self.ids {
            filter.only(&parse_ids(ids)?);
        }
        filter.order = match self.sort.as_deref() {
            None | Some("id") => "p.id",
            Some("price") => "p.price_cents, p.id",
            Some("-price") => "p.price_cents DESC, p.id",
            Some("name") => "p.name, p.id",
            Some("-name") => "p.name DESC, p.id",
            Some("newest") => "p.created_ms DESC, p.id DESC",
            Some(_) => {
                return Err(AppError::bad_parameter(
                    "sort",
                    "must be id, price, -price, name, -name or newest",
                ));
            }
        };
        Ok(filter)
    }
}

impl Filter {
    fn only(&mut self, ids: &[i64]) {
        // Whole numbers that we parsed ourselves: nothing to escape.
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        self.condition.push_str(" AND p.id IN (");
        self.condition.push_str(&list);
        self.condition.push(')');
    }
}

fn bad_price(name: &str) -> AppError {
    AppError::bad_parameter(name, "must be a price such as 19.90")
}

fn parse_ids(text: &str) -> Result<Vec<i64>, AppError> {
    let ids: Result<Vec<i64>, _> = text.split(',').map(|id| id.trim().parse()).collect();
    match ids {
        Ok(ids) if ids.len() <= MAX_IDS => Ok(ids),
        Ok(_) => Err(AppError::bad_parameter("ids", "may have at most 100 entries")),
        Err(_) => Err(AppError::bad_parameter("ids", "must be whole numbers separated by commas")),
    }
}

impl SearchParams {
    /// What is looked for, as shown in log lines.
    pub(crate) fn query(&self) -> Result<&str, AppError> {
        let query = self.q.as_deref().unwrap_or_default().trim();
        match query.chars().count() {
            0 => Err(AppError::bad_parameter("q", "must say what to look for")),
            1..=100 => Ok(query),
            _ => Err(AppError::bad_parameter("q", "may have at most 100 characters")),
        }
    }

    pub(crate) fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// The filter: every word must occur somewhere.
    pub(crate) fn filter(&self) -> Result<Filter, AppError> {
        let mut filter = Filter::new(self.page, self.limit);
        for word in self.query()?.split_whitespace().take(MAX_WORDS) {
            filter.and("p.search_text LIKE ? ESCAPE '!'", Value::Text(like_pattern(word)));
        }
        if let Some(category) = &self.category {
            filter.and("p.category = ?", Value::Text(category.clone()));
        }
        Ok(filter)
    }
}

/// `LIKE`'s own signs lose their meaning. A null character, which PostgreSQL can't store, matches nothing anyway.
fn like_pattern(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.to_lowercase().chars() {
        match c {
            '%' | '_' | '!' => pattern.extend(['!', c]),
            '\0' => pattern.push('\u{fffd}'),
            _ => pattern.push(c),
        }
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_taken_literally() {
        for (word, pattern) in
            [("Kit", "%kit%"), ("100%", "%100!%%"), ("a_b!", "%a!_b!!%"), ("\0", "%\u{fffd}%")]
        {
            assert_eq!(like_pattern(word), pattern);
        }
    }

    #[test]
    fn parameters_become_conditions() {
        let params = ListParams {
            category: Some("books".to_owned()),
            min_price: Some(1.5),
            in_stock: Some(true),
            ids: Some("1, 2".to_owned()),
            sort: Some("-price".to_owned()),
            ..ListParams::default()
        };
        let filter = params.filter().unwrap();
        assert_eq!(
            filter.condition,
            "p.active = 1 AND p.category = $1 AND p.price_cents >= $2 AND i.on_hand - i.reserved > $3 AND p.id IN (1, 2)"
        );
        assert_eq!((filter.values.len(), filter.order), (3, "p.price_cents DESC, p.id"));
        for bad in [
            ListParams { min_price: Some(f64::NAN), ..ListParams::default() },
            ListParams { max_price: Some(-1.0), ..ListParams::default() },
            ListParams { sort: Some("id; drop table".to_owned()), ..ListParams::default() },
            ListParams { ids: Some("1,x".to_owned()), ..ListParams::default() },
            ListParams { ids: Some("1,".repeat(101) + "1"), ..ListParams::default() },
        ] {
            assert_eq!(bad.filter().unwrap_err().status.as_u16(), 400, "{bad:?}");
        }
    }
}
