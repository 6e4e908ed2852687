//! The templates that are always there. Users' templates call them by these names, so the names are Grafana's.

pub(super) const TEMPLATES: &str = r#"
{{- define "__subject" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ if .Alerts.Resolved }}, RESOLVED:{{ len .Alerts.Resolved }}{{ end }}{{ end }}] {{ join " " .GroupLabels.SortedPairs.Values }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ join " " (.CommonLabels.Remove .GroupLabels.Names).Values }}){{ end }}
{{- end -}}

{{- define "__text_values_list" -}}
{{ if len .Values }}{{ $first := true }}{{ range $name, $value := .Values }}{{ if $first }}{{ $first = false }}{{ else }}, {{ end }}{{ $name }}={{ $value }}{{ end }}{{ else }}[no value]{{ end }}
{{- end -}}

{{- define "__text_alert_list" -}}
{{ range . }}
Value: {{ template "__text_values_list" . }}
Labels:
{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Annotations:
{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}{{ if .GeneratorURL }}Source: {{ .GeneratorURL }}
{{ end }}{{ if .SilenceURL }}Silence: {{ .SilenceURL }}
{{ end }}{{ if .DashboardURL }}Dashboard: {{ .DashboardURL }}
{{ end }}{{ if .PanelURL }}Panel: {{ .PanelURL }}
{{ end }}{{ end }}
{{- end -}}

{{- define "default.title" }}{{ template "__subject" . }}{{ end -}}

{{- define "default.message" -}}
{{ if .Alerts.Firing }}**Firing**
{{ template "__text_alert_list" .Alerts.Firing }}{{ if .Alerts.Resolved }}

{{ end }}{{ end }}{{ if .Alerts.Resolved }}**Resolved**
{{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}
{{- end -}}

{{- define "slack.default.title" }}{{ template "default.title" . }}{{ end -}}
{{- define "slack.default.text" }}{{ template "default.message" . }}{{ end -}}
{{- define "pagerduty.default.description" }}{{ template "default.title" . }}{{ end -}}

{{- define "teams.default.message" -}}
{{ if .Alerts.Firing }}**Firing**

{{ template "__teams_text_alert_list" .Alerts.Firing }}{{ end }}{{ if .Alerts.Resolved }}**Resolved**

{{ template "__teams_text_alert_list" .Alerts.Resolved }}{{ end }}
{{- end -}}

{{- define "__teams_text_alert_list" -}}
{{ range . }}Value: {{ template "__text_values_list" . }}

Labels:
{{ range .Labels.SortedPairs }}- {{ .Name }} = {{ .Value }}
{{ end }}
Annotations:
{{ range .Annotations.SortedPairs }}- {{ .Name }} = {{ .Value }}
{{ end }}{{ if .GeneratorURL }}
Source: [{{ .GeneratorURL }}]({{ .GeneratorURL }})
{{ end }}{{ if .SilenceURL }}
Silence: [{{ .SilenceURL }}]({{ .SilenceURL }})
{{ end }}{{ if .DashboardURL }}
Dashboard: [{{ .DashboardURL }}]({{ .DashboardURL }})
{{ end }}{{ if .PanelURL }}
Panel: [{{ .PanelURL }}]({{ .PanelURL }})
{{ end }}
{{ end }}
{{- end -}}

{{- define "__html_alert_list" -}}
{{ range . }}<table style="border-collapse:collapse;margin:0 0 16px;width:100%;border-left:4px solid {{ if eq .Status "firing" }}#d63232{{ else }}#36a64f{{ end }}">
<tr><td colspan="2" style="padding:4px 12px;font-size:16px"><b>{{ html .Labels.alertname }}</b></td></tr>
{{ with .Annotations.summary }}<tr><td colspan="2" style="padding:4px 12px">{{ html . }}</td></tr>
{{ end }}{{ with .Annotations.description }}<tr><td colspan="2" style="padding:4px 12px">{{ html . }}</td></tr>
{{ end }}<tr><td style="padding:2px 12px;color:#666">Values</td><td>{{ html (tmpl.Exec "__text_values_list" .) }}</td></tr>
<tr><td style="padding:2px 12px;color:#666">Since</td><td>{{ .StartsAt | date "2006-01-02 15:04:05 MST" }}</td></tr>
{{ if eq .Status "resolved" }}<tr><td style="padding:2px 12px;color:#666">Until</td><td>{{ .EndsAt | date "2006-01-02 15:04:05 MST" }}</td></tr>
{{ end }}{{ range .Labels.SortedPairs }}<tr><td style="padding:2px 12px;color:#666">{{ html .Name }}</td><td>{{ html .Value }}</td></tr>
{{ end }}<tr><td colspan="2" style="padding:4px 12px">{{ with .Annotations.runbook_url }}<a href="{{ html . }}">Runbook</a> {{ end }}{{ with .GeneratorURL }}<a href="{{ html . }}">Rule</a> {{ end }}{{ with .DashboardURL }}<a href="{{ html . }}">Dashboard</a> {{ end }}{{ with .PanelURL }}<a href="{{ html . }}">Panel</a> {{ end }}{{ with .SilenceURL }}<a href="{{ html . }}">Silence</a>{{ end }}</td></tr>
</table>
{{ end }}
{{- end -}}

{{- define "email.default.html" -}}
<!doctype html><html><body style="font-family:sans-serif;color:#222">
{{ if .Alerts.Firing }}<h2>{{ len .Alerts.Firing }} firing</h2>
{{ template "__html_alert_list" .Alerts.Firing }}{{ end }}{{ if .Alerts.Resolved }}<h2>{{ len .Alerts.Resolved }} resolved</h2>
{{ template "__html_alert_list" .Alerts.Resolved }}{{ end }}<p style="color:#666">Sent by <a href="{{ html .ExternalURL }}">{{ html .ExternalURL }}</a></p>
</body></html>
{{- end -}}
"#;
