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

#[tokio::test(flavor = "multi_thread")]
async fn zipkin_and_jaeger_are_received_where_the_file_says() {
    let config = "distributor: {receivers: {zipkin: , jaeger: {protocols: {grpc: , thrift_http: }}}}";
    let running = start_with(tempfile::tempdir().unwrap(), keep_everything(config)).await;
    let post = |address: Option<std::net::SocketAddr>, path: &str| {
        running.client.post(format!("http://{}{path}", address.unwrap()))
    };
    let zipkin = r#"[{"traceId":"01010101010101010101010101010101","id":"1","name":"by zipkin","timestamp":1795168800000000}]"#;
    let sent =
        post(running.server.zipkin, "/api/v2/spans").header("content-type", "application/json").body(zipkin);
    assert_eq!(sent.send().await.unwrap().status(), 202);
    assert_eq!(names(&running, 1).await, ["by zipkin"]);
    let refused = post(running.server.zipkin, "/api/v2/spans").body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("not a list of Zipkin's spans"));
    assert_eq!(post(running.server.zipkin, "/api/v1/spans").body("[]").send().await.unwrap().status(), 501);

    // A batch with one span: halves of the trace id, the span's id, its name.
    let half = 0x0202_0202_0202_0202i64.to_be_bytes();
    let field = |kind: u8, id: u8, value: &[u8]| [&[kind, 0, id][..], value].concat();
    let name = [&9i32.to_be_bytes()[..], b"by thrift"].concat();
    let span = [field(10, 1, &half), field(10, 2, &half), field(10, 3, &half), field(11, 5, &name), vec![0]]
        .concat();
    let batch = [field(15, 2, &[12, 0, 0, 0, 1]), span, vec![0]].concat();
    let thrift = |body| {
        post(running.server.jaeger_http, "/api/traces")
            .header("content-type", "application/x-thrift")
            .body(body)
    };
    assert_eq!(thrift(gzip(&batch)).header("content-encoding", "gzip").send().await.unwrap().status(), 202);
    assert_eq!(names(&running, 2).await, ["by thrift"]);
    assert_eq!(thrift(batch[..20].to_vec()).send().await.unwrap().status(), 400);
    let json =
        post(running.server.jaeger_http, "/api/traces").header("content-type", "application/json").body("{}");
    assert_eq!(json.send().await.unwrap().status(), 415);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jaegers_grpc_takes_batches() {
    use tonic::client::Grpc;
    use tonic_prost::ProstCodec;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Span {
        #[prost(bytes = "vec", tag = "1")]
        trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        span_id: Vec<u8>,
        #[prost(string, tag = "3")]
        operation_name: String,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Batch {
        #[prost(message, repeated, tag = "1")]
        spans: Vec<Span>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Request {
        #[prost(message, optional, tag = "1")]
        batch: Option<Batch>,
    }
    let config = "distributor: {receivers: {jaeger: {protocols: {grpc: }}}}";
    let running = start_with(tempfile::tempdir().unwrap(), keep_everything(config)).await;
    let address = format!("http://{}", running.server.jaeger_grpc.unwrap());
    let channel = tonic::transport::Endpoint::from_shared(address).unwrap().connect().await.unwrap();
    let mut client = Grpc::new(channel);
    let path = http::uri::PathAndQuery::from_static("/jaeger.api_v2.CollectorService/PostSpans");
    let span =
        |length| Span { trace_id: vec![3; length], span_id: vec![1; 8], operation_name: "by grpc".into() };
    for (length, expected) in [(16, Ok(())), (3, Err(Code::InvalidArgument))] {
        let request = Request { batch: Some(Batch { spans: vec![span(length)] }) };
        client.ready().await.unwrap();
        let codec = ProstCodec::<Request, ()>::default();
        let sent = client.unary(tonic::Request::new(request), path.clone(), codec).await;
        assert_eq!(sent.map(drop).map_err(|status| status.code()), expected);
    }
    assert_eq!(names(&running, 3).await, ["by grpc"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_rate_is_refused_with_when_to_come_again() {
    let limits = "overrides: {defaults: {ingestion: {rate_limit_bytes: 1, burst_size_bytes: 200}}}";
    let running = start_with(tempfile::tempdir().unwrap(), keep_everything(limits)).await;
    let body = request("svc", vec![span(1, 1, 0, "op", 0, 1), span(1, 2, 0, "op", 0, 1)]).encode_to_vec();
    let post = || running.client.post(running.otlp_url()).header("content-type", "application/x-protobuf");
    assert_eq!(post().body(body.clone()).send().await.unwrap().status(), 200);
    let refused = post().body(body).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"5".parse().unwrap()));
    let told = RpcStatus::decode(refused.bytes().await.unwrap()).unwrap();
    assert!(told.message.starts_with("RATE_LIMITED:"), "{}", told.message);
    let many = request("svc", vec![span(1, 1, 0, "op", 0, 1); 4]);
    let status = running.grpc().await.export(many).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(String::from_utf8_lossy(status.details()).contains("RetryInfo"));
    assert_eq!(names(&running, 1).await.len(), 2);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn small_bodies_that_are_much_in_memory_are_refused() {
    let running = start().await;
    // One span after the other without content: each two bytes on the wire.
    let wrap = |tag: u8, content: &[u8]| {
        let mut out = vec![tag];
        prost::encoding::encode_varint(content.len() as u64, &mut out);
        out.extend_from_slice(content);
        out
    };
    let body = wrap(0x0a, &wrap(0x12, &[0x12, 0].repeat(4 << 20)));
    let post = running.client.post(running.otlp_url()).header("content-type", "application/x-protobuf");
    let compressed = post.header("content-encoding", "gzip").body(gzip(&body));
    let refused = compressed.send().await.unwrap();
    assert_eq!(refused.status(), 413);
    let told = RpcStatus::decode(refused.bytes().await.unwrap()).unwrap();
    assert!(told.message.contains("bytes in memory"), "{}", told.message);
    running.stop().await;
}
