package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSentrySDK: what Sentry's own SDK sends is understood, without a word in this project about how it does so.
func TestSentrySDK(t *testing.T) {
	in := newInbox(nil)
	srv := httptest.NewServer(in)
	defer srv.Close()
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn:              strings.Replace(srv.URL, "http://", "http://abc@", 1) + "/42",
		Transport:        sentry.NewHTTPSyncTransport(),
		HTTPTransport:    transport,
		EnableTracing:    true,
		TracesSampleRate: 1,
		Release:          "shop@1.0",
		Environment:      "test",
	})
	require.NoError(t, err)
	defer client.Close()
	hub := sentry.NewHub(client, sentry.NewScope())
	ctx := sentry.SetHubOnContext(t.Context(), hub)

	tx := sentry.StartTransaction(ctx, "GET /sdk", sentry.WithOpName("http.server"))
	child := sentry.StartSpan(tx.Context(), "db.query", sentry.WithDescription("SELECT 1"))
	hub.Scope().SetTag("color", "blue")
	hub.AddBreadcrumb(&sentry.Breadcrumb{Message: "before", Timestamp: time.Now()}, nil)
	hub.Scope().SetSpan(child)
	id := hub.CaptureException(fmt.Errorf("cannot buy: %w", errors.New("no money")))
	require.NotNil(t, id)
	child.Finish()
	tx.Finish()
	hub.CaptureMessage("user 17 has no money")
	hub.CaptureMessage("user 99 has no money")

	issues := read[[]object](t, in, "/api/0/issues/?project=42&environment=test")
	require.Len(t, issues, 2)
	assert.EqualValues(t, 2, issues[0]["count"], "the messages are one issue")
	event := read[object](t, in, "/api/0/events/"+string(*id)+"/")
	assert.Contains(t, event["title"], "cannot buy: no money")
	assert.Contains(t, event["tags"], any(object{"key": "color", "value": "blue"}))
	transactions := read[[]object](t, in, "/api/0/transactions/")
	require.Len(t, transactions, 1)
	assert.Equal(t, "GET /sdk", transactions[0]["transaction"])
	trace := read[object](t, in, "/api/0/traces/"+transactions[0]["traceID"].(string)+"/")
	assert.Len(t, trace["events"], 3)
	rows := trace["waterfall"].(object)["rows"].([]any)
	require.Len(t, rows, 2)
	assert.Equal(t, trace["events"].([]any)[0].(object)["spanID"], rows[1].(object)["spanID"], "the error hangs at the span in which it happened")
	for _, e := range read[[]object](t, in, "/api/0/envelopes/") {
		assert.EqualValues(t, 200, e["status"])
		assert.Contains(t, e["client"], "sentry.go")
		assert.Empty(t, e["violations"], "the SDK keeps to the protocol, and the check knows it")
	}
}
