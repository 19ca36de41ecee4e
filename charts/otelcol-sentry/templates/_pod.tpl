{{/* What the pods of agents and gateways have in common. All take ROOT COMPONENT. */}}

{{- define "otelcol-sentry.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (index . 1) -}}
annotations:
  checksum/config: {{ include (printf "otelcol-sentry.%sConfig" (index . 1)) $root | sha256sum }}
  {{- if not $root.Values.sentry.existingSecret }}
  checksum/secret: {{ include "otelcol-sentry.dsns" $root | sha256sum }}
  {{- end }}
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
labels:
  {{- include "otelcol-sentry.labels" . | nindent 2 }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "otelcol-sentry.podSpec" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (index . 1) -}}
serviceAccountName: {{ include "otelcol-sentry.serviceAccount" . }}
automountServiceAccountToken: {{ $root.Values.presets.kubernetesAttributes.enabled }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
securityContext: {{ toYaml $values.podSecurityContext | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "otelcol-sentry.container" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (index . 1) -}}
name: {{ index . 1 }}
image: {{ include "otelcol-sentry.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args: [--config=/etc/otelcol-sentry/config.yaml]
env:
  {{- include "otelcol-sentry.env" . | nindent 2 }}
livenessProbe:
  httpGet: {path: /health/status, port: health}
readinessProbe:
  httpGet: {path: /health/status, port: health}
startupProbe:
  httpGet: {path: /health/status, port: health}
  periodSeconds: 2
  failureThreshold: 60
resources: {{ toYaml $values.resources | nindent 2 }}
securityContext: {{ toYaml $values.securityContext | nindent 2 }}
{{- end -}}

{{- define "otelcol-sentry.env" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (index . 1) -}}
{{- if include "otelcol-sentry.sends" . -}}
- name: SENTRY_DSN
  valueFrom: {secretKeyRef: {name: {{ include "otelcol-sentry.secret" $root }}, key: {{ $root.Values.sentry.existingSecretKey }}}}
{{ range $root.Values.projects -}}
- name: {{ include "otelcol-sentry.dsnVariable" .name }}
  valueFrom: {secretKeyRef: {name: {{ include "otelcol-sentry.secret" $root }}, key: {{ include "otelcol-sentry.projectKey" . }}}}
{{ end -}}
{{- end -}}
- {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
{{- if eq (index . 1) "agent" }}
- {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: K8S_NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
{{- end }}
{{- if include "otelcol-sentry.findsGateways" . }}
- {name: GATEWAY_HOST, value: {{ include "otelcol-sentry.fullname" $root }}-gateway-headless.{{ $root.Release.Namespace }}}
{{- end }}
{{- if and (eq (index . 1) "gateway") $root.Values.gateway.tls.secretName }}
- {name: GATEWAY_TLS, value: /var/run/otelcol-sentry/tls}
{{- end }}
{{- with $root.Values.environment }}
- {name: SENTRY_ENVIRONMENT, value: {{ quote . }}}
{{- end }}
{{- with $root.Values.clusterName }}
- {name: K8S_CLUSTER_NAME, value: {{ quote . }}}
{{- end }}
{{- with include "otelcol-sentry.goMemLimit" $values.resources }}
- {name: GOMEMLIMIT, value: {{ . }}MiB}
{{- end }}
{{- with concat $root.Values.extraEnvs (get $root.Values (index . 1)).extraEnvs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* findsGateways ROOT COMPONENT: whether its configuration sends to gateways. */}}
{{- define "otelcol-sentry.findsGateways" -}}
{{- $root := index . 0 -}}
{{- if eq (index . 1) "agent" -}}
{{- if eq $root.Values.mode "agent+gateway" -}}true{{- end -}}
{{- else -}}
{{- include "otelcol-sentry.severalGateways" $root -}}
{{- end -}}
{{- end -}}

{{/* The DSNs that this chart keeps. Not stringData: of that the API server would forget no key. */}}
{{- define "otelcol-sentry.dsns" -}}
{{ .Values.sentry.existingSecretKey }}: {{ b64enc .Values.sentry.dsn }}
{{- range .Values.projects }}
{{ include "otelcol-sentry.projectKey" . }}: {{ b64enc .dsn }}
{{- end }}
{{- end -}}
