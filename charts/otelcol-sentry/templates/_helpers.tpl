{{/* The name of this release's objects: "otelcol-sentry" for a release of that name. */}}
{{- define "otelcol-sentry.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* runs ROOT COMPONENT: "true" where the mode has the component. */}}
{{- define "otelcol-sentry.runs" -}}
{{- $root := index . 0 -}}
{{- if has (index . 1) (splitList "+" $root.Values.mode) -}}true{{- end -}}
{{- end -}}

{{/* What selects a component's pods. It must never change: the API server refuses an upgrade that does. */}}
{{- define "otelcol-sentry.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end -}}
{{- end -}}

{{- define "otelcol-sentry.labels" -}}
{{- $root := index . 0 -}}
{{ include "otelcol-sentry.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{/* metadata ROOT COMPONENT NAME: of an object in the release's namespace. */}}
{{- define "otelcol-sentry.metadata" -}}
name: {{ index . 2 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "otelcol-sentry.labels" (list (index . 0) (index . 1)) | nindent 2 }}
{{- end -}}

{{- define "otelcol-sentry.serviceAccount" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.serviceAccount.create -}}
{{ include "otelcol-sentry.fullname" $root }}-{{ index . 1 }}
{{- else -}}
{{- default "default" (get $root.Values.serviceAccount (printf "%sName" (index . 1))) -}}
{{- end -}}
{{- end -}}

{{- define "otelcol-sentry.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret that holds DSNs. */}}
{{- define "otelcol-sentry.secret" -}}
{{- default (include "otelcol-sentry.fullname" .) .Values.sentry.existingSecret -}}
{{- end -}}

{{/* The variable that holds the DSN of a project. */}}
{{- define "otelcol-sentry.dsnVariable" -}}
SENTRY_DSN_{{ upper . | replace "-" "_" }}
{{- end -}}

{{/* bytes QUANTITY: of memory or disk. */}}
{{- define "otelcol-sentry.bytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $number := regexFind "^[0-9]+" (toString .) -}}
{{- $unit := trimPrefix $number (toString .) -}}
{{- if or (not $number) (not (hasKey $units $unit)) -}}
{{- fail (printf "%q is no size: write a whole number and Ki, Mi, Gi or Ti, such as 512Mi" (toString .)) -}}
{{- end -}}
{{- mul (atoi $number) (get $units $unit) -}}
{{- end -}}

{{/* Four fifths of the memory limit: Go collects garbage before the kernel kills. */}}
{{- define "otelcol-sentry.goMemLimit" -}}
{{- with .limits -}}{{- with .memory -}}
{{- div (mul (include "otelcol-sentry.bytes" .) 8) 10485760 -}}
{{- end -}}{{- end -}}
{{- end -}}

{{/* severalGateways: whether one trace may come to more than one gateway. */}}
{{- define "otelcol-sentry.severalGateways" -}}
{{- if or .Values.gateway.autoscaling.enabled (gt (int .Values.gateway.replicas) 1) -}}true{{- end -}}
{{- end -}}

{{/* checks stops the installation with a sentence that says what to set. */}}
{{- define "otelcol-sentry.checks" -}}
{{- $v := .Values -}}
{{- if not (has $v.mode (list "agent" "gateway" "agent+gateway")) -}}
{{- fail (printf "mode is %q: set it to agent, gateway or agent+gateway. (A sidecar is no mode of this chart: configs/operator has it.)" $v.mode) -}}
{{- end -}}
{{- if and (not $v.sentry.dsn) (not $v.sentry.existingSecret) -}}
{{- fail "There is no DSN: set sentry.dsn to that of your Sentry project (Settings > Client Keys), or sentry.existingSecret to the name of a Secret that holds it under the key dsn." -}}
{{- end -}}
{{- if and $v.sentry.dsn $v.sentry.existingSecret -}}
{{- fail "sentry.dsn and sentry.existingSecret are both set: keep one of them." -}}
{{- end -}}
{{- range $v.projects -}}
{{- if and $v.sentry.existingSecret .dsn -}}
{{- fail (printf "projects: the DSN of %q belongs into the Secret %q under the key %q, because sentry.existingSecret is set." .name $v.sentry.existingSecret (include "otelcol-sentry.projectKey" .)) -}}
{{- end -}}
{{- if and (not $v.sentry.existingSecret) (not .dsn) -}}
{{- fail (printf "projects: set the dsn of %q." .name) -}}
{{- end -}}
{{- end -}}
{{- if and (include "otelcol-sentry.runs" (list . "gateway")) $v.gateway.persistence.enabled -}}
{{- if gt (mul 4 (include "otelcol-sentry.bytes" $v.gateway.queueSize)) (mul 3 (include "otelcol-sentry.bytes" $v.gateway.persistence.size)) -}}
{{- fail (printf "gateway.queueSize is %s: it may be three quarters of gateway.persistence.size (%s) at most." $v.gateway.queueSize $v.gateway.persistence.size) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The key of a project's DSN in the Secret. */}}
{{- define "otelcol-sentry.projectKey" -}}
{{- default (printf "dsn-%s" .name) .secretKey -}}
{{- end -}}

{{/* Whether a component itself sends to Sentry. */}}
{{- define "otelcol-sentry.sends" -}}
{{- $root := index . 0 -}}
{{- if not (and (eq (index . 1) "agent") (eq $root.Values.mode "agent+gateway") (eq $root.Values.agent.toGateway "everything")) -}}true{{- end -}}
{{- end -}}
