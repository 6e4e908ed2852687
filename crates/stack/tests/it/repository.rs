//! Files that no program reads during other tests: configuration, Compose, links of the documentation.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::harness::checkout;

/// Both profiles are valid, if there is a Compose to ask.
#[test]
fn compose_accepts_the_file_in_both_profiles() {
    for profile in ["grafana", "embedded"] {
        let mut command = Command::new("docker-compose");
        command.args(["config", "--quiet"]).current_dir(checkout()).env("COMPOSE_PROFILES", profile);
        match command.output() {
            Ok(output) => {
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{profile}: {errors}");
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => panic!("docker-compose: {error}"),
        }
    }
}

/// What must hold whatever Compose says: health checks and limits everywhere, pinned images, mounts that exist.
#[test]
fn every_service_of_the_compose_file_is_bounded_and_watched() {
    let text = std::fs::read_to_string(checkout().join("docker-compose.yml")).unwrap();
    let file: Value = runtime::parse_yaml(&text, "docker-compose.yml").unwrap();
    let services = file["services"].as_object().unwrap();
    assert_eq!(services.len(), 14);
    for (name, service) in services {
        assert!(service["healthcheck"].is_object(), "{name} has no health check");
        assert!(name == "tools" || service["mem_limit"].is_string(), "{name} may take all memory");
        for mount in service["volumes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let source = mount.split(':').next().unwrap();
            let is_there = !source.starts_with("./") || checkout().join(source).exists();
            let is_named = source.starts_with(['.', '$']) || file["volumes"].get(source).is_some();
            assert!(is_there && is_named, "{name} mounts {mount}");
        }
    }
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("image: ")) {
        let tag = line.trim_end_matches('}').rsplit(':').next().unwrap();
        assert!(tag.contains('.'), "{line} is not pinned");
    }
}

#[test]
fn configuration_files_are_understood_by_the_strict_loaders() {
    let folder = checkout().join("infrastructure");
    log_store::Config::load(Some(&folder.join("loki/loki-config.yaml"))).unwrap();
    trace_store::Config::load(Some(&folder.join("tempo/tempo.yaml"))).unwrap();
    let file = folder.join("promtail/promtail-config.yaml");
    collector::config::load(&file).unwrap();
    // As containers set it.
    let text = std::fs::read_to_string(&file).unwrap();
    let docker = r#"[{host: "unix:///var/run/docker.sock", refresh_interval: 5s}]"#;
    assert!(text.contains("${DOCKER_SD_CONFIGS:-[]}"));
    collector::config::parse(&text.replace("${DOCKER_SD_CONFIGS:-[]}", docker), "promtail").unwrap();
    for file in ["prometheus/prometheus.yaml", "grafana/provisioning/datasources/datasources.yaml"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        runtime::parse_yaml::<Value>(&text, file).unwrap();
    }
}

/// The seed's loose forms work here, but a real Tempo refuses them: dashboards do without.
#[test]
fn dashboards_ask_nothing_that_only_our_stores_understand() {
    let folder = checkout().join("infrastructure/grafana/dashboards");
    let mut queries = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let dashboard: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut texts = Vec::new();
        collect_queries(&dashboard, &mut texts);
        queries += texts.len();
        for query in texts {
            for loose in ["{service.name", "{ service.name", "{span.name", "error=true", "} && duration"] {
                assert!(!query.contains(loose), "{}: {query}", path.display());
            }
        }
    }
    assert!(queries > 20, "{queries} queries");
}

fn collect_queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "query" || name == "expr") {
                    Some(text) => found.push(text.to_owned()),
                    None => collect_queries(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_queries(item, found)),
        _ => {}
    }
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    let mut checked = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() && target.extension().is_some_and(|extension| extension == "md") {
                let there = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{}: {link}: {there:?}", page.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} links");
}

/// Each test that the page of the seed's commands names is there.
#[test]
fn tests_named_for_the_seeds_commands_exist() {
    let page = std::fs::read_to_string(checkout().join("docs/seed-coverage.md")).unwrap();
    let names: BTreeSet<&str> =
        page.split('`').filter(|word| word.starts_with("crates/") || word.starts_with("scripts/")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let (file, test) = name.split_once("::").unwrap_or((name, ""));
        let text = std::fs::read_to_string(checkout().join(file)).unwrap_or_default();
        assert!(text.contains(test) && !text.is_empty(), "{name}");
    }
}

fn pages() -> Vec<PathBuf> {
    let folders = [".", "docs", "fuzz", "tests/clients"].map(|folder| checkout().join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Targets of `[…](…)` that are no addresses of the web.
fn links(text: &str) -> Vec<&str> {
    let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target).filter(|target| !target.contains("://") && !target.contains(' ')).collect()
}

/// The anchors of headings, as they are made on the pages of a repository.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    headings
        .map(|line| {
            line.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>()
        })
        .map(|heading| heading.replace(' ', "-"))
        .collect()
}

#[test]
fn links_and_anchors_are_found_in_text() {
    assert_eq!(links("a [b](c.md#d) ![e](f.png) [g](https://h) `x](y z)`"), ["c.md#d", "f.png"]);
    let expected = BTreeSet::from(["a-full-disk".to_owned()]);
    assert_eq!(anchors("## A full disk\ntext"), expected);
}
