package translate

import (
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/template"
)

// fingerprintDefault stands for Sentry's own grouping (event payloads, Fingerprint).
const fingerprintDefault = "{{ default }}"

// Limits of a fingerprint that an app gives: parts, and bytes of each.
const (
	maxFingerprint     = 16
	maxFingerprintPart = 1024
)

// fingerprint is what the event is grouped by; nil is Sentry's own grouping. The rules go before what the app says, and that before the workload of an
// event of the cluster, whose text is the same for all workloads. placed: the only frame is the place where the record was written, which Sentry would group by; what
// was said there goes beside it.
func fingerprint(e *sentry.Event, rec plog.LogRecord, read *fields.Record, from Origin, placed bool) []string {
	parts := from.Options.Fingerprints.of(e, rec, read, from.Attributes)
	if parts == nil {
		parts = validFingerprint(read.Fingerprint)
	}
	if parts == nil {
		if workload := clusterWorkload(rec, from.Attributes); workload != "" {
			parts = []string{fingerprintDefault, workload}
		}
	}
	if placed && (parts == nil || slices.Contains(parts, fingerprintDefault)) {
		if parts == nil {
			parts = []string{fingerprintDefault}
		}
		parts = append(parts, said(e))
	}
	if len(parts) == 1 && parts[0] == fingerprintDefault {
		return nil
	}
	return parts
}

// said is the template of what the event says.
func said(e *sentry.Event) string {
	if value := thrownBy(e).Value; value != "" {
		return template.Of(value).Text
	}
	switch m := e.Message; {
	case m == nil:
		return ""
	case m.Template != "":
		return m.Template
	default:
		return m.Formatted
	}
}

// validFingerprint is what of a given fingerprint can be sent; nil where that is nothing. A list may come as the JSON of one, from where there are no
// lists.
func validFingerprint(given []string) []string {
	if len(given) == 1 && strings.HasPrefix(given[0], "[") {
		var list []string
		if json.Unmarshal([]byte(given[0]), &list) == nil {
			given = list
		}
	}
	var parts []string
	for _, part := range given[:min(len(given), maxFingerprint)] {
		part = strings.ToValidUTF8(strings.TrimSpace(part), "")
		if part == "{{default}}" {
			part = fingerprintDefault
		}
		if len(part) > maxFingerprintPart {
			part = strings.ToValidUTF8(part[:maxFingerprintPart], "")
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// workloadKeys name the workload of a resource; what a person knows goes before what it makes.
var workloadKeys = []string{"k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name"}

// clusterWorkload names the workload that an event of the cluster is about (the Kubernetes events receiver); "" where the record is none. Of an object
// whose owner is not known its kind and its name without the hashes stand in.
func clusterWorkload(rec plog.LogRecord, res pcommon.Map) string {
	if _, ok := rec.Attributes().Get("k8s.event.reason"); !ok || res == (pcommon.Map{}) {
		return ""
	}
	name := attrText(res, workloadKeys...)
	if object := attrText(res, "k8s.object.name"); name == "" && object != "" {
		name = attrText(res, "k8s.object.kind") + "/" + template.Of(object).Text
	}
	if name == "" {
		return ""
	}
	namespace := attrText(res, "k8s.namespace.name")
	if namespace == "" {
		namespace = attrText(rec.Attributes(), "k8s.namespace.name")
	}
	return namespace + "/" + name
}
