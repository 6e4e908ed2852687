use super::*;

struct Sample;

impl Data for Sample {
    fn label(&self, field: Field<'_>) -> Option<&str> {
        match field.name {
            "app" => Some("shop"),
            "took" => Some("1.5s"),
            "n" => Some("42"),
            "json" => Some(r#"{"items":[{"sku":"A","qty":2},{"sku":"B","qty":1}],"deep":{"x":"y"}}"#),
            _ => None,
        }
    }

    fn labels(&self, visit: &mut dyn FnMut(&str, &str)) {
        visit("n", "42");
        visit("app", "shop");
    }

    fn line(&self) -> &str {
        "the line"
    }

    fn timestamp(&self) -> i64 {
        1_795_168_831_551_321_978
    }
}

fn run(text: &str) -> Result<String, String> {
    let template = Template::parse("line", text)?;
    let mut out = String::new();
    template.execute(&Sample, &mut out)?;
    Ok(out)
}

#[test]
fn templates_render() {
    for (template, expected) in [
        ("plain", "plain"),
        ("{{.app}}-{{ .nosuch }}|", "shop-|"),
        ("a {{- .app -}} b", "ashopb"),
        ("{{/* note */}}x", "x"),
        (
            "{{ __line__ }} {{ __line__ | len }} {{ __timestamp__ }}",
            "the line 8 2026-11-20 10:00:31.551321978 +0000 UTC",
        ),
        ("{{ if eq .app \"shop\" }}y{{ else if eq .app \"x\" }}x{{ else }}n{{ end }}", "y"),
        ("{{ if not (eq .app \"shop\" \"y\") }}n{{ else }}-{{ end }}", "-"),
        ("{{ and .app (or .nosuch \"b\") }} {{ or .nosuch .app }}", "b shop"),
        ("{{ with .app }}[{{.}}]{{ else }}none{{ end }}", "[shop]"),
        ("{{ $x := .app }}{{ $x }}{{ $x = \"z\" }}{{ $x }}", "shopz"),
        ("{{ range $k, $v := . }}{{$k}}={{$v}};{{ end }}", "app=shop;n=42;"),
        (
            "{{ range $i, $e := (fromJson .json).items }}{{ if $i }},{{ end }}{{ $e.sku }}x{{ $e.qty }}{{ end }}",
            "Ax2,Bx1",
        ),
        ("{{ range (fromJson .json).items }}{{ .sku }}{{ break }}{{ end }}", "A"),
        ("{{ (fromJson .json).deep.x }}{{ (fromJson .json).nosuch }}", "y<no value>"),
        ("{{ define \"T\" }}[{{.}}]{{ end }}{{ template \"T\" .app }}", "[shop]"),
        ("{{ .app | upper | printf \"%s-%s\" \"x\" }}", "x-SHOP"),
        ("{{ add 1 2 3 }} {{ sub 9 4 }} {{ div 17 5 }} {{ mod 17 5 }} {{ addf 0.1 0.2 }}", "6 5 3 2 0.3"),
        ("{{ .n | int | mul 3 }} {{ max 1 5 3 }} {{ round 123.5555 3 }} {{ ceil \"x\" }}", "126 5 123.556 0"),
        ("{{ duration .took }} {{ bytes \"1.5MiB\" }}", "1.5 1.572864e+06"),
        (
            "{{ trunc 2 .app }} {{ trunc -2 .app }} {{ substr 1 3 .app }} {{ title \"a b-c\" }}",
            "sh op ho A B-C",
        ),
        ("{{ alignLeft 6 .app }}|{{ alignRight 6 .app }}|{{ alignRight 2 .app }}", "shop  |  shop|op"),
        ("{{ regexReplaceAll \"(s)(h)\" .app \"${2}$1\" }} {{ count \"[so]\" .app }}", "hsop 2"),
        (
            "{{ b64enc .app }} {{ b64enc .app | b64dec }} {{ b64dec \"!!!\" }}",
            "c2hvcA== shop illegal base64 data at input byte 0",
        ),
        ("{{ urlencode \"a b/c\" }} {{ urldecode \"a+b%2Fc\" }}", "a+b%2Fc a b/c"),
        (
            "{{ toDateInZone \"2006-01-02 15:04\" \"Europe/Berlin\" \"2026-11-20 10:00\" | unixEpoch }}",
            "1795165200",
        ),
        ("{{ unixToTime \"1795168801\" | date \"15:04:05\" }}", "10:00:01"),
        ("{{ \"q\\\"\" }} {{ `raw` }} {{ 'a' }} {{ 5.50 }} {{ true }} {{ 0x10 }}", "q\" raw 97 5.5 true 16"),
        ("{{ .nosuch | default \"d\" }} {{ len .app }} {{ index .app 0 }} {{ slice .app 1 2 }}", "d 4 115 h"),
        ("{{ html \"<a>\" }} {{ js \"it's\" }} {{ print 1 2 \"x\" }}", "&lt;a&gt; it\\'s 1 2x"),
    ] {
        assert_eq!(run(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn bad_templates_say_where_and_why() {
    for (template, error) in [
        ("{{", "template: line:1: unclosed action"),
        ("{{ nope }}", "template: line:1: function \"nope\" not defined"),
        ("{{ .a-b }}", "template: line:1: bad character U+002D '-'"),
        ("\n{{ if .a }}", "template: line:2: unexpected EOF"),
        ("{{ end }}", "template: line:1: unexpected {{end}}"),
        ("{{ $x }}", "template: line:1: undefined variable \"$x\""),
        ("{{ .a | 5 }}", "template: line:1: non executable command in pipeline"),
        ("{{ break }}", "template: line:1: {{break}} outside {{range}}"),
        ("{{ \"a }}", "template: line:1: unterminated quoted string"),
        ("{{}}", "template: line:1: missing value for command"),
    ] {
        assert_eq!(run(template), Err(error.to_owned()), "{template}");
    }
}

#[test]
fn faults_of_a_run_name_the_place() {
    for (template, error) in [
        ("{{ div 1 0 }}", "<div 1 0>: error calling div: runtime error: integer divide by zero"),
        (
            "{{ bytes \"x\" }}",
            "<bytes \"x\">: error calling bytes: strconv.ParseFloat: parsing \"\": invalid syntax",
        ),
        ("{{ template \"nope\" }}", "template \"nope\" not defined"),
        ("{{ nil | default \"n\" }}", "nil is not a command"),
        ("{{ slice .app 99 }}", "<slice .app 99>: error calling slice: index out of range: 99"),
        ("{{ repeat 99999999 .app }}", "the result is too large"),
        (
            "{{ $x := printf \"%1000d\" 1 }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}",
            "error calling print: the result is too large",
        ),
        ("{{ regexReplaceAll \"\" (repeat 9999 .app) (repeat 9999 .app) }}", "the result is too large"),
        (
            "{{ define \"T\" }}{{ template \"T\" }}{{ end }}{{ template \"T\" }}",
            "exceeded maximum template depth",
        ),
        (
            "{{ range $a := . }}{{ range 99999 }}{{ range 99999 }}x{{ end }}{{ end }}{{ end }}",
            "too long or is too large",
        ),
    ] {
        let found = run(template).unwrap_err();
        assert!(found.contains(error), "{template}: {found}");
    }
}

#[test]
fn templates_tell_what_they_read() {
    let template = Template::parse("line", "{{.a}}{{if .b}}{{.a}}{{end}}").unwrap();
    assert_eq!(template.fields(), ["a", "b"]);
    assert!(!template.reads_everything());
    assert!(Template::parse("line", "{{range $k, $v := .}}{{end}}").unwrap().reads_everything());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_or_a_run_panic(words in proptest::collection::vec(proptest::sample::select(vec![
        "{{", "}}", "-", " ", ".", ".app", "$x", ":=", "=", "|", "(", ")", "\"a\"", "5", "-1", "range", "if", "else",
        "end", "with", "define", "template", "printf", "\"%5.3q\"", "index", "slice", "trunc", "substr", "é", "len",
        "fromJson", ",", "break", "/*", "*/", "__line__", "nil", "and", "date", "\"2006\"", "now",
    ]), 0..16)) {
        drop(run(&words.concat()));
        drop(run(&words.join(" ")));
        drop(run(&format!("{{{{ {} }}}}", words.join(" "))));
    }
}
