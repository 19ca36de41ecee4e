package translate

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// sharedAttributes are the attributes that streamed spans of one resource and scope share: each pair is encoded once per request.
type sharedAttributes struct {
	opts     StreamOptions
	td       ptrace.Traces
	bases    []int // of a resource: where its scopes begin
	ready    []bool
	encoded  []envelope.SharedAttributes
	resource int // whose attributes are in attrs; none: -1
	attrs    []sentry.Attr
	own      int // how many of them are the resource's
	text     scratch
}

// keepScopes is for how many scopes memory is kept from one request to the next.
const keepScopes = 1 << 10

func (s *sharedAttributes) begin(opts StreamOptions, td ptrace.Traces) {
	s.opts, s.td, s.bases, s.resource = opts, td, s.bases[:0], -1
	scopes := 0
	for _, rs := range td.ResourceSpans().All() {
		s.bases = append(s.bases, scopes)
		scopes += rs.ScopeSpans().Len()
	}
	if cap(s.encoded) > keepScopes {
		s.encoded, s.ready = nil, nil
	}
	s.ready = slices.Grow(s.ready[:0], scopes)[:scopes]
	clear(s.ready)
	s.encoded = slices.Grow(s.encoded[:0], scopes)[:scopes] // what is in them is overwritten before it is used
}

// of a span.
func (s *sharedAttributes) of(span segment.Span) *envelope.SharedAttributes {
	i := s.bases[span.Resource] + span.Scope
	if !s.ready[i] {
		s.ready[i] = true
		rs := s.td.ResourceSpans().At(span.Resource)
		if s.resource != span.Resource {
			s.resource = span.Resource
			s.readResource(rs.Resource())
		}
		s.readScope(rs.ScopeSpans().At(span.Scope).Scope())
		s.encoded[i].Reset(s.attrs)
	}
	return &s.encoded[i]
}

// notShared are attributes of a resource that are said otherwise, or are long and tell nobody anything.
var notShared = map[string]bool{
	"deployment.environment.name": true, "deployment.environment": true, "telemetry.sdk.language": true,
	"process.command_args": true, "process.command_line": true,
}

// readResource: what Sentry knows under names of its own (develop docs, span protocol: common attributes), then the resource's attributes, under
// their own keys, as on logs.
func (s *sharedAttributes) readResource(res pcommon.Resource) {
	s.attrs, s.text = s.attrs[:0], s.text.reset()
	attrs := res.Attributes()
	s.share("sentry.trace_lifecycle", "stream")
	s.share("sentry.release", firstValid(envelope.SanitizeRelease, releaseOf(attrs, s.opts.Defaults), s.opts.Defaults.Release))
	s.share("sentry.environment", firstValid(envelope.SanitizeEnvironment, attrText(attrs, environmentKeys...), s.opts.Defaults.Environment))
	s.share("sentry.platform", envelope.Platform(attrText(attrs, "telemetry.sdk.language")))
	s.share("sentry.sdk.name", s.opts.SDK.Name)
	s.share("sentry.sdk.version", s.opts.SDK.Version)
	s.share("sentry.origin", originSpans)
	s.share("server.address", attrText(attrs, "host.name", "k8s.pod.name", "k8s.node.name"))
	s.share("os.name", attrText(attrs, "os.type")) // its own name, if it has one, comes later and wins
	for key, v := range attrs.All() {
		if !notShared[key] && !strings.HasPrefix(key, internalPrefix) {
			s.attrs = append(s.attrs, sentry.Attr{Key: key, Value: s.text.value(v)})
		}
	}
	s.own = len(s.attrs)
}

func (s *sharedAttributes) readScope(scope pcommon.InstrumentationScope) {
	s.attrs = s.attrs[:s.own]
	s.share("otel.scope.name", scope.Name())
	s.share("otel.scope.version", scope.Version())
	for key, v := range scope.Attributes().All() {
		if !strings.HasPrefix(key, internalPrefix) {
			key = s.text.join("otel.scope.", key)
			s.attrs = append(s.attrs, sentry.Attr{Key: key, Value: s.text.value(v)})
		}
	}
}

func (s *sharedAttributes) share(key, text string) {
	if text != "" {
		s.attrs = append(s.attrs, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}
