//! Data frames: tables by columns, as the browser's side of Grafana decodes them.
//!
//! What JSON numbers cannot say (`NaN`, infinities) is left out of the values and listed beside them.

use serde_json::{Map, Value, json};

/// A table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    pub(crate) name: Option<String>,
    pub(crate) meta: Map<String, Value>,
    pub(crate) fields: Vec<Field>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    name: String,
    kind: &'static str,
    go_type: &'static str,
    labels: Map<String, Value>,
    config: Map<String, Value>,
    values: Vec<Value>,
    /// Nanoseconds beyond the milliseconds of times.
    nanos: Option<Vec<u32>>,
    nan: Vec<usize>,
    infinite: Vec<usize>,
    negative_infinite: Vec<usize>,
}

impl Field {
    fn new(name: &str, kind: &'static str, go_type: &'static str, values: Vec<Value>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            go_type,
            labels: Map::new(),
            config: Map::new(),
            values,
            nanos: None,
            nan: Vec::new(),
            infinite: Vec::new(),
            negative_infinite: Vec::new(),
        }
    }

    /// Times in milliseconds.
    pub(crate) fn times(name: &str, millis: impl IntoIterator<Item = i64>) -> Self {
        Self::new(name, "time", "time.Time", millis.into_iter().map(Value::from).collect())
    }

    /// Times in nanoseconds.
    pub(crate) fn nanos(name: &str, nanos: &[i64]) -> Self {
        let mut field = Self::times(name, nanos.iter().map(|nanos| nanos.div_euclid(1_000_000)));
        field.nanos = Some(nanos.iter().map(|nanos| nanos.rem_euclid(1_000_000) as u32).collect());
        field
    }

    pub(crate) fn numbers(name: &str, numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut field = Self::new(name, "number", "float64", Vec::new());
        for (at, number) in numbers.into_iter().enumerate() {
            if number.is_nan() {
                field.nan.push(at);
            } else if number == f64::INFINITY {
                field.infinite.push(at);
            } else if number == f64::NEG_INFINITY {
                field.negative_infinite.push(at);
            }
            // Null where there is no number in JSON.
            field.values.push(json!(number));
        }
        field
    }

    pub(crate) fn strings<T: Into<String>>(name: &str, texts: impl IntoIterator<Item = T>) -> Self {
        let texts = texts.into_iter().map(|text| Value::from(text.into())).collect();
        Self::new(name, "string", "string", texts)
    }

    /// Any JSON.
    pub(crate) fn json(name: &str, values: Vec<Value>) -> Self {
        Self::new(name, "other", "json.RawMessage", values)
    }

    pub(crate) fn with_labels(mut self, labels: Map<String, Value>) -> Self {
        self.labels = labels;
        self
    }

    pub(crate) fn with_config(mut self, name: &str, value: Value) -> Self {
        self.config.insert(name.to_owned(), value);
        self
    }

    fn schema(&self) -> Value {
        let mut schema = json!({
            "name": self.name,
            "type": self.kind,
            "typeInfo": { "frame": self.go_type, "nullable": false },
        });
        if let Some(map) = schema.as_object_mut() {
            if !self.labels.is_empty() {
                map.insert("labels".to_owned(), Value::Object(self.labels.clone()));
            }
            if !self.config.is_empty() {
                map.insert("config".to_owned(), Value::Object(self.config.clone()));
            }
        }
        schema
    }

    fn entities(&self) -> Value {
        let lists = [("NaN", &self.nan), ("Inf", &self.infinite), ("NegInf", &self.negative_infinite)];
        let filled: Map<String, Value> = lists
            .into_iter()
            .filter(|(_, places)| !places.is_empty())
            .map(|(name, places)| (name.to_owned(), json!(places)))
            .collect();
        if filled.is_empty() { Value::Null } else { Value::Object(filled) }
    }
}

impl Frame {
    pub(crate) fn new(fields: Vec<Field>) -> Self {
        Self { fields, ..Self::default() }
    }

    pub(crate) fn with_meta(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(name.to_owned(), value.into());
        self
    }

    /// As it is sent.
    pub(crate) fn into_json(self, ref_id: &str) -> Value {
        let mut schema = json!({
            "refId": ref_id,
            "meta": self.meta,
            "fields": self.fields.iter().map(Field::schema).collect::<Vec<_>>(),
        });
        if let (Some(map), Some(name)) = (schema.as_object_mut(), self.name) {
            map.insert("name".to_owned(), Value::from(name));
        }
        let mut data = Map::new();
        let entities: Vec<Value> = self.fields.iter().map(Field::entities).collect();
        if entities.iter().any(|entities| !entities.is_null()) {
            data.insert("entities".to_owned(), Value::from(entities));
        }
        if self.fields.iter().any(|field| field.nanos.is_some()) {
            let nanos: Vec<Value> = self.fields.iter().map(|field| json!(field.nanos)).collect();
            data.insert("nanos".to_owned(), Value::from(nanos));
        }
        let values: Vec<Value> = self.fields.into_iter().map(|field| Value::from(field.values)).collect();
        data.insert("values".to_owned(), Value::from(values));
        json!({ "schema": schema, "data": data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_written_by_columns() {
        let labels = Map::from_iter([("service".to_owned(), json!("shop"))]);
        let frame = Frame::new(vec![
            Field::nanos("Time", &[1_500_000, 2_000_001]),
            Field::numbers("Value", [f64::NAN, 1.5]).with_labels(labels),
        ])
        .with_meta("type", "timeseries-multi");
        assert_eq!(
            frame.into_json("A"),
            json!({
                "schema": {
                    "refId": "A",
                    "meta": { "type": "timeseries-multi" },
                    "fields": [
                        { "name": "Time", "type": "time", "typeInfo": { "frame": "time.Time", "nullable": false } },
                        {
                            "name": "Value", "type": "number", "typeInfo": { "frame": "float64", "nullable": false },
                            "labels": { "service": "shop" },
                        },
                    ],
                },
                "data": {
                    "values": [[1, 2], [null, 1.5]],
                    "nanos": [[500_000, 1], null],
                    "entities": [null, { "NaN": [0] }],
                },
            })
        );
    }
}
