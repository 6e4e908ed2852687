//! `/api/search/tags`, `/api/search/tag/{tag}/values` and their second versions.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::any;
use http::HeaderMap;
use protocols::tempo::{
    MetadataMetrics, TagScope, TagValue, TagValuesResponse, TagValuesV2Response, TagsResponse, TagsV2Response,
};

use super::answer::answer;
use super::params::{Params, bad, range_of};
use super::{ApiError, guarded};
use crate::columns::notes::AttributeKeys;
use crate::query::Guard;
use crate::query::tags::{Intrinsic, Scope, Tag, TagFilter, attribute_keys, tag_values};
use crate::query::{QueryError, Sources, sources_within};
use crate::store::Store;

const INTRINSIC: &str = "intrinsic";
/// What `scope=intrinsic` lists.
const INTRINSICS: [&str; 25] = [
    "duration",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "kind",
    "link:spanID",
    "link:traceID",
    "name",
    "rootName",
    "rootServiceName",
    "span:duration",
    "span:id",
    "span:kind",
    "span:name",
    "span:parentID",
    "span:status",
    "span:statusMessage",
    "status",
    "statusMessage",
    "trace:duration",
    "trace:id",
    "trace:rootName",
    "trace:rootService",
    "traceDuration",
];

pub(super) fn routes() -> Router<Arc<Store>> {
    // Tag names may contain slashes, so the tail is taken apart by hand.
    Router::new()
        .route("/api/search/tags", any(names_v1))
        .route("/api/v2/search/tags", any(names_v2))
        .route("/api/search/tag/{*tail}", any(values_v1))
        .route("/api/v2/search/tag/{*tail}", any(values_v2))
}

/// Which scopes a request is about.
enum Asked {
    All,
    Intrinsics,
    /// `scope=trace` exists, and has no attributes.
    Trace,
    One(Scope),
}

impl Asked {
    fn of(params: &Params) -> Result<Self, ApiError> {
        match params.get("scope") {
            None | Some("none") => Ok(Self::All),
            Some(INTRINSIC) => Ok(Self::Intrinsics),
            Some("trace") => Ok(Self::Trace),
            Some(name) => {
                Scope::from_name(name).map(Self::One).ok_or_else(|| bad(format!("invalid scope: {name}")))
            }
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::All => Scope::ALL.to_vec(),
            Self::Intrinsics | Self::Trace => Vec::new(),
            Self::One(scope) => vec![*scope],
        }
    }
}

fn intrinsics() -> Vec<String> {
    INTRINSICS.map(str::to_owned).to_vec()
}

fn metrics(guard: &Guard) -> Option<MetadataMetrics> {
    Some(MetadataMetrics { inspected_bytes: guard.bytes(), ..MetadataMetrics::default() })
}

/// What a tag query looks at: whole hours around `start` and `end`, since tags are a help, not an account; everything
/// when no time is given.
fn sources(store: &Store, params: &Params) -> Result<Sources, ApiError> {
    const HOUR: i64 = 3600;
    let window = params.tag_window(store.query_limits.max_range)?;
    let hours =
        window.map(|(start, end)| (start.div_euclid(HOUR) * HOUR, (end.div_euclid(HOUR) + 1) * HOUR - 1));
    Ok(sources_within(store, hours.map(range_of)))
}

/// The spans whose tags count; the first version of the API knows no filter.
fn filter(params: &Params) -> Option<TagFilter> {
    params.get("q").and_then(TagFilter::lenient)
}

fn limit(params: &Params) -> Result<usize, ApiError> {
    Ok(match params.number("limit")? {
        None | Some(0) => usize::MAX,
        Some(limit) => limit as usize,
    })
}

async fn keys(
    store: &Arc<Store>,
    params: &Params,
    filter: Option<TagFilter>,
) -> Result<(AttributeKeys, Option<MetadataMetrics>), ApiError> {
    let sources = sources(store, params)?;
    let found = guarded(store, async |guard| {
        let keys = attribute_keys(store, &sources, filter.as_ref(), &guard).await?;
        Ok::<_, QueryError>((keys, metrics(&guard)))
    });
    Ok(found.await?)
}

async fn names_v1(
    State(store): State<Arc<Store>>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (asked, limit) = (Asked::of(&params)?, limit(&params)?);
    let (keys, metrics) = keys(&store, &params, None).await?;
    let names: BTreeSet<&String> =
        asked.scopes().into_iter().flat_map(|scope| keys.in_scope(scope)).collect();
    let mut tag_names: Vec<String> = names.into_iter().cloned().collect();
    if matches!(asked, Asked::Intrinsics) {
        tag_names = intrinsics();
    }
    tag_names.truncate(limit);
    Ok(answer(&headers, &TagsResponse { tag_names, metrics }))
}

async fn names_v2(
    State(store): State<Arc<Store>>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (asked, limit) = (Asked::of(&params)?, limit(&params)?);
    let (keys, metrics) = keys(&store, &params, filter(&params)).await?;
    let mut scopes: Vec<TagScope> = asked
        .scopes()
        .into_iter()
        .map(|scope| TagScope {
            name: scope.name().to_owned(),
            tags: keys.in_scope(scope).iter().take(limit).cloned().collect(),
        })
        .filter(|scope| !scope.tags.is_empty())
        .collect();
    if matches!(asked, Asked::All | Asked::Intrinsics) {
        let mut tags = intrinsics();
        tags.truncate(limit);
        scopes.push(TagScope { name: INTRINSIC.to_owned(), tags });
    }
    Ok(answer(&headers, &TagsV2Response { scopes, metrics }))
}

/// `http.url` of `http.url/values`.
fn tag_of(tail: &str) -> Result<&str, ApiError> {
    tail.strip_suffix("/values").filter(|tag| !matches!(*tag, "" | ".")).ok_or(ApiError::NotFound)
}

async fn values(
    store: &Arc<Store>,
    params: &Params,
    tag: Tag,
    filter: Option<TagFilter>,
) -> Result<(Vec<TagValue>, Option<MetadataMetrics>), ApiError> {
    let limit = limit(params)?;
    let sources = sources(store, params)?;
    let found = guarded(store, async |guard| {
        let values = tag_values(store, &sources, tag, filter, &guard).await?;
        Ok::<_, QueryError>((values, metrics(&guard)))
    });
    let (found, metrics) = found.await?;
    Ok((found.values.into_iter().take(limit).collect(), metrics))
}

async fn values_v1(
    State(store): State<Arc<Store>>,
    Path(tail): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tag = tag_of(&tail)?;
    // Bare names are attributes, but for these.
    let tag = match tag {
        "name" => Tag::Intrinsic(Intrinsic::Name),
        "root.name" | "rootName" => Tag::Intrinsic(Intrinsic::RootName),
        "root.service.name" | "rootServiceName" => Tag::Intrinsic(Intrinsic::RootServiceName),
        "status.code" => Tag::Intrinsic(Intrinsic::Status),
        key => Tag::Attribute { scope: None, key: key.to_owned() },
    };
    let (values, metrics) = values(&store, &params, tag, None).await?;
    let distinct: BTreeSet<String> = values.into_iter().map(|value| value.value).collect();
    Ok(answer(&headers, &TagValuesResponse { tag_values: distinct.into_iter().collect(), metrics }))
}

async fn values_v2(
    State(store): State<Arc<Store>>,
    Path(tail): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tag = identifier(tag_of(&tail)?)?;
    let (tag_values, metrics) = values(&store, &params, tag, filter(&params)).await?;
    Ok(answer(&headers, &TagValuesV2Response { tag_values, metrics }))
}

/// A TraceQL identifier: an intrinsic, `.key` or `scope.key`.
fn identifier(text: &str) -> Result<Tag, ApiError> {
    if let Some(intrinsic) = Intrinsic::from_name(text) {
        return Ok(Tag::Intrinsic(intrinsic));
    }
    // Whatever a parent has, some span has.
    if let Some(key) = text.strip_prefix("parent.").filter(|key| !key.is_empty()) {
        return Ok(Tag::Attribute { scope: None, key: key.to_owned() });
    }
    let no_tag = || {
        let reason = format!("parse error: {text:?} is neither scope.name, .name nor an intrinsic");
        bad(format!("please provide a valid tagName: {reason}"))
    };
    let (scope, key) = text.split_once('.').ok_or_else(no_tag)?;
    let scope = match scope {
        "" => None,
        name => Some(Scope::from_name(name).ok_or_else(no_tag)?),
    };
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() { Err(no_tag()) } else { Ok(Tag::Attribute { scope, key: key.to_owned() }) }
}
