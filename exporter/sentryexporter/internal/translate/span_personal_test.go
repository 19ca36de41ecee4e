package translate

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func translated(t testing.TB, tr trace, opts SpanOptions) *sentry.Transaction {
	var sp segment.Splitter
	spans := Spans{}
	spans.SpanOptions = opts
	tx, _ := spans.Transaction(tr.td, sp.Split(tr.td)[0], nil, 0)
	return tx
}

func TestPersonalData(t *testing.T) {
	harmless := attrs{
		"http.request.method": "POST", "http.route": "/login", "http.response.status_code": int64(200), "http.response.body.size": int64(12),
		"user_agent.original": "curl/8", "http.request.header.accept": []any{"*/*", "text/html"}, "http.request.header.content_type": []any{"text/plain"},
		"http.response.header.content-type": []any{"text/html"}, "username": "not a key of any convention", "session.id": "s", "otel.kind": "SERVER",
	}
	personal := attrs{
		"user.id": "7", "user.email": "a@b.example", "user.name": "ann", "user.full_name": "Ann B", "user.roles": []any{"admin"}, "enduser.role": "x",
		"client.address": "203.0.113.9", "network.peer.address": "203.0.113.9", "http.request.header.cookie": []any{"sid=1"}, "http.request.header.authorization": []any{"Bearer x"},
		"http.response.header.set-cookie": []any{"sid=1"}, "http.request.body.data": "password=x", "rpc.request.metadata.token": []any{"x"},
	}
	all := maps.Clone(harmless)
	maps.Copy(all, personal)
	in := maps.Clone(all)
	delete(in, "otel.kind") // what we add

	make1 := func() trace {
		tr := newTrace()
		tr.span(t, 1, 0, "POST /login", server, in)
		return tr
	}
	tx := translated(t, make1(), SpanOptions{})
	assert.Equal(t, map[string]any(harmless), plain(t, tx.Trace.Data))
	assert.Nil(t, tx.User)
	assert.Equal(t, []sentry.Tag{{Key: "accept", Value: "*/*, text/html"}, {Key: "content-type", Value: "text/plain"}, {Key: "user-agent", Value: "curl/8"}}, tx.Request.Headers)
	assert.Equal(t, map[string]any{"status_code": int64(200), "body_size": int64(12), "headers": map[string]any{"content-type": "text/html"}}, plain(t, tx.Contexts[0].Fields))

	tx = translated(t, make1(), SpanOptions{Personal: true})
	assert.Equal(t, map[string]any(all), plain(t, tx.Trace.Data))
	assert.Equal(t, &sentry.User{ID: "7", Email: "a@b.example", Username: "ann", Name: "Ann B", IPAddress: "203.0.113.9"}, tx.User)
	assert.Len(t, tx.Request.Headers, 5)
}

// Of a caller the other end is a server; its address names nobody.
func TestPeerOfACaller(t *testing.T) {
	in := attrs{"network.peer.address": "10.0.0.1", "net.peer.ip": "10.0.0.1", "net.sock.peer.addr": "10.0.0.1"}
	assert.Subset(t, plain(t, asChild(t, "n", client, in).Data), map[string]any(in))
	assert.Equal(t, map[string]any{"otel.kind": "SERVER"}, plain(t, asRoot(t, "n", server, in).Trace.Data))
}

// An old key is not copied to its current one where it is left out.
func TestPersonalDataIsNotCopied(t *testing.T) {
	data := plain(t, asRoot(t, "n", server, attrs{"http.client_ip": "203.0.113.9", "sentry.user.email": "a@b.example"}).Trace.Data)
	assert.Equal(t, map[string]any{"otel.kind": "SERVER"}, data)
}
