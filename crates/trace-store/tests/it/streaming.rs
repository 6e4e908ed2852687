//! `tempopb.StreamingQuerier` with tonic's client, on the port of the HTTP API and on one of its own.

use http::uri::PathAndQuery;
use prost::Message;
use protocols::tempo::{
    QueryInstantResponse, QueryRangeResponse, SearchResponse, TagValuesV2Response, TagsResponse,
    TagsV2Response,
};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::support::{BASE_SECS, Running, SECOND, keep_everything, shop, start, start_with};

#[derive(Clone, PartialEq, Message)]
struct SearchRequest {
    #[prost(btree_map = "string, string", tag = "1")]
    tags: std::collections::BTreeMap<String, String>,
    #[prost(uint32, tag = "4")]
    limit: u32,
    #[prost(uint32, tag = "5")]
    start: u32,
    #[prost(uint32, tag = "6")]
    end: u32,
    #[prost(string, tag = "8")]
    query: String,
}

#[derive(Clone, PartialEq, Message)]
struct TagsRequest {
    #[prost(string, tag = "1")]
    scope_or_name: String,
}

async fn ask<Q, A>(address: std::net::SocketAddr, method: &str, request: Q) -> Result<Vec<A>, Status>
where
    Q: Message + Send + Sync + 'static,
    A: Message + Default + Send + Sync + 'static,
{
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let path: PathAndQuery = format!("/tempopb.StreamingQuerier/{method}").parse().unwrap();
    let codec = ProstCodec::<Q, A>::default();
    let mut stream = client.server_streaming(Request::new(request), path, codec).await?.into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

fn recent(hours: u32) -> SearchRequest {
    let end = BASE_SECS as u32 + 60;
    SearchRequest { start: end - hours * 3600, end, query: "{}".to_owned(), ..SearchRequest::default() }
}

async fn filled() -> Running {
    let running = start().await;
    for request in shop() {
        running.export(request).await;
    }
    running
}

#[tokio::test]
async fn a_search_tells_progress_first_and_no_trace_twice() {
    let running = filled().await;
    let address = running.server.address;
    let long: Vec<SearchResponse> = ask(address, "Search", recent(8)).await.unwrap();
    assert_eq!(long.len(), 2);
    assert_eq!((long[0].traces.len(), long[1].traces.len()), (1, 0));
    assert_eq!(long[0].traces[0].root_service_name, "order-service");
    assert!(long.iter().all(|message| message.metrics.is_some()));
    let short = SearchRequest { start: BASE_SECS as u32 - 60, ..recent(1) };
    let short: Vec<SearchResponse> = ask(address, "Search", short).await.unwrap();
    assert_eq!((short.len(), short[0].traces.len()), (1, 1));
    let tags = [("service.name".to_owned(), "user-service".to_owned())].into();
    let by_tags = SearchRequest { query: String::new(), tags, ..recent(1) };
    let by_tags: Vec<SearchResponse> = ask(address, "Search", by_tags).await.unwrap();
    assert_eq!(by_tags.iter().map(|message| message.traces.len()).sum::<usize>(), 1);
    running.stop().await;
}

#[tokio::test]
async fn tags_and_errors() {
    let running = filled().await;
    let address = running.server.address;
    let request = |text: &str| TagsRequest { scope_or_name: text.to_owned() };
    let names: Vec<TagsResponse> = ask(address, "SearchTags", request("span")).await.unwrap();
    assert_eq!(names[0].tag_names, ["product.id", "quantity"]);
    let names: Vec<TagsV2Response> = ask(address, "SearchTagsV2", request("resource")).await.unwrap();
    assert_eq!(names[0].scopes[0].tags, ["service.name"]);
    let values: Vec<TagValuesV2Response> =
        ask(address, "SearchTagValuesV2", request("resource.service.name")).await.unwrap();
    assert_eq!(values[0].tag_values.len(), 3);
    let code = async |method: &str, request: SearchRequest| {
        ask::<_, SearchResponse>(address, method, request).await.unwrap_err().code()
    };
    assert_eq!(code("Search", SearchRequest { start: 5, end: 4, ..recent(1) }).await, Code::InvalidArgument);
    assert_eq!(code("Nothing", recent(1)).await, Code::Unimplemented);
    running.stop().await;
}

#[derive(Clone, PartialEq, Message)]
struct MetricsRequest {
    #[prost(string, tag = "1")]
    query: String,
    #[prost(uint64, tag = "2")]
    start: u64,
    #[prost(uint64, tag = "3")]
    end: u64,
    #[prost(uint64, tag = "4")]
    step: u64,
}

#[tokio::test]
async fn metrics_over_a_range_and_at_once() {
    let running = filled().await;
    let address = running.server.address;
    let request = |query: &str| MetricsRequest {
        query: query.to_owned(),
        start: (BASE_SECS - 60) * SECOND,
        end: (BASE_SECS + 60) * SECOND,
        step: 60 * SECOND,
    };
    let query = "{} | count_over_time() by (resource.service.name)";
    let range: Vec<QueryRangeResponse> = ask(address, "MetricsQueryRange", request(query)).await.unwrap();
    let count = |samples: &[protocols::tempo::Sample]| samples.iter().map(|sample| sample.value).sum::<f64>();
    let counts: Vec<f64> =
        range.iter().flat_map(|message| &message.series).map(|series| count(&series.samples)).collect();
    assert_eq!((counts.len(), counts.iter().sum::<f64>()), (3, 4.0), "{range:?}");
    assert!(range.last().unwrap().metrics.is_some());
    let instant: Vec<QueryInstantResponse> =
        ask(address, "MetricsQueryInstant", request("{} | count_over_time()")).await.unwrap();
    assert_eq!(instant[0].series[0].value, 4.0);
    let error = ask::<_, QueryRangeResponse>(address, "MetricsQueryRange", request("{}")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    running.stop().await;
}

#[tokio::test]
async fn a_port_of_its_own_when_the_file_names_one() {
    let dir = tempfile::tempdir().unwrap();
    let running = start_with(dir, keep_everything("server: {grpc_listen_port: 9095}")).await;
    let address = running.server.grpc.unwrap();
    let found: Vec<SearchResponse> = ask(address, "Search", recent(1)).await.unwrap();
    assert!(found.iter().all(|message| message.traces.is_empty()));
    running.stop().await;
}
