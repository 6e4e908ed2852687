use super::*;

fn read(text: &str) -> Result<(Plan, Secrets), ProvisioningError> {
    let lookup = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
    plan(&[("ds.yaml".to_owned(), text.to_owned())], &lookup)
}

#[test]
fn every_key_of_grafana_is_accepted() {
    let (plan, secrets) = read(
        r#"
apiVersion: 1
prune: true
deleteDatasources:
  - name: Old
    orgId: 1
datasources:
  - name: Loki
    type: loki
    access: proxy
    orgId: 1
    uid: loki
    url: http://loki:3100
    user: 17
    database: logs
    basicAuth: "true"
    basicAuthUser: reader
    withCredentials: false
    isDefault: true
    jsonData:
      httpHeaderName1: X-Scope-OrgID
      maxLines: "500"
      timeout: 12
    secureJsonData:
      httpHeaderValue1: $TOKEN
      basicAuthPassword: ${TOKEN}
    correlations:
      - targetUID: tempo
        label: trace
    version: 3
    editable: true
"#,
    )
    .unwrap();
    assert!(plan.is_prune);
    assert_eq!(plan.delete, ["Old"]);
    let source = &plan.sources[0];
    assert!(source.is_basic_auth && source.is_default && !source.is_read_only);
    assert_eq!((source.user.as_str(), source.version), ("17", 3));
    assert_eq!(source.json_data["maxLines"], "500");
    assert_eq!(source.json_data["timeout"], 12);
    assert_eq!(source.secure_fields, ["basicAuthPassword", "httpHeaderValue1"]);
    assert_eq!(secrets["loki"]["httpHeaderValue1"].0, "s3cret");
    assert!(!format!("{secrets:?}").contains("s3cret"));
}

#[test]
fn sources_without_uid_get_a_stable_one() {
    let text = "apiVersion: 1\ndatasources: [{name: X, type: other}]\n";
    let (first, _) = read(text).unwrap();
    let (second, _) = read(text).unwrap();
    assert_eq!(first.sources[0].uid, second.sources[0].uid);
    assert!(first.sources[0].uid.starts_with('P') && first.sources[0].uid.len() == 17);
    assert!(first.sources[0].is_read_only, "provisioned sources are read-only unless editable");
}

#[test]
fn mistakes_are_named_with_their_place() {
    let source = |line: &str| {
        format!("apiVersion: 1\ndatasources:\n  - name: A\n    type: loki\n    url: http://a\n{line}")
    };
    for (text, line, words) in [
        ("datasources: []\n".to_owned(), 1, "apiVersion"),
        ("apiVersion: 2\n".to_owned(), 1, "must be 1"),
        ("apiVersion: 1\ndatasource: []\n".to_owned(), 2, "datasource"),
        (source("    isdefault: true\n"), 6, "isdefault"),
        (source("    editable: perhaps\n"), 6, "neither true nor false"),
        (source("    orgId: 2\n"), 6, "orgId must be 1"),
        (source("    uid: 'a b'\n"), 6, "uid must be"),
        (source("    access: sideways\n"), 6, "proxy or direct"),
        (source("  - name: a\n    type: tempo\n    url: http://b\n"), 6, "second data source is named"),
        (source("    isDefault: true\n  - {name: B, type: x, isDefault: true}\n"), 7, "already the default"),
        (source("  - {name: B, type: x, uid: u}\n  - {name: C, type: x, uid: u}\n"), 7, "has the uid"),
        ("apiVersion: 1\ndatasources:\n  - name: A\n    type: loki\n".to_owned(), 3, "url is empty"),
        (
            "apiVersion: 1\ndatasources:\n  - name: A\n    type: loki\n    url: $NO\n".to_owned(),
            5,
            "url is empty",
        ),
        (
            "apiVersion: 1\ndatasources:\n  - name: A\n    type: loki\n    url: a:1\n".to_owned(),
            5,
            "http://host",
        ),
        ("apiVersion: 1\ndatasources:\n  - type: loki\n".to_owned(), 3, "name"),
        ("apiVersion: 1\n\tdatasources: x\n".to_owned(), 1, "tab"),
    ] {
        let error = read(&text).map(drop).unwrap_err().to_string();
        assert!(error.starts_with("ds.yaml: "), "{error}");
        assert!(error.contains(&format!("line {line}")), "expected line {line}: {error}\n{text}");
        assert!(error.contains(words), "expected {words:?}: {error}");
    }
}

#[test]
fn errors_do_not_quote_the_file() {
    let text =
        "apiVersion: 1\ndatasources:\n  - name: A\n    secureJsonData: {password: hunter2}\n    tipo: loki\n";
    let error = read(text).map(drop).unwrap_err();
    assert!(error.to_string().contains("line 5"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
