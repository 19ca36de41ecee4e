package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Defaults stand in for what a resource does not say.
type Defaults struct {
	Environment, Release string
	// NamedRelease puts the service's name before its version: name@version, which Sentry orders as semantic versions and keeps apart from other services'.
	NamedRelease bool
}

// resourceField is where a resource attribute goes: a field of a context.
type resourceField struct{ context, field string }

// resourceFields maps single attributes; resourcePrefixes maps whole families, with the prefix cut where strip is set.
// The names inside os, runtime, device, app and cloud_resource are Sentry's (event payloads, Contexts); k8s, container and process are
// ours, since Sentry has none.
var (
	resourceFields = map[string]resourceField{
		"os.name":                     {"os", "name"},
		"os.type":                     {"os", "type"},
		"os.version":                  {"os", "version"},
		"os.build_id":                 {"os", "build"},
		"os.description":              {"os", "raw_description"},
		"process.runtime.name":        {"runtime", "name"},
		"process.runtime.version":     {"runtime", "version"},
		"process.runtime.description": {"runtime", "raw_description"},
		"device.id":                   {"device", "device_unique_identifier"},
		"device.manufacturer":         {"device", "manufacturer"},
		"device.model.identifier":     {"device", "model_id"},
		"device.model.name":           {"device", "model"},
		"host.arch":                   {"device", "arch"},
		"host.id":                     {"cloud_resource", "host.id"},
		"host.type":                   {"cloud_resource", "host.type"},
		"service.name":                {"app", "app_name"},
		"service.version":             {"app", "app_version"},
		"app.build_id":                {"app", "app_build"},
		"process.creation.time":       {"app", "app_start_time"},
	}
	resourcePrefixes = []struct {
		prefix, context string
		strip           bool
	}{
		{"k8s.", "k8s", true},
		{"container.", "container", true},
		{"cloud.", "cloud_resource", false},
		{"process.", "process", true},
	}
)

// resourceTags are the few attributes worth searching for. The pod is not among them: server_name is, and a pod's hash changes with
// every rollout.
var resourceTags = []string{
	"service.name", "service.namespace", "service.instance.id",
	"k8s.cluster.name", "k8s.namespace.name", "k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name",
	"k8s.cronjob.name", "k8s.job.name", "k8s.container.name", "k8s.node.name", "container.image.name", tagImage, "cloud.region",
}

// tagService is the one that a record's body may name too; tagImage has several sources.
const (
	tagService = "service.name"
	tagImage   = "container.image.tag"
)

// Attributes that are said elsewhere, or would be long and tell nobody anything.
var resourceSkipped = map[string]bool{
	"deployment.environment.name": true, "deployment.environment": true, "host.name": true,
	"telemetry.sdk.language": true, "process.command_args": true, "process.command_line": true,
}

// contextOrder is the order in which contexts are written.
var contextOrder = []string{"os", "runtime", "device", "app", "cloud_resource", "k8s", "container", "process"}

// Resource says what all items of a resource share. The strings are borrowed from the resource.
func Resource(res pcommon.Resource, defaults Defaults) *sentry.Resource {
	attrs := res.Attributes()
	out := &sentry.Resource{
		Platform:    platformOf(attrs),
		Release:     releaseOf(attrs, defaults),
		Environment: envelope.SanitizeEnvironment(attrText(attrs, environmentKeys...)),
		ServerName:  attrText(attrs, "host.name", "k8s.pod.name", "k8s.node.name"),
	}
	if out.Release == "" {
		out.Release, out.ReleaseAssumed = envelope.SanitizeRelease(defaults.Release), true
	}
	if out.Environment == "" {
		out.Environment, out.EnvironmentAssumed = envelope.SanitizeEnvironment(defaults.Environment), true
	}
	for _, key := range resourceTags {
		v := attrText(attrs, key)
		if key == tagImage {
			v = imageTag(attrs)
		}
		if v != "" {
			out.Tags = append(out.Tags, sentry.Tag{Key: key, Value: v})
		}
	}
	out.Contexts = resourceContexts(attrs)
	return out
}

// runtimePlatforms are the languages of runtimes (semantic conventions, process.runtime.name), for resources without an SDK's language.
var runtimePlatforms = map[string]string{
	"go": "go", "cpython": "python", "pypy": "python", "jython": "python", "nodejs": "node", "node": "node", "deno": "node", "bun": "node", "browser": "javascript",
	".net": "dotnet", ".net core": "dotnet", ".net framework": "dotnet", "openjdk runtime environment": "java", "java(tm) se runtime environment": "java",
	"ruby": "ruby", "jruby": "ruby", "truffleruby": "ruby", "php": "php", "beam": "erlang",
}

func platformOf(attrs pcommon.Map) string {
	if language := attrText(attrs, "telemetry.sdk.language"); language != "" {
		return language
	}
	return runtimePlatforms[strings.ToLower(attrText(attrs, "process.runtime.name"))]
}

var environmentKeys = []string{"deployment.environment.name", "deployment.environment"}

func firstValid(sanitize func(string) string, candidates ...string) string {
	for _, c := range candidates {
		if s := sanitize(c); s != "" {
			return s
		}
	}
	return ""
}

func resourceContexts(attrs pcommon.Map) []sentry.Context {
	fields := make(map[string][]sentry.Attr, len(contextOrder))
	var rest []sentry.Attr
	for _, attr := range appendAttrs(nil, attrs, 0, func(key string) bool { return resourceSkipped[key] }) {
		if context, field, ok := placeOf(attr.Key); ok {
			fields[context] = append(fields[context], sentry.Attr{Key: field, Value: attr.Value})
		} else {
			rest = append(rest, attr)
		}
	}
	fields["os"] = nameOS(fields["os"])
	var out []sentry.Context
	for _, key := range contextOrder {
		if len(fields[key]) > 0 {
			out = append(out, sentry.Context{Key: key, Fields: fields[key]})
		}
	}
	if len(rest) > 0 {
		out = append(out, sentry.Context{Key: "otel", Fields: []sentry.Attr{{Key: "resource", Value: sentry.Map(rest)}}})
	}
	return out
}

func placeOf(key string) (context, field string, ok bool) {
	if f, ok := resourceFields[key]; ok {
		return f.context, f.field, true
	}
	for _, p := range resourcePrefixes {
		if rest, ok := strings.CutPrefix(key, p.prefix); ok && rest != "" {
			if p.strip {
				return p.context, rest, true
			}
			return p.context, key, true
		}
	}
	return "", "", false
}

// nameOS gives the os context the name that it must have: os.type where there is no os.name.
func nameOS(fields []sentry.Attr) []sentry.Attr {
	typeAt := -1
	for i := range fields {
		switch fields[i].Key {
		case "name":
			return fields
		case "type":
			typeAt = i
		}
	}
	if typeAt >= 0 {
		fields[typeAt].Key = "name"
	}
	return fields
}

// attrText is the text of the first of the attributes that has one.
func attrText(attrs pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if v, ok := attrs.Get(key); ok && v.Type() != pcommon.ValueTypeEmpty {
			if s := v.AsString(); s != "" {
				return s
			}
		}
	}
	return ""
}
