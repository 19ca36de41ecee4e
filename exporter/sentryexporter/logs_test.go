package sentryexporter

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

func withLogs(cfg *Config) { cfg.Logs.Enabled = true }

// logsOf gives the bodies of all logs that were accepted, with how often each came.
func logsOf(fake *sentrytest.Fake) map[string]int {
	out := map[string]int{}
	for _, r := range fake.Accepted("log") {
		for _, item := range r.Item()["items"].([]any) {
			out[item.(map[string]any)["body"].(string)]++
		}
	}
	return out
}

// infoLogs makes n records of severity INFO, all different, a tenth of them errors.
func infoLogs(first, n int) plog.Logs {
	ld := errorLogs(n)
	for i, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.Body().SetStr(fmt.Sprint("record ", first+i))
		if i%10 != 0 {
			rec.SetSeverityNumber(plog.SeverityNumberInfo)
		}
	}
	return ld
}

func TestEveryLogArrivesOnce(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake, withLogs))
	const n = 5000
	for first := 0; first < n; first += 250 {
		ld := infoLogs(first, 250)
		ld.MarkReadOnly()
		require.NoError(t, e.ConsumeLogs(context.Background(), ld))
	}
	fake.WaitFor(func() bool { return len(logsOf(fake)) == n })
	for body, times := range logsOf(fake) {
		require.Equal(t, 1, times, body)
	}
	fake.WaitForItems("event", n/10)
}

func TestLogsAreOffByDefault(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake, withoutQueue))
	require.NoError(t, e.ConsumeLogs(context.Background(), infoLogs(0, 20)))
	assert.Empty(t, logsOf(fake))
	assert.Len(t, fake.Accepted("event"), 2)
}

func TestLogsBelowMinSeverityStayHere(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake, withoutQueue, withLogs, func(cfg *Config) { cfg.Logs.MinSeverity = "error" }))
	ld := infoLogs(0, 20)
	ld.MarkReadOnly()
	require.NoError(t, e.ConsumeLogs(context.Background(), ld))
	assert.Len(t, logsOf(fake), 2)
}

func TestOnlyTheUndeliveredLogsAreTriedAgain(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Type() == "log" && strings.Contains(string(r.Body), "record 150") && len(fake.Accepted("log")) < 4 {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, withLogs))
	require.NoError(t, e.ConsumeLogs(context.Background(), infoLogs(0, 500)))
	fake.WaitFor(func() bool { return len(logsOf(fake)) == 500 })
	for body, times := range logsOf(fake) {
		require.Equal(t, 1, times, body)
	}
}

// Errors never wait behind logs, and logs wait for their own limit only.
func TestLimitedLogsDelayNoError(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Type() == "log" {
			return limited("log_byte", 300)
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, withLogs))
	require.NoError(t, e.ConsumeLogs(context.Background(), infoLogs(0, 20)))
	fake.WaitFor(func() bool { return len(fake.All()) >= 3 })
	require.NoError(t, e.ConsumeLogs(context.Background(), infoLogs(20, 20)))
	fake.WaitForItems("event", 4)
	assert.Empty(t, logsOf(fake))
}

func TestContainersTooLargeForTheServer(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if len(r.Body) > 40_000 {
			return sentrytest.Answer{Status: http.StatusRequestEntityTooLarge}
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, withoutQueue, withLogs))
	ld := infoLogs(0, 100)
	for _, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.Attributes().PutStr("payload", strings.Repeat("x", 1000))
	}
	require.NoError(t, e.ConsumeLogs(context.Background(), ld))
	assert.Len(t, logsOf(fake), 100)
}

// A record without a trace gets one made for its log; its event has the same, so that Sentry shows them together.
func TestAnEventAndItsLogShareTheTrace(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake, withoutQueue, withLogs))
	require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(1)))
	event := fake.Accepted("event")[0].Item()["contexts"].(map[string]any)["trace"].(map[string]any)
	log := fake.Accepted("log")[0].Item()["items"].([]any)[0].(map[string]any)
	assert.NotEmpty(t, log["trace_id"])
	assert.Equal(t, log["trace_id"], event["trace_id"])
}

// A refusal of the logs lane gives back what belongs there; the events of the request are not sent again when it is repeated.
func TestRefusedLogsComeBack(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Type() == "log" && len(fake.Accepted("log")) == 0 && len(fake.All()) < 5 {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, withoutQueue, withoutRetry, withLogs))
	err := e.ConsumeLogs(context.Background(), infoLogs(0, 20))
	var refused consumererror.Logs
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 20, refused.Data().LogRecordCount())
	for err != nil {
		require.ErrorAs(t, err, &refused)
		err = e.ConsumeLogs(context.Background(), refused.Data())
	}
	assert.Len(t, logsOf(fake), 20)
	assert.Len(t, fake.Accepted("event"), 2)
}

// Where the events lane refuses, nothing of the request was offered to the logs lane: all of it comes back, as it came.
func TestRefusedEventsBringTheirLogsBack(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: http.StatusServiceUnavailable}))
	e := startLogs(t, testConfig(fake, withoutQueue, withoutRetry, withLogs))
	err := e.ConsumeLogs(context.Background(), infoLogs(0, 10))
	var refused consumererror.Logs
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 10, refused.Data().LogRecordCount())
	for _, rec := range refused.Data().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		require.Zero(t, rec.Attributes().Len())
	}
	require.NoError(t, e.ConsumeLogs(context.Background(), refused.Data()))
	assert.Len(t, logsOf(fake), 10)
}

func BenchmarkSentryLogs(b *testing.B) {
	fake := sentrytest.Start(b)
	fake.Unchecked()
	e := startLogs(b, testConfig(fake, withoutQueue, withoutRetry, withLogs))
	ld := infoLogs(1, 1000)
	for _, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.SetSeverityNumber(plog.SeverityNumberInfo)
		for i := range 8 {
			rec.Attributes().PutStr(fmt.Sprint("attribute.", i), "a value of some length")
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.ConsumeLogs(context.Background(), ld); err != nil {
			b.Fatal(err)
		}
		fake.Forget()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1000, "ns/record")
}
