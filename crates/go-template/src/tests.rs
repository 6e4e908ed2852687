use proptest::prelude::*;

use super::*;

fn sample() -> Value {
    let labels = [("app", "shop"), ("n", "42")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let alert = |status: &str| {
        Value::record([
            ("Status", Value::from(status)),
            ("Labels", Value::from(std::collections::BTreeMap::from(labels.clone()))),
        ])
    };
    Value::record([
        ("Alerts", Value::from(vec![alert("firing"), alert("resolved")])),
        ("Labels", Value::from(std::collections::BTreeMap::from(labels.clone()))),
        ("Value", Value::from(1.5)),
        ("At", Value::Time(Time::from_millis(1_795_168_831_551))),
        ("Nothing", Value::Nil),
    ])
}

fn functions() -> Functions {
    let mut functions = Functions::messages();
    functions.register("double", 1, 1, |args| Ok(Value::Float(args[0].number()? * 2.0)));
    functions.register_method(Shape::List, "Firing", 0, 0, |args| match &args[0] {
        Value::List(list) => Ok(Value::from(list[..1].to_vec())),
        _ => Err("no list".to_owned()),
    });
    functions.register_method(Shape::Texts, "Remove", 1, 1, |args| match (&args[0], &args[1]) {
        (Value::Texts(texts), Value::List(names)) => {
            let mut texts = texts.as_ref().clone();
            texts.retain(|name, _| !names.contains(&Value::from(name.as_str())));
            Ok(Value::from(texts))
        }
        _ => Err("no names".to_owned()),
    });
    functions
}

fn run(text: &str) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    template.execute(&sample(), &functions()).map_err(|error| error.to_string())
}

#[test]
fn templates_render() {
    for (template, expected) in [
        ("plain", "plain"),
        ("{{.Labels.app}}-{{ .Labels.nosuch }}|", "shop-|"),
        ("a {{- .Labels.app -}} b", "ashopb"),
        ("{{/* note */}}x{{- /* more */ -}} y", "xy"),
        ("{{ if eq .Labels.app \"shop\" }}y{{ else if eq .Value 1.5 }}x{{ else }}n{{ end }}", "y"),
        ("{{ if not (eq .Labels.app \"shop\" \"y\") }}n{{ else }}-{{ end }}", "-"),
        ("{{ and .Labels.app (or .Nothing \"b\") }} {{ or \"\" .Labels.app }}", "b shop"),
        ("{{ with .Labels.app }}[{{.}}]{{ else }}none{{ end }}", "[shop]"),
        ("{{ with .Nothing }}a{{ else with .Value }}{{ . }}{{ end }}", "1.5"),
        ("{{ $x := .Labels.app }}{{ $x }}{{ $x = \"z\" }}{{ $x }}", "shopz"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ range $k, $v := .Labels }}{{$k}}={{$v}};{{ end }}", "app=shop;n=42;"),
        ("{{ range .Nothing }}x{{ else }}empty{{ end }}", "empty"),
        ("{{ range 3 }}{{ . }}{{ if eq . 1 }}{{ break }}{{ end }},{{ end }}", "0,1"),
        ("{{ range $i, $a := .Alerts }}{{ if $i }}{{ continue }}{{ end }}{{ $a.Status }}{{ end }}", "firing"),
        (
            "{{ len .Alerts.Firing }} {{ .Alerts.Firing | len }} {{ (index .Alerts 1).Status }}",
            "1 1 resolved",
        ),
        ("{{ .Labels.Remove (stringSlice \"app\") }}", "map[n:42]"),
        (
            "{{ range .Alerts }}{{ template \"one\" . }}{{ end }}{{ define \"one\" }}<{{ .Status }}>{{ end }}",
            "<firing><resolved>",
        ),
        ("{{ block \"b\" .Value }}[{{ . }}]{{ end }}", "[1.5]"),
        ("{{ .Labels.app | toUpper | printf \"%s-%s\" \"x\" }}", "x-SHOP"),
        (
            "{{ printf \"%.2f|%5d|%-4s|%q|%v|%x\" .Value 7 \"ab\" \"c\" true 255 }}",
            "1.50|    7|ab  |\"c\"|true|ff",
        ),
        ("{{ .Value | double | print }} {{ double \"2\" }}", "3 4"),
        ("{{ \"q\\\"\" }} {{ `raw` }} {{ 'a' }} {{ 5.50 }} {{ true }} {{ 0x10 }} {{ nil | print }}", "!non"),
        ("{{ index .Labels \"app\" }} {{ slice .Labels.app 1 2 }} {{ index .Labels.app 0 }}", "shop h 115"),
        (
            "{{ html \"<a>\" }} {{ js \"it's\" }} {{ print 1 2 \"x\" }} {{ urlquery \"a b\" }}",
            "&lt;a&gt; it\\'s 1 2x a+b",
        ),
        ("{{ println \"a\" 1 }}", "a 1\n"),
        ("{{ lt 1 2 }} {{ ge 2.5 2.5 }} {{ ne \"a\" \"b\" }} {{ le \"b\" \"a\" }}", "true true true false"),
        (
            "{{ .At | date \"15:04\" }} {{ .At.Unix }} {{ .At }}",
            "10:00 1795168831 2026-11-20 10:00:31.551 +0000 UTC",
        ),
        ("{{ .At | tz \"UTC\" | date \"MST\" }}", "UTC"),
        (
            "{{ join \", \" (stringSlice \"a\" \"b\") }} {{ title \"a b-c\" }} {{ match \"^s\" .Labels.app }}",
            "a, b A B-C true",
        ),
        ("{{ reReplaceAll \"(s)(h)\" \"${2}$1\" .Labels.app }}", "hsop"),
        ("{{ coll.Dict \"a\" 1 \"b\" (coll.Slice 1 \"x\") | data.ToJSON }}", r#"{"a":1,"b":[1,"x"]}"#),
        ("{{ define \"T\" }}{{ . }}!{{ end }}{{ tmpl.Exec \"T\" \"a\" | toUpper }}", "A!"),
        ("{{ (data.JSON `{\"a\":{\"b\":[1,2]}}`).a.b | len }}", "2"),
        ("{{ $.Labels.app }}{{ with .Value }}{{ $.Labels.n }}{{ end }}", "shop42"),
    ] {
        if expected == "!non" {
            assert!(run(template).unwrap_err().contains("nil is not a command"));
            continue;
        }
        assert_eq!(run(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn functions_of_prometheus() {
    let run = |text: &str, value: f64| {
        let data = Value::record([("v", Value::from(value))]);
        Template::parse(text).unwrap().execute(&data, &Functions::prometheus()).unwrap()
    };
    for (text, value, expected) in [
        ("humanize", 1_234_567.0, "1.235M"),
        ("humanize", 0.012_345, "12.35m"),
        ("humanize", f64::INFINITY, "+Inf"),
        ("humanize1024", 1_048_576.0, "1Mi"),
        ("humanizeDuration", 899.99, "14m 59s"),
        ("humanizeDuration", 0.0123, "12.3ms"),
        ("humanizePercentage", 0.123_456_7, "12.35%"),
        ("humanizeTimestamp", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
    ] {
        assert_eq!(run(&format!("{{{{ {text} .v }}}}"), value), expected, "{text} {value}");
    }
    assert_eq!(
        run("{{ parseDuration \"1h30m\" }} {{ stripPort \"a.b:80\" }} {{ stripDomain \"a.b:80\" }}", 0.0),
        "5400 a.b a:80"
    );
    assert_eq!(run("{{ (args 1 \"x\").arg1 }} {{ tableLink \"up\" }}", 0.0), "x /graph?g0.expr=up&g0.tab=1");
}

#[test]
fn mistakes_have_a_place() {
    for (text, expected) in [
        ("a\n{{ .x ", "2:7: unclosed action"),
        ("{{ $nosuch }}", "1:4: undefined variable"),
        ("{{ if true }}", "1:14: unexpected EOF"),
        ("{{ end }}", "1:1: unexpected {{end}}"),
        ("{{ break }}", "1:1: {{break}} outside {{range}}"),
        ("\n  {{ .Nosuch }}", "2:6: at <.Nosuch>: can't evaluate field Nosuch"),
        ("{{ nosuch 1 }}", "1:4: at <nosuch 1>: function \"nosuch\" not defined"),
        ("{{ .Nothing.x }}", "1:4: at <.Nothing.x>: nil data"),
        ("{{ .Labels.app.x }}", "can't evaluate field x in type string"),
        ("{{ index .Alerts 7 }}", "error calling index: index out of range: 7"),
        ("{{ lt 1 \"a\" }}", "incompatible types for comparison"),
        ("{{ template \"nosuch\" }}", "template \"nosuch\" not defined"),
        ("{{ len }}", "wrong number of args for len: want 1 got 0"),
        ("{{ reReplaceAll \"(\" \"\" \"x\" }}", "error calling reReplaceAll"),
        ("{{ .Value 1 }}", "cannot be invoked as function"),
        ("{{ 1 2 }}", "can't give argument to non-function"),
    ] {
        let error = run(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let template = Template::parse("{{ nosuch 1 }}").unwrap();
    assert!(template.check(&functions()).unwrap_err().message.contains("nosuch"));
    assert!(Template::parse("{{ coll.Dict }}{{ and 1 }}").unwrap().check(&functions()).is_ok());
}

#[test]
fn nothing_takes_too_long_or_too_much() {
    for text in [
        "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}",
        "{{ range 1000000000 }}{{ end }}",
        "{{ range 1000 }}{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}{{ end }}",
        "{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range 40 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}",
        "{{ range 100000 }}{{ printf \"%1000d\" 1 }}{{ end }}",
        "{{ $x := coll.Slice }}{{ range 100000 }}{{ $x = coll.Slice $x }}{{ end }}{{ $x }}",
        "{{ $x := coll.Slice 1 }}{{ range 60 }}{{ $x = coll.Slice $x $x }}{{ end }}{{ $x }}",
        "{{ $x := coll.Slice }}{{ range 50000 }}{{ $x = coll.Append 1 $x }}{{ end }}{{ $x }}",
        "{{ range 50000 }}{{ match \"a{1,50}\" \"b\" }}{{ end }}",
        "{{ printf \"%9999999d\" 1 }}",
    ] {
        assert!(run(text).is_err(), "{text}");
    }
    assert!(Template::parse(&"{{ if true }}".repeat(1000)).is_err());
    assert!(Template::parse(&format!("{{{{ {} }}}}", "(".repeat(1000))).is_err());
    assert!(Template::parse(&" ".repeat(MAX_TEMPLATE_BYTES + 1)).is_err());
}

#[test]
fn libraries_are_shared() {
    let mut library = Library::default();
    library.add(
        &Template::parse("{{ define \"a\" }}A{{ end }}{{ define \"b\" }}{{ template \"a\" }}B{{ end }}")
            .unwrap(),
    );
    library.add_as("file", &Template::parse("whole {{ . }}").unwrap());
    library.add(&Template::parse("{{ define \"a\" }}other{{ end }}").unwrap());
    assert!(library.contains("b") && !library.contains("c"));
    let run =
        |text: &str| Template::parse(text).unwrap().execute_in(&library, &Value::Int(1), &Functions::go());
    assert_eq!(run("{{ template \"b\" }}"), Ok("otherB".to_owned()));
    assert_eq!(run("{{ define \"a\" }}mine{{ end }}{{ template \"b\" }}"), Ok("mineB".to_owned()));
    assert_eq!(run("{{ template \"file\" . }}"), Ok("whole 1".to_owned()));
}

/// Pieces of templates, so that random ones often parse.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "block",
        "break",
        "continue",
        "$",
        "$x",
        ":=",
        "=",
        ".",
        ".Labels",
        ".Alerts",
        ".app",
        "|",
        "(",
        ")",
        ",",
        "\"x\"",
        "`y`",
        "'c'",
        "1",
        "-2.5e3",
        "0x7f",
        "true",
        "nil",
        "printf",
        "index",
        "slice",
        "len",
        "and",
        "or",
        "not",
        "eq",
        "lt",
        "print",
        "html",
        "coll.Slice",
        "coll.Append",
        "data.ToJSON",
        "tmpl.Exec",
        "date",
        "/*",
        "*/",
        " ",
        "\n",
        "é",
    ];
    prop_oneof![8 => prop::sample::select(words.map(str::to_owned).to_vec()), 1 => ".{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(pieces in prop::collection::vec(piece(), 0..40)) {
        let _either = run(&pieces.join(" "));
        let _either = run(&pieces.concat());
    }

    #[test]
    fn actions_run_or_say_why(words in prop::collection::vec(piece(), 1..8)) {
        let _either = run(&format!("{{{{ $x := .Labels }}}}{{{{ {} }}}}", words.join(" ")));
    }

    #[test]
    fn text_stays(text in "[^{]*") {
        prop_assert_eq!(run(&text), Ok(text));
    }

    #[test]
    fn printf_never_panics(pattern in "(%[-+# 0]{0,2}[0-9]{0,2}(\\.[0-9]{0,2})?[vdsqxXofegtTcUb%a]|.){0,6}", number in any::<i64>(), float in any::<f64>()) {
        let data = Value::record([("p", Value::from(pattern)), ("n", Value::Int(number)), ("f", Value::from(float))]);
        let template = Template::parse("{{ printf .p .n .f \"text\" }}").unwrap();
        let _either = template.execute(&data, &Functions::go());
    }
}
