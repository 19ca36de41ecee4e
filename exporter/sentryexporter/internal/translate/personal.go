package translate

import (
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What names a person or opens a door is not sent: Sentry's SDKs do not send it either unless they are told to.

// harmlessHeaders are the request headers that say nothing of who asks (sentry-docs, SDK > Data handling).
var harmlessHeaders = map[string]bool{
	"accept": true, "accept-encoding": true, "accept-language": true, "content-length": true, "content-type": true, "host": true, "user-agent": true,
}

// impersonal is a request without what its sender must not see in Sentry: bodies, and all headers but the harmless ones.
func impersonal(r *sentry.Request) *sentry.Request {
	if r == nil {
		return nil
	}
	out := &sentry.Request{Method: r.Method, URL: r.URL, QueryString: r.QueryString}
	for _, h := range r.Headers {
		if harmlessHeaders[strings.ToLower(h.Key)] {
			out.Headers = append(out.Headers, h)
		}
	}
	return out
}

// notExtraPrefixes begin attributes that are shown under a name of their own, or that are personal.
var notExtraPrefixes = []string{
	"exception.", "thread.",
	"user.", "enduser.", "client.address", "client.port", "http.client_ip", "net.sock.peer.addr", "net.peer.ip",
	"http.request.header.", "http.response.header.",
}

// notExtra names the attributes of a record that do not go to the event's extra.
func notExtra(key string) bool {
	for _, prefix := range notExtraPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// extraKeys says which attributes of a record do not go to its event's extra: those that name a person, and those that the event shows elsewhere.
type extraKeys struct{ place, request, response, flags bool }

// Attributes that are shown in an event's request, response and frame.
var (
	requestKeys = map[string]bool{
		"http.request.method": true, "http.method": true, "url.full": true, "http.url": true, "url.path": true, "http.target": true, "url.query": true, "url.scheme": true,
		"http.scheme": true, "http.host": true, "user_agent.original": true, "http.user_agent": true,
	}
	responseKeys = map[string]bool{"http.response.status_code": true, "http.status_code": true, "http.response.body.size": true}
	placeKeys    = map[string]bool{
		"code.function.name": true, "code.function": true, "code.namespace": true, "code.file.path": true, "code.filepath": true, "code.line.number": true, "code.lineno": true,
	}
	// shownKeys always have a place of their own: in the message and in the fingerprint.
	shownKeys = map[string]bool{"sentry.message.template": true, "{OriginalFormat}": true, "error.fingerprint": true, "sentry.fingerprint": true}
)

func (k extraKeys) has(key string) bool {
	switch {
	case notExtra(key), shownKeys[key], strings.HasPrefix(key, parameterPrefix):
		return true
	case k.request && requestKeys[key], k.response && responseKeys[key], k.place && placeKeys[key]:
		return true
	}
	return k.flags && (strings.HasPrefix(key, flagPrefix) || key == "feature_flag.key" || slices.Contains(flagValues[:], key))
}
