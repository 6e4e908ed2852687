//! Export requests for log records.

use serde::Deserialize;

use super::super::{ExportLogsServiceRequest, LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use super::scalars::{enumeration, hex_id, unsigned};
use super::{
    AnyValue, InstrumentationScope, JsonError, JsonKeyValue, JsonResource, JsonScope, JsonValue, List,
    Resource, all, parse_object,
};

/// Parses an export request for log records.
pub fn parse_logs_request(body: &[u8]) -> Result<ExportLogsServiceRequest, JsonError> {
    let request: JsonRequest = parse_object(body)?;
    Ok(ExportLogsServiceRequest { resource_logs: all(request.resource_logs) })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonRequest {
    #[serde(default, alias = "resource_logs")]
    resource_logs: List<JsonResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResourceLogs {
    resource: Option<JsonResource>,
    #[serde(default, alias = "scope_logs")]
    scope_logs: List<JsonScopeLogs>,
    #[serde(alias = "schema_url")]
    schema_url: Option<String>,
}

impl From<JsonResourceLogs> for ResourceLogs {
    fn from(json: JsonResourceLogs) -> Self {
        Self {
            resource: json.resource.map(Resource::from),
            scope_logs: all(json.scope_logs),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonScopeLogs {
    scope: Option<JsonScope>,
    #[serde(default, alias = "log_records")]
    log_records: List<JsonLogRecord>,
    #[serde(alias = "schema_url")]
    schema_url: Option<String>,
}

impl From<JsonScopeLogs> for ScopeLogs {
    fn from(json: JsonScopeLogs) -> Self {
        Self {
            scope: json.scope.map(InstrumentationScope::from),
            log_records: all(json.log_records),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonLogRecord {
    #[serde(default, alias = "time_unix_nano", deserialize_with = "unsigned")]
    time_unix_nano: u64,
    #[serde(default, alias = "observed_time_unix_nano", deserialize_with = "unsigned")]
    observed_time_unix_nano: u64,
    #[serde(default, alias = "severity_number", deserialize_with = "enumeration::<_, SeverityNumber>")]
    severity_number: i32,
    #[serde(alias = "severity_text")]
    severity_text: Option<String>,
    body: Option<JsonValue>,
    attributes: List<JsonKeyValue>,
    #[serde(default, alias = "dropped_attributes_count", deserialize_with = "unsigned")]
    dropped_attributes_count: u32,
    #[serde(default, deserialize_with = "unsigned")]
    flags: u32,
    #[serde(default, alias = "trace_id", deserialize_with = "hex_id::<_, 16>")]
    trace_id: Vec<u8>,
    #[serde(default, alias = "span_id", deserialize_with = "hex_id::<_, 8>")]
    span_id: Vec<u8>,
    #[serde(alias = "event_name")]
    event_name: Option<String>,
}

impl From<JsonLogRecord> for LogRecord {
    fn from(json: JsonLogRecord) -> Self {
        Self {
            time_unix_nano: json.time_unix_nano,
            observed_time_unix_nano: json.observed_time_unix_nano,
            severity_number: json.severity_number,
            severity_text: json.severity_text.unwrap_or_default(),
            body: json.body.map(AnyValue::from),
            attributes: all(json.attributes),
            dropped_attributes_count: json.dropped_attributes_count,
            flags: json.flags,
            trace_id: json.trace_id,
            span_id: json.span_id,
            event_name: json.event_name.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_records_are_read_in_either_spelling() {
        let camel = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},
            "scopeLogs":[{"scope":{"name":"n"},"logRecords":[{"timeUnixNano":"5","observedTimeUnixNano":6,"severityNumber":9,
            "severityText":"INFO","body":{"stringValue":"hi"},"traceId":"0102030405060708090a0b0c0d0e0f10",
            "spanId":"0102030405060708","flags":1,"eventName":"e","droppedAttributesCount":2}]}]}]}"#;
        let snake = camel
            .replace("resourceLogs", "resource_logs")
            .replace("scopeLogs", "scope_logs")
            .replace("logRecords", "log_records")
            .replace("timeUnixNano", "time_unix_nano")
            .replace("\"severityNumber\":9", "\"severity_number\":\"SEVERITY_NUMBER_INFO\"");
        let request = parse_logs_request(camel.as_bytes()).unwrap();
        let record = &request.resource_logs[0].scope_logs[0].log_records[0];
        assert_eq!((record.time_unix_nano, record.observed_time_unix_nano), (5, 6));
        assert_eq!((record.severity_number, record.severity_text.as_str()), (9, "INFO"));
        assert_eq!((record.trace_id.len(), record.span_id.len(), record.flags), (16, 8, 1));
        assert_eq!((record.event_name.as_str(), record.dropped_attributes_count), ("e", 2));
        assert_eq!(parse_logs_request(snake.as_bytes()).unwrap(), request);
    }

    #[test]
    fn bad_requests_are_refused_and_missing_parts_are_not() {
        for body in
            ["{}", r#"{"resourceLogs":null}"#, r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#]
        {
            assert!(parse_logs_request(body.as_bytes()).is_ok(), "{body}");
        }
        for body in [
            "",
            "[]",
            "null",
            r#"{"resourceLogs":"x"}"#,
            r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":"x"}]}]}]}"#,
        ] {
            assert!(parse_logs_request(body.as_bytes()).is_err(), "{body}");
        }
    }
}
