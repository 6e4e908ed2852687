use super::super::parse::parse_group;
use super::*;

fn group(name: &str, rules: usize) -> GroupYaml {
    let rules = "  - {alert: A, expr: vector(1)}\n".repeat(rules);
    parse_group(&format!("name: {name}\nrules:\n{rules}")).unwrap().yaml
}

fn file(name: &str) -> String {
    format!("groups: [{{name: {name}, rules: [{{alert: A, expr: vector(1)}}]}}]\n")
}

/// Tenant, namespace, group of everything that is in force.
fn found(files: &mut RuleFiles) -> Vec<String> {
    let loaded = files.load();
    let mut found = Vec::new();
    for (tenant, namespaces) in &loaded.namespaces {
        for (name, namespace) in namespaces {
            found.extend(namespace.groups.iter().map(|group| format!("{tenant}/{name}/{}", group.yaml.name)));
        }
    }
    found
}

struct Setup {
    dir: tempfile::TempDir,
    files: RuleFiles,
    tenant: TenantId,
}

fn setup(limits: RuleLimits) -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let tenant = TenantId::new("fake").unwrap();
    let provisioned = Some(dir.path().join("etc"));
    let files = RuleFiles::new(provisioned, dir.path().join("rules"), Some(tenant.clone()), limits);
    Setup { dir, files, tenant }
}

impl Setup {
    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn rules_lie_in_a_folder_per_tenant() {
    let mut setup = setup(RuleLimits::default());
    assert!(found(&mut setup.files).is_empty());
    setup.write("etc/fake/shop.yaml", &file("a"));
    setup.write("etc/other/shop.yaml", &file("b"));
    setup.write("etc/fake/.hidden", "nonsense");
    setup.write("etc/fake/..data/shop.yaml", "nonsense");
    setup.write("etc/root.yaml", &file("c"));
    setup.write("etc/README.md", "nonsense");
    assert_eq!(found(&mut setup.files), ["fake/root.yaml/c", "fake/shop.yaml/a", "other/shop.yaml/b"]);
    // A change is seen, a mistake leaves the last good rules, a file that is gone takes its rules with it.
    setup.write("etc/fake/shop.yaml", &file("changed"));
    assert_eq!(found(&mut setup.files)[1], "fake/shop.yaml/changed");
    setup.write("etc/fake/shop.yaml", "groups: [{nmae: x}]");
    let loaded = setup.files.load();
    assert!(loaded.problems[0].1.contains("nmae"), "{:?}", loaded.problems);
    assert_eq!(found(&mut setup.files)[1], "fake/shop.yaml/changed");
    std::fs::remove_file(setup.dir.path().join("etc/fake/shop.yaml")).unwrap();
    assert_eq!(found(&mut setup.files), ["fake/root.yaml/c", "other/shop.yaml/b"]);
}

#[test]
fn clients_change_their_own_files_only() {
    let mut setup = setup(RuleLimits::default());
    setup.write("etc/fake/shop.yaml", &file("a"));
    let Setup { files, tenant, .. } = &mut setup;
    files.put(tenant, "team/x", &group("one", 1)).unwrap();
    files.put(tenant, "team/x", &group("two", 1)).unwrap();
    files.put(tenant, "team/x", &group("one", 2)).unwrap();
    assert_eq!(found(files), ["fake/shop.yaml/a", "fake/team/x/one", "fake/team/x/two"]);
    assert_eq!(files.load().namespaces[tenant]["team/x"].groups[0].rules.len(), 2);
    for (error, part) in [
        (files.put(tenant, "shop.yaml", &group("b", 1)), "only the operator"),
        (files.remove_namespace(tenant, "shop.yaml"), "only the operator"),
        (files.remove_group(tenant, "shop.yaml", "a"), "only the operator"),
        (files.remove_group(tenant, "team/x", "three"), "group does not exist"),
        (files.remove_group(tenant, "nothing", "three"), "group namespace does not exist"),
        (files.remove_namespace(tenant, "nothing"), "group namespace does not exist"),
        (files.put(tenant, "", &group("b", 1)), "must not be empty"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    files.remove_group(tenant, "team/x", "one").unwrap();
    assert_eq!(found(files), ["fake/shop.yaml/a", "fake/team/x/two"]);
    files.remove_group(tenant, "team/x", "two").unwrap();
    files.put(tenant, "y", &group("one", 1)).unwrap();
    files.remove_namespace(tenant, "y").unwrap();
    assert_eq!(found(files), ["fake/shop.yaml/a"]);
}

#[test]
fn limits_hold_for_what_clients_send() {
    let mut setup = setup(RuleLimits { rules_per_group: 2, groups_per_tenant: 2 });
    let Setup { files, tenant, .. } = &mut setup;
    let error = files.put(tenant, "x", &group("one", 3)).unwrap_err().to_string();
    assert_eq!(error, "per-user rules per rule group limit (limit: 2 actual: 3) exceeded");
    files.put(tenant, "x", &group("one", 2)).unwrap();
    files.put(tenant, "y", &group("one", 2)).unwrap();
    files.put(tenant, "y", &group("one", 1)).unwrap();
    let error = files.put(tenant, "z", &group("one", 1)).unwrap_err().to_string();
    assert_eq!(error, "per-user rule groups limit (limit: 2 actual: 3) exceeded");
}

#[test]
fn a_file_that_cannot_be_understood_is_not_overwritten() {
    let mut setup = setup(RuleLimits::default());
    setup.write("rules/fake/x", "groups: nonsense");
    let Setup { files, tenant, .. } = &mut setup;
    let error = files.put(tenant, "x", &group("one", 1)).unwrap_err().to_string();
    assert!(error.contains("not overwritten"), "{error}");
    files.remove_namespace(tenant, "x").unwrap();
    files.put(tenant, "x", &group("one", 1)).unwrap();
}
