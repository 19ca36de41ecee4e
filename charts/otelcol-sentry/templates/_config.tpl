{{/*
The collectors' configurations: files/*.yaml, which are those of the repository's configs/, with what the values say merged over them.
*/}}

{{/* merge INTO OVER: maps are merged, everything else replaces; null removes. */}}
{{- define "otelcol-sentry.merge" -}}
{{- $into := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $into $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $into $key)) -}}
{{- include "otelcol-sentry.merge" (list (get $into $key) $value) -}}
{{- else -}}
{{- $_ := set $into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* mergeFile ROOT INTO NAME */}}
{{- define "otelcol-sentry.mergeFile" -}}
{{- include "otelcol-sentry.merge" (list (index . 1) ((index . 0).Files.Get (printf "files/%s.yaml" (index . 2)) | fromYaml)) -}}
{{- end -}}

{{/* without CONFIG SECTION NAME...: takes components out, also of the pipelines. */}}
{{- define "otelcol-sentry.without" -}}
{{- $config := index . 0 -}}
{{- $section := index . 1 -}}
{{- range $name := slice . 2 -}}
{{- $_ := unset (get $config $section) $name -}}
{{- if eq $section "extensions" -}}
{{- $_ := set $config.service "extensions" (without $config.service.extensions $name) -}}
{{- else -}}
{{- range $pipeline := $config.service.pipelines -}}
{{- $_ := set $pipeline $section (without (get $pipeline $section) $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the values say about the exporter. */}}
{{- define "otelcol-sentry.exporter" -}}
sending_queue:
  queue_size: {{ include "otelcol-sentry.bytes" (index . 1) }}
{{- with (index . 0).Values }}
{{- if .sentryLogs.enabled }}
logs:
  enabled: true
  min_severity: {{ .sentryLogs.minSeverity }}
{{- end }}
{{- with .projects }}
projects:
{{- range . }}
  - name: {{ .name }}
    dsn: ${env:{{ include "otelcol-sentry.dsnVariable" .name }}}
    {{- with .match }}
    match: {{ toYaml . | nindent 6 }}
    {{- end }}
    {{- with .namespaces }}
    namespaces: {{ toYaml . | nindent 6 }}
    {{- end }}
    {{- with .onFull }}
    on_full: {{ . }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What is common to agent and gateway; the last word is the user's. */}}
{{- define "otelcol-sentry.finish" -}}
{{- $root := index . 0 -}}
{{- $config := index . 1 -}}
{{- $component := index . 2 -}}
{{- $values := get $root.Values $component -}}
{{- if include "otelcol-sentry.sends" (list $root $component) -}}
{{- $exporter := include "otelcol-sentry.exporter" (list $root $values.queueSize) | fromYaml -}}
{{- include "otelcol-sentry.merge" (list $config.exporters.sentry $exporter) -}}
{{- end -}}
{{- if not $root.Values.presets.kubernetesAttributes.enabled -}}
{{- include "otelcol-sentry.without" (list $config "extensions" "k8s_rights") -}}
{{- include "otelcol-sentry.without" (list $config "processors" "k8s_attributes" "k8s_wait") -}}
{{- end -}}
{{- include "otelcol-sentry.merge" (list $config $root.Values.config) -}}
{{- include "otelcol-sentry.merge" (list $config $values.config) -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Which log files the agent reads. */}}
{{- define "otelcol-sentry.logFiles" -}}
{{- $root := index . 0 -}}
{{- $files := index . 1 -}}
{{- with $root.Values.presets.logsCollection -}}
{{- if .namespaces -}}
{{- $include := list -}}
{{- range $namespace := .namespaces -}}
{{- range $files.include -}}
{{- $include = append $include (replace "/*/*/" (printf "/%s_*/*/" $namespace) .) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $files "include" $include -}}
{{- end -}}
{{- $logs := "${env:AGENT_POD_LOGS:-/var/log/pods}" -}}
{{- $exclude := list -}}
{{- range .excludeNamespaces -}}
{{- $exclude = append $exclude (printf "%s/%s_*/*/*" $logs .) -}}
{{- end -}}
{{- if not .includeCollectorLogs -}}
{{- range list "agent" "gateway" -}}
{{- $exclude = append $exclude (printf "%s/%s_%s-%s-*/*/*" $logs $root.Release.Namespace (include "otelcol-sentry.fullname" $root) .) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $files "exclude" $exclude -}}
{{- end -}}
{{- end -}}

{{- define "otelcol-sentry.agentConfig" -}}
{{- $config := dict -}}
{{- include "otelcol-sentry.mergeFile" (list . $config "agent") -}}
{{- if eq .Values.mode "agent+gateway" -}}
{{- include "otelcol-sentry.mergeFile" (list . $config (ternary "agent-all-to-gateway" "agent-spans-to-gateway" (eq .Values.agent.toGateway "everything"))) -}}
{{- end -}}
{{- if .Values.presets.logsCollection.enabled -}}
{{- include "otelcol-sentry.logFiles" (list . $config.receivers.file_log) -}}
{{- else -}}
{{- $_ := unset $config.receivers "file_log" -}}
{{- $_ := unset $config.service.pipelines "logs/files" -}}
{{- include "otelcol-sentry.without" (list $config "extensions" "offset_guard" "file_storage/offsets") -}}
{{- end -}}
{{- include "otelcol-sentry.finish" (list . $config "agent") -}}
{{- end -}}

{{- define "otelcol-sentry.gatewayConfig" -}}
{{- $config := dict -}}
{{- include "otelcol-sentry.mergeFile" (list . $config "gateway") -}}
{{- if include "otelcol-sentry.severalGateways" . -}}
{{- include "otelcol-sentry.mergeFile" (list . $config "gateway-replicas") -}}
{{- end -}}
{{- if .Values.gateway.tls.secretName -}}
{{- include "otelcol-sentry.mergeFile" (list . $config "gateway-tls") -}}
{{- end -}}
{{- if not .Values.presets.shippers.enabled -}}
{{- $_ := unset $config.service.pipelines "logs/shippers" -}}
{{- include "otelcol-sentry.without" (list $config "receivers" "fluent_forward" "syslog") -}}
{{- include "otelcol-sentry.without" (list $config "processors" "transform/shipper" "groupbyattrs/shipper") -}}
{{- end -}}
{{- include "otelcol-sentry.finish" (list . $config "gateway") -}}
{{- end -}}
