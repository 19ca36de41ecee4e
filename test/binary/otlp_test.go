package binary

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

const (
	tracesSent    = 10_000
	spansPerTrace = 10
	logsSent      = 10_000
	perRequest    = 100
)

// TestTenThousandOfEach sends 10,000 traces of 10 spans and 10,000 log records by gRPC and wants exactly as many transactions and spans,
// and exactly the error records as events.
func TestTenThousandOfEach(t *testing.T) {
	fake := sentrytest.Start(t)
	p := pipeline{
		grpc: freeAddress(t), http: freeAddress(t), dsn: fake.DSN("7"),
		exporter: "    events: {budget: {enabled: false}}", // the records differ in their numbers only: they are one issue
	}
	launch(t, p.yaml()).listening(p.grpc)
	conn, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()

	traces := ptraceotlp.NewGRPCClient(conn)
	for first := 0; first < tracesSent; first += perRequest {
		send(ctx, t, func() error {
			_, err := traces.Export(ctx, ptraceotlp.NewExportRequestFromTraces(someTraces(first, perRequest)))
			return err
		})
	}
	logs := plogotlp.NewGRPCClient(conn)
	errorsSent := 0
	for first := 0; first < logsSent; first += perRequest {
		ld, n := someLogs(first, perRequest)
		errorsSent += n
		send(ctx, t, func() error {
			_, err := logs.Export(ctx, plogotlp.NewExportRequestFromLogs(ld))
			return err
		})
	}

	transactions := fake.WaitForItems("transaction", tracesSent)
	events := fake.WaitForItems("event", errorsSent)
	spans, roots := map[string]int{}, map[string]int{}
	for _, r := range transactions {
		tx := r.Item()
		trace := tx["contexts"].(map[string]any)["trace"].(map[string]any)
		roots[trace["trace_id"].(string)]++
		spans[trace["trace_id"].(string)+trace["span_id"].(string)]++
		for _, s := range tx["spans"].([]any) {
			span := s.(map[string]any)
			spans[span["trace_id"].(string)+span["span_id"].(string)]++
		}
	}
	assert.Len(t, roots, tracesSent)
	assert.Len(t, spans, tracesSent*spansPerTrace)
	for id, n := range spans {
		require.Equal(t, 1, n, id)
	}
	seen := map[string]bool{}
	for _, r := range events {
		e := r.Item()
		assert.Contains(t, []any{"error", "fatal"}, e["level"])
		seen[e["logentry"].(map[string]any)["formatted"].(string)] = true
	}
	assert.Len(t, seen, errorsSent)
}

// send repeats a request that was refused, as an SDK does: a full queue is backpressure, not loss.
func send(ctx context.Context, t *testing.T, export func() error) {
	for {
		err := export()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			require.NoError(t, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func someTraces(first, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "generator")
	ss := rs.ScopeSpans().AppendEmpty()
	now := time.Now()
	for i := first; i < first+n; i++ {
		var trace pcommon.TraceID
		binary.BigEndian.PutUint64(trace[:], uint64(i+1))
		for k := range spansPerTrace {
			span := ss.Spans().AppendEmpty()
			var id, parent pcommon.SpanID
			binary.BigEndian.PutUint64(id[:], uint64(i*spansPerTrace+k+1))
			span.SetTraceID(trace)
			span.SetSpanID(id)
			if k > 0 {
				binary.BigEndian.PutUint64(parent[:], uint64(i*spansPerTrace+1))
				span.SetParentSpanID(parent)
			}
			span.SetName(fmt.Sprint("step ", k))
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Duration(k-20) * time.Millisecond)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
		}
	}
	return td
}

// someLogs makes n records, a tenth of them errors, and says how many errors they are.
func someLogs(first, n int) (plog.Logs, int) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "generator")
	sl := rl.ScopeLogs().AppendEmpty()
	now := pcommon.NewTimestampFromTime(time.Now())
	bad := 0
	for i := first; i < first+n; i++ {
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(now + pcommon.Timestamp(i))
		rec.SetSeverityNumber(plog.SeverityNumberInfo)
		if i%10 == 3 {
			rec.SetSeverityNumber(plog.SeverityNumberError)
			bad++
		}
		rec.Body().SetStr(fmt.Sprint("record ", i))
	}
	return ld, bad
}

func TestOTLPOverHTTPAndLogFiles(t *testing.T) {
	fake := sentrytest.Start(t)
	dir := t.TempDir()
	p := pipeline{grpc: freeAddress(t), http: freeAddress(t), dsn: fake.DSN("7"), logs: filepath.Join(dir, "*.log")}
	launch(t, p.yaml()).listening(p.http)

	ld, bad := someLogs(0, 20)
	body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalJSON()
	require.NoError(t, err)
	post(t, "http://"+p.http+"/v1/logs", body)
	body, err = ptraceotlp.NewExportRequestFromTraces(someTraces(0, 3)).MarshalJSON()
	require.NoError(t, err)
	post(t, "http://"+p.http+"/v1/traces", body)
	fake.WaitForItems("transaction", 3)
	fake.WaitForItems("event", bad)

	stamp := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	lines := []string{
		stamp + "  INFO 1 --- [           main] c.acme.Shop    : open for business",
		stamp + " ERROR 1 --- [           main] c.acme.Shop    : payment failed",
		"java.lang.IllegalStateException: no stock",
		"\tat com.acme.Stock.take(Stock.java:42)",
		"\tat com.acme.Shop.pay(Shop.java:7)",
		stamp + "  INFO 1 --- [           main] c.acme.Shop    : closed",
		stamp + "  INFO 1 --- [           main] c.acme.Shop    : lights out", // ends the record before
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.log"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	events := fake.WaitForItems("event", bad+1)
	e := events[bad].Item()
	exceptions := e["exception"].(map[string]any)["values"].([]any)
	require.Len(t, exceptions, 1)
	exception := exceptions[0].(map[string]any)
	assert.Equal(t, "IllegalStateException", exception["type"])
	assert.Equal(t, "no stock", exception["value"])
	assert.Equal(t, "payment failed", e["logentry"].(map[string]any)["formatted"])
	assert.Equal(t, "from-files", e["tags"].(map[string]any)["service.name"])
}

func post(t *testing.T, url string, body []byte) {
	resp, err := http.Post(url, "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
}
