use super::*;

fn parse(text: &str) -> Result<(Settings, Vec<String>), String> {
    let section: RulerSection = runtime::parse_yaml(text, "test").map_err(|error| error.to_string())?;
    let mut unused = Vec::new();
    runtime::Section::name_unused(&section, "ruler", &mut unused);
    Settings::new(&section, None, &mut unused).map(|settings| (settings, unused))
}

#[test]
fn defaults_are_those_of_loki() {
    let (settings, unused) = parse("{}").unwrap();
    assert_eq!(settings.evaluation_interval, Duration::from_secs(60));
    assert_eq!(
        (settings.resend_delay, settings.poll_interval),
        (Duration::from_secs(60), Duration::from_secs(60))
    );
    assert!(settings.enable_api && settings.alertmanagers.is_empty() && settings.remote_write.is_empty());
    assert!(settings.directory.is_none() && unused.is_empty());
}

#[test]
fn keys_in_use_are_taken_and_others_named() {
    let (settings, unused) = parse(
        "evaluation_interval: 15s
external_url: http://grafana:3000/
external_labels: {region: eu}
storage: {type: local, local: {directory: /etc/loki/rules}}
rule_path: /tmp/rules
ring: {kvstore: {store: inmemory}}
alertmanager_url: http://am-1:9093, http://am-2:9093
alertmanager_client: {basic_auth_username: me, basic_auth_password: hush, tls_min_version: VersionTLS12}
enabled_tenants: a,b
disabled_tenants: b
remote_write:
  enabled: true
  add_org_id_header: false
  clients:
    main:
      url: http://prometheus:9090/api/v1/write
      headers: {X-Token: hush, X-Scope-OrgID: mine}
      queue_config: {capacity: 100, max_shards: 3}
",
    )
    .unwrap();
    assert_eq!(settings.external_url, "http://grafana:3000");
    assert_eq!(settings.directory.as_deref(), Some(Path::new("/etc/loki/rules")));
    let addresses: Vec<&str> = settings.alertmanagers.iter().map(Target::address).collect();
    assert_eq!(addresses, ["http://am-1:9093/api/v2/alerts", "http://am-2:9093/api/v2/alerts"]);
    let client = &settings.remote_write[0];
    assert_eq!((client.name.as_str(), client.capacity, settings.add_org_id_header), ("main", 100, false));
    assert_eq!(
        (settings.evaluates("a"), settings.evaluates("b"), settings.evaluates("c")),
        (true, false, false)
    );
    assert!(!format!("{settings:?}").contains("hush"));
    assert_eq!(
        unused,
        [
            "ruler.rule_path",
            "ruler.ring",
            "ruler.alertmanager_client.tls_min_version",
            "ruler.remote_write.clients.main.queue_config.max_shards"
        ]
    );
}

#[test]
fn mistakes_are_errors_that_name_the_key() {
    for (text, part) in [
        ("evaluation_interva: 1m", "evaluation_interva"),
        ("evaluation_interval: 1ms", "ruler.evaluation_interval is shorter"),
        ("external_labels: {a-b: c}", "\"a-b\" is not a label name"),
        ("alertmanager_url: https://am", "ruler.alertmanager_url: https: addresses"),
        ("remote_write: {enabled: true}", "without any clients"),
        ("remote_write: {enabled: true, clients: {x: {}}}", "clients.x: url is missing"),
        (
            "remote_write: {enabled: true, clients: {x: {url: \"http://h/\", bearer_token: a, basic_auth: {}}}}",
            "at most one",
        ),
        (
            "remote_write: {enabled: true, clients: {x: {url: \"http://h/\", bearer_token_file: /no/such}}}",
            "/no/such",
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn other_storage_is_named_as_unused() {
    let section = RulerSection::default();
    let storage: RulerStorageSection =
        runtime::parse_yaml("{backend: s3, local: {directory: /rules}}", "test").unwrap();
    let mut unused = Vec::new();
    let settings = Settings::new(&section, Some(&storage), &mut unused).unwrap();
    assert_eq!(settings.directory.as_deref(), Some(Path::new("/rules")));
    assert_eq!(unused, ["ruler_storage.backend (s3: rules are read from local folders only)"]);
}

#[test]
fn a_missing_folder_is_looked_for_beside_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("nowhere/rules");
    let mut settings = Settings { directory: Some(missing.clone()), ..Settings::default() };
    let file = dir.path().join("loki-config.yaml");
    settings.beside(Some(&file));
    assert_eq!(settings.directory, Some(missing));
    std::fs::create_dir(dir.path().join("rules")).unwrap();
    settings.beside(None);
    settings.beside(Some(&file));
    assert_eq!(settings.directory, Some(dir.path().join("rules")));
}
