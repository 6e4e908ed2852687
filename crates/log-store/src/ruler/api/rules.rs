//! The rules of a tenant, as YAML in and out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::TenantId;
use serde::Serialize;
use serde_json::json;

use crate::api::App;
use crate::api::error::ApiError;
use crate::api::query::json as json_answer;
use crate::api::tenant;
use crate::query::Params;
use crate::ruler::files::ChangeError;
use crate::ruler::parse::{RuleError, parse_group};
use crate::ruler::spec::{GroupYaml, LabelMap, RuleYaml};

/// Groups by namespace.
type ByNamespace = BTreeMap<String, Vec<GroupYaml>>;

pub(super) async fn all(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let wanted = wanted_labels(params.get("labels"))?;
    yaml(&found(&app, &tenant::of(&app, &headers)?, None, &wanted)?)
}

pub(super) async fn namespace(
    State(app): State<Arc<App>>,
    Path(namespace): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let wanted = wanted_labels(params.get("labels"))?;
    yaml(&found(&app, &tenant::of(&app, &headers)?, Some(&namespace), &wanted)?)
}

pub(super) async fn group(
    State(app): State<Arc<App>>,
    Path((namespace, group)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let namespaces = app.ruler.namespaces.read().clone();
    let known = namespaces.get(&tenant).and_then(|all| all.get(&namespace));
    let group = known.and_then(|known| known.groups.iter().find(|known| known.yaml.name == group));
    match group {
        Some(group) => yaml(&group.yaml),
        None => Err(not_found("group does not exist")),
    }
}

/// Adds a group or replaces the one of that name.
pub(super) async fn set_group(
    State(app): State<Arc<App>>,
    Path(namespace): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let text = std::str::from_utf8(&body).map_err(|_| refused("the rules are not UTF-8"))?;
    let group = parse_group(text).map_err(|error| match &error {
        RuleError::Yaml(_) => refused(&format!("unable to decoded rule group: {error}")),
        _ => refused(&error.to_string()),
    })?;
    app.ruler.change(move |files| files.put(&tenant, &namespace, &group.yaml)).await?;
    Ok(accepted())
}

pub(super) async fn delete_namespace(
    State(app): State<Arc<App>>,
    Path(namespace): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    app.ruler.change(move |files| files.remove_namespace(&tenant, &namespace)).await?;
    Ok(accepted())
}

pub(super) async fn delete_group(
    State(app): State<Arc<App>>,
    Path((namespace, group)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    app.ruler.change(move |files| files.remove_group(&tenant, &namespace, &group)).await?;
    Ok(accepted())
}

/// `name:value,name:value`
fn wanted_labels(text: Option<&str>) -> Result<LabelMap, ApiError> {
    let pairs = text.unwrap_or_default().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| match pair.split_once(':') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(refused(&format!("labels: {pair:?} is not name:value"))),
    };
    pairs.map(pair).collect()
}

/// Namespaces with the rules that have the labels.
fn found(
    app: &App,
    tenant: &TenantId,
    only: Option<&str>,
    wanted: &LabelMap,
) -> Result<ByNamespace, ApiError> {
    let namespaces = app.ruler.namespaces.read().clone();
    let mut found = ByNamespace::new();
    for (name, namespace) in namespaces.get(tenant).into_iter().flatten() {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let groups = namespace.groups.iter().filter_map(|group| with_labels(&group.yaml, wanted));
        let groups: Vec<GroupYaml> = groups.collect();
        if !groups.is_empty() {
            found.insert(name.clone(), groups);
        }
    }
    if found.is_empty() { Err(not_found("no rule groups found")) } else { Ok(found) }
}

fn with_labels(group: &GroupYaml, wanted: &LabelMap) -> Option<GroupYaml> {
    if wanted.is_empty() {
        return Some(group.clone());
    }
    let has = |rule: &&RuleYaml| {
        wanted
            .iter()
            .all(|(name, value)| rule.labels.get(name).or_else(|| group.labels.get(name)) == Some(value))
    };
    let rules: Vec<RuleYaml> = group.rules.iter().filter(has).cloned().collect();
    (!rules.is_empty()).then(|| GroupYaml { rules, ..group.clone() })
}

fn yaml(value: &impl Serialize) -> Result<Response, ApiError> {
    let text = serde_saphyr::to_string(value)
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))?;
    Ok(([(header::CONTENT_TYPE, "application/yaml")], text).into_response())
}

fn accepted() -> Response {
    let answer = json!({ "status": "success", "data": null, "errorType": "", "error": "" });
    (StatusCode::ACCEPTED, json_answer(&answer)).into_response()
}

fn refused(message: &str) -> ApiError {
    ApiError::bad_request(format!("{message}\n"))
}

fn not_found(message: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("{message}\n"))
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let status = match error {
            ChangeError::BadName(_) | ChangeError::Limit(_) => StatusCode::BAD_REQUEST,
            ChangeError::ReadOnly(_) => StatusCode::FORBIDDEN,
            ChangeError::NoGroup | ChangeError::NoNamespace => StatusCode::NOT_FOUND,
            ChangeError::Unreadable(..) => StatusCode::CONFLICT,
            ChangeError::Internal(_) | ChangeError::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, format!("{error}\n"))
    }
}
