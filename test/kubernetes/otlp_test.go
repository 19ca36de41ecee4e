package kubernetes

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// app is an app's SDK in a pod: its requests come from the pod's address.
type app struct {
	t      testing.TB
	client *http.Client
}

func newApp(t testing.TB, ip string) *app {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &app{t, &http.Client{Transport: transport, Timeout: patience}}
}

// post sends a request as an SDK does: what is refused for now is sent again.
func (a *app) post(url string, body []byte) {
	deadline := time.Now().Add(patience)
	for {
		resp, err := a.client.Post(url, "application/x-protobuf", bytes.NewReader(body))
		require.NoError(a.t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(a.t, err)
		require.NoError(a.t, resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			return
		}
		require.Equal(a.t, http.StatusServiceUnavailable, resp.StatusCode, "%s", text)
		require.True(a.t, time.Now().Before(deadline), "refused for too long: %s", text)
		<-time.After(50 * time.Millisecond) // the SDK's back-off
	}
}

func (a *app) logs(to *agent, ld plog.Logs) {
	body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	require.NoError(a.t, err)
	a.post("http://"+to.ip+":4318/v1/logs", body)
}

func (a *app) traces(to *agent, td ptrace.Traces) {
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	require.NoError(a.t, err)
	a.post("http://"+to.ip+":4318/v1/traces", body)
}

// logOf makes a request with one record.
func logOf(resource map[string]any, fill func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	_ = rl.Resource().Attributes().FromRaw(resource) // of texts
	rec := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	rec.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	fill(rec)
	return ld
}

// spanOf makes a request with one span, which ends now.
func spanOf(resource map[string]any, fill func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	_ = rs.Resource().Attributes().FromRaw(resource) // of texts
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	now := time.Now()
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-50 * time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
	fill(span)
	return td
}

// traceSpan fills a span of the i-th trace.
func traceSpan(i int, id, parent byte) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetTraceID(pcommon.TraceID{1: 0xcd, 15: byte(i + 1)})
		s.SetSpanID(pcommon.SpanID{7: id})
		s.SetName("GET /cart")
		s.SetKind(ptrace.SpanKindServer)
		if parent != 0 {
			s.SetParentSpanID(pcommon.SpanID{7: parent})
			s.SetKind(ptrace.SpanKindInternal)
		}
	}
}
