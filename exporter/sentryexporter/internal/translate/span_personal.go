package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What names a person or opens a door is sent only with SpanOptions.Personal, as of events.

// discretion says when an attribute is left out, unless personal data is sent.
type discretion uint8

const (
	open         discretion = iota
	hidden                  // always
	hiddenServed            // on SERVER spans, where the other end is a client, who may be a person
)

// peerKeys are the addresses of the other end.
var peerKeys = map[string]bool{"network.peer.address": true, "net.sock.peer.addr": true, "net.peer.ip": true}

// harmlessResponse are the headers of answers that say nothing of who asked.
var harmlessResponse = map[string]bool{
	"cache-control": true, "content-encoding": true, "content-language": true, "content-length": true, "content-type": true, "date": true,
	"etag": true, "expires": true, "last-modified": true, "retry-after": true, "server": true, "vary": true,
}

// headerFamilies are prefixes of captured headers, with those of them that are sent.
var headerFamilies = []struct {
	prefix   string
	harmless map[string]bool
}{
	{requestHeader, harmlessHeaders},
	{responseHeader, harmlessResponse},
	{"rpc.request.metadata.", nil},
	{"rpc.response.metadata.", nil},
	{"rpc.grpc.request.metadata.", nil},
	{"rpc.grpc.response.metadata.", nil},
	{"rpc.connect_rpc.request.metadata.", nil},
	{"rpc.connect_rpc.response.metadata.", nil},
}

const (
	requestHeader  = "http.request.header."
	responseHeader = "http.response.header."
)

// discretionOf a key. Most keys are told apart by their first letter: this is asked of every attribute that is nothing special.
func discretionOf(key string) discretion {
	if key == "" {
		return open
	}
	switch key[0] {
	case 'c':
		return hiddenIf(key == "client.address")
	case 'e':
		return hiddenIf(strings.HasPrefix(key, "enduser."))
	case 's':
		return hiddenIf(strings.HasPrefix(key, "sentry.user."))
	case 'u':
		return hiddenIf(strings.HasPrefix(key, "user."))
	case 'n':
		if peerKeys[key] {
			return hiddenServed
		}
	case 'h', 'r':
		return max(discretionOfHeader(key), hiddenIf(key == "http.client_ip" || key == "http.request.body.data"))
	}
	return open
}

func hiddenIf(yes bool) discretion {
	if yes {
		return hidden
	}
	return open
}

func discretionOfHeader(key string) discretion {
	for _, f := range headerFamilies {
		if name, ok := strings.CutPrefix(key, f.prefix); ok {
			if f.harmless[headerName(name)] {
				return open
			}
			return hidden
		}
	}
	return open
}

// headerName is a header's name in an attribute's key: lower case; before conventions 1.24 with "_" for "-".
func headerName(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// withholds reports whether an attribute with a key that is nothing special is left out.
func (r *reader) withholds(key string) bool {
	return strings.HasPrefix(key, internalPrefix) || (!r.Personal && discretionOf(key) != open)
}

// hides likewise, of a key in spanKeys, on a span at that side of a call.
func (r *reader) hides(u keyUse, at side) bool {
	return !r.Personal && (u.discretion == hidden || u.discretion == hiddenServed && at == servingSide)
}

// user is who the segment served.
func (t *Spans) user(span ptrace.Span) *sentry.User {
	if !t.Personal {
		return nil
	}
	attrs := span.Attributes()
	t.userMem = sentry.User{
		ID: attrText(attrs, "user.id", "enduser.id", "sentry.user.id"), Email: attrText(attrs, "user.email", "sentry.user.email"),
		Username: attrText(attrs, "user.name", "user.username", "sentry.user.username"), Name: attrText(attrs, "user.full_name"),
		IPAddress: attrText(attrs, "user.ip_address", "sentry.user.ip"),
	}
	if t.userMem.IPAddress == "" && span.Kind() == ptrace.SpanKindServer {
		t.userMem.IPAddress = attrText(attrs, "client.address", "http.client_ip")
	}
	return &t.userMem
}

// headers are the headers of a family among a span's attributes, as far as they are sent.
func (r *reader) headers(dst []sentry.Tag, attrs pcommon.Map, family string) []sentry.Tag {
	for key, v := range attrs.All() {
		name, ok := strings.CutPrefix(key, family)
		if !ok || name == "" || r.withholds(key) {
			continue
		}
		value, mark := r.value(v), len(r.text)
		r.text, _ = appendScalars(r.text, value)
		dst = append(dst, sentry.Tag{Key: headerName(name), Value: r.text.since(mark)})
	}
	return dst
}
