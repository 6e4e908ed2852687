//! Spans in: both transports, every encoding, and what is refused.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message as _;
use protocols::otlp::{ExportTraceServiceResponse, Span};
use protocols::rpc_status::RpcStatus;
use tonic::Code;
use tonic::codec::CompressionEncoding;

use crate::support::{BASE_SECS, Running, keep_everything, request, span, span_names, start, start_with};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn names(running: &Running, trace: u8) -> Vec<String> {
    let id = format!("{trace:02x}").repeat(16);
    span_names(&running.json(&format!("/api/v2/traces/{id}")).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_takes_plain_gzip_and_zstd() {
    let running = start().await;
    let grpc = running.grpc().await;
    for (trace, compression) in
        [(1, None), (2, Some(CompressionEncoding::Gzip)), (3, Some(CompressionEncoding::Zstd))]
    {
        let mut client = grpc.clone();
        if let Some(compression) = compression {
            client = client.send_compressed(compression);
        }
        let sent = client.export(request("svc", vec![span(trace, 1, 0, "op", 0, 1)])).await.unwrap();
        assert_eq!(sent.into_inner(), ExportTraceServiceResponse::default());
        assert_eq!(names(&running, trace).await, ["op"], "{compression:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_takes_protobuf_and_json_compressed_or_not() {
    let running = start().await;
    let protobuf = |trace: u8| request("svc", vec![span(trace, 1, 0, "op", 0, 1)]).encode_to_vec();
    let json = |trace: u8| {
        let id = format!("{trace:02x}").repeat(16);
        let start = format!("{BASE_SECS}000000000");
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"svc"}}}}]}},
            "scopeSpans":[{{"spans":[{{"traceId":"{id}","spanId":"0101010101010101","name":"op","startTimeUnixNano":"{start}","endTimeUnixNano":"{start}"}}]}}]}}]}}"#
        )
        .into_bytes()
    };
    const PROTOBUF: &str = "application/x-protobuf";
    const JSON: &str = "application/json; charset=utf-8";
    let cases = [
        (1, PROTOBUF, "", protobuf(1)),
        (2, PROTOBUF, "gzip", gzip(&protobuf(2))),
        (3, PROTOBUF, "zstd", zstd::encode_all(&protobuf(3)[..], 1).unwrap()),
        (4, JSON, "", json(4)),
        (5, JSON, "gzip", gzip(&json(5))),
        (6, JSON, "zstd", zstd::encode_all(&json(6)[..], 1).unwrap()),
    ];
    for (trace, content_type, compression, body) in cases {
        let mut post =
            running.client.post(running.otlp_url()).header("content-type", content_type).body(body);
        if !compression.is_empty() {
            post = post.header("content-encoding", compression);
        }
        let response = post.send().await.unwrap();
        assert_eq!(response.status(), 200, "{content_type} {compression}");
        assert!(content_type.starts_with(response.headers()["content-type"].to_str().unwrap()));
        assert_eq!(names(&running, trace).await, ["op"]);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_http_requests_are_told_in_their_own_encoding() {
    let config = keep_everything(
        "distributor: {receivers: {otlp: {protocols: {grpc: {}, http: {max_request_body_size: 1000}}}}}",
    );
    let running = start_with(tempfile::tempdir().unwrap(), config).await;
    let bad_id =
        request("svc", vec![Span { trace_id: vec![1; 3], ..span(1, 1, 0, "op", 0, 1) }]).encode_to_vec();
    const PROTOBUF: &str = "application/x-protobuf";
    const JSON: &str = "application/json";
    let cases: [(&str, &str, Vec<u8>, u16, &str); 9] = [
        (JSON, "", b"{".to_vec(), 400, "invalid OTLP JSON"),
        (JSON, "", b"[]".to_vec(), 400, "object"),
        (JSON, "gzip", b"{}".to_vec(), 400, "cannot be decompressed"),
        (JSON, "nosuch", b"{}".to_vec(), 400, "unsupported Content-Encoding: nosuch"),
        (PROTOBUF, "", vec![0xff; 9], 400, "not an OTLP trace request"),
        (PROTOBUF, "", bad_id, 400, "trace ids must be 128 bit, received 24 bits"),
        (PROTOBUF, "", vec![0; 1001], 413, "more than 1000 bytes"),
        (JSON, "gzip", gzip(&vec![b' '; 100_000]), 413, "after decompression"),
        (JSON, "zstd", zstd::encode_all(&vec![b' '; 100_000][..], 1).unwrap(), 413, "after decompression"),
    ];
    for (content_type, compression, body, status, message) in cases {
        let mut post =
            running.client.post(running.otlp_url()).header("content-type", content_type).body(body);
        if !compression.is_empty() {
            post = post.header("content-encoding", compression);
        }
        let response = post.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (status, content_type),
            "{message}"
        );
        let body = response.bytes().await.unwrap();
        let said = match content_type {
            JSON => serde_json::from_slice::<serde_json::Value>(&body).unwrap()["message"]
                .as_str()
                .unwrap()
                .to_owned(),
            _ => RpcStatus::decode(&body[..]).unwrap().message,
        };
        assert!(said.contains(message), "{said}");
    }
    let wrong_type =
        running.client.post(running.otlp_url()).header("content-type", "application/xml").body("<x/>");
    let response = wrong_type.send().await.unwrap();
    assert_eq!(response.status(), 415);
    assert!(response.text().await.unwrap().contains("application/x-protobuf"));
    let response =
        running.client.put(running.otlp_url()).header("content-type", JSON).body("{}").send().await.unwrap();
    assert_eq!(response.status(), 405);
    let elsewhere = running.otlp_url().replace("traces", "nosuch");
    assert_eq!(running.client.post(elsewhere).send().await.unwrap().status(), 404);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_grpc_requests_have_the_right_code() {
    let running = start_with(
        tempfile::tempdir().unwrap(),
        keep_everything("server: {grpc_server_max_recv_msg_size: 2000}"),
    )
    .await;
    let mut client = running.grpc().await;
    for (bad, message) in [
        (
            Span { trace_id: vec![1; 8], ..span(1, 1, 0, "op", 0, 1) },
            "trace ids must be 128 bit, received 64 bits",
        ),
        (
            Span { span_id: vec![0; 8], ..span(1, 1, 0, "op", 0, 1) },
            "span ids must be 64 bit and not all zero",
        ),
    ] {
        let status = client.export(request("svc", vec![bad])).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
    }
    let big = request("svc", vec![span(1, 1, 0, &"x".repeat(3000), 0, 1)]);
    for compression in [None, Some(CompressionEncoding::Gzip)] {
        let mut client = client.clone();
        if let Some(compression) = compression {
            client = client.send_compressed(compression);
        }
        let status = client.export(big.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    }
    assert!(names(&running, 1).await.is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_or_cut_is_told_to_the_client() {
    let running = start().await;
    let mut long = span(1, 1, 0, "long", 0, 1);
    long.attributes = vec![crate::support::text("stack", &"ü".repeat(2000))];
    let impossible = Span { end_time_unix_nano: u64::MAX, ..span(1, 2, 1, "impossible", 0, 1) };
    let answer =
        running.grpc().await.export(request("svc", vec![long, impossible])).await.unwrap().into_inner();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("2262") && partial.error_message.contains("cut"), "{partial:?}");
    assert_eq!(names(&running, 1).await, ["long"]);
    let metrics = running.get("/metrics").await.text().await.unwrap();
    for line in [
        "tempo_distributor_spans_received_total 1",
        "tempo_distributor_attributes_truncated_total 1",
        "tempo_discarded_spans_total{reason=\"invalid_time\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    running.stop().await;
}
