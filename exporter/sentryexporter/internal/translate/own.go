package translate

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// OwnTraffic knows the requests to Sentry: those of Sentry's SDKs in apps that have OpenTelemetry too, those of an instrumented collector, and, where
// Sentry itself is instrumented, those that it serves. A span for each would be a span for each span, and so on.
type OwnTraffic struct {
	places map[place]bool
}

// place is a host of Sentry's, with its port, and the path before "/api/".
type place struct{ host, path string }

// NewOwnTraffic knows the requests to the servers of these DSNs, whatever the project.
func NewOwnTraffic(dsns ...sentry.DSN) *OwnTraffic {
	o := &OwnTraffic{places: make(map[place]bool, len(dsns))}
	for _, dsn := range dsns {
		u := splitURL(dsn.EnvelopeURL())
		path, _, _ := ingestPath(u.path)
		o.places[place{withPort(u.scheme, u.host), path}] = true
	}
	return o
}

// ingestPath cuts the path of a request to Sentry's ingestion: what is before "/api/<project number>/", and what behind.
func ingestPath(path string) (before, endpoint string, ok bool) {
	at := strings.LastIndex(path, "/api/")
	if at < 0 {
		return "", "", false
	}
	project, endpoint, ok := strings.Cut(path[at+len("/api/"):], "/")
	return path[:at], endpoint, ok && project != "" && isDigits(project)
}

// endpoints are where telemetry is sent to, behind the project's number, with and without a slash at the end.
var endpoints = map[string]bool{
	"envelope": true, "store": true, "minidump": true, "security": true, "integration/otlp/v1/traces": true, "integration/otlp/v1/logs": true,
}

// withPort is a host with its port, also where that is the scheme's.
func withPort(scheme, host string) string {
	host = strings.ToLower(host)
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		return host
	}
	if port, ok := defaultPorts[strings.ToLower(scheme)]; ok {
		return host + ":" + strconv.FormatInt(port, 10)
	}
	return host
}

// Is reports whether a span is a request to Sentry.
func (o *OwnTraffic) Is(span ptrace.Span) bool {
	attrs := span.Attributes()
	for _, key := range [...]string{"url.full", "http.url"} {
		if v, ok := attrs.Get(key); ok {
			u := splitURL(v.Str())
			return o.serves(u.scheme, u.host, u.path)
		}
	}
	for _, key := range [...]string{"url.path", "http.target"} {
		if v, ok := attrs.Get(key); ok {
			return mayIngest(v.Str()) && o.serves(attrText(attrs, "url.scheme", "http.scheme"), hostOf(attrs), splitURL(v.Str()).path)
		}
	}
	return false
}

// mayIngest is a quick look, for every HTTP span.
func mayIngest(path string) bool { return strings.Contains(path, "/api/") }

func (o *OwnTraffic) serves(scheme, host, path string) bool {
	if !mayIngest(path) {
		return false
	}
	before, endpoint, ok := ingestPath(path)
	if !ok || !endpoints[strings.TrimSuffix(endpoint, "/")] {
		return false
	}
	if scheme == "" { // the span does not say it: either will do
		return o.places[place{withPort("https", host), before}] || o.places[place{withPort("http", host), before}]
	}
	return o.places[place{withPort(scheme, host), before}]
}

// hostOf is the server's host, with its port where it is known.
func hostOf(attrs pcommon.Map) string {
	if host := attrText(attrs, "http.host"); host != "" {
		return host
	}
	host := attrText(attrs, "server.address", "net.host.name", "net.peer.name")
	if port := attrText(attrs, "server.port", "net.host.port", "net.peer.port"); port != "" && host != "" {
		return host + ":" + port
	}
	return host
}

// Without gives td without the requests to Sentry and all that was done for them: the spans below, in the same service. removed is the number of spans
// that are not in it. Where there are none, which is so as a rule, that is td itself, and nothing was allocated; else a copy, in which scopes and
// resources that have lost all spans are missing.
func (o *OwnTraffic) Without(td ptrace.Traces) (rest ptrace.Traces, removed int) {
	if !o.any(td) {
		return td, 0
	}
	gone := o.find(td)
	rest = ptrace.NewTraces()
	td.CopyTo(rest)
	rest.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		resource := segment.ResourceKey(rs.Resource())
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			before := ss.Spans().Len()
			ss.Spans().RemoveIf(func(span ptrace.Span) bool {
				return gone[ownKey{resource, span.TraceID(), span.SpanID()}] || o.Is(span)
			})
			removed += before - ss.Spans().Len()
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
	return rest, removed
}

func (o *OwnTraffic) any(td ptrace.Traces) bool {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				if o.Is(span) {
					return true
				}
			}
		}
	}
	return false
}

// ownKey names a span of a service.
type ownKey struct {
	resource uint64
	trace    pcommon.TraceID
	span     pcommon.SpanID
}

// find names the requests to Sentry and, along the parents, all below them.
func (o *OwnTraffic) find(td ptrace.Traces) map[ownKey]bool {
	gone := make(map[ownKey]bool)
	children := make(map[ownKey][]ownKey)
	var next []ownKey
	for _, rs := range td.ResourceSpans().All() {
		resource := segment.ResourceKey(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				key := ownKey{resource, span.TraceID(), span.SpanID()}
				if o.Is(span) {
					if !key.span.IsEmpty() { // one without an id is nobody's parent
						next = append(next, key)
					}
				} else if parent := span.ParentSpanID(); !parent.IsEmpty() {
					above := ownKey{resource, span.TraceID(), parent}
					children[above] = append(children[above], key)
				}
			}
		}
	}
	for len(next) > 0 {
		key := next[len(next)-1]
		next = next[:len(next)-1]
		if !gone[key] {
			gone[key] = true
			next = append(next, children[key]...)
		}
	}
	return gone
}
