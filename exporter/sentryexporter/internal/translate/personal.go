package translate

import (
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
