package sentryexporter

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// What the server refused is reported with the next envelope, or alone at shutdown; each drop once.
func TestClientReports(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 400}))
	ctx := context.Background()
	e, err := NewFactory().CreateTraces(ctx, settings(), testConfig(fake, withoutQueue))
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, componenttest.NewNopHost()))
	require.NoError(t, e.ConsumeTraces(ctx, oneTrace(1, 3)))
	require.NoError(t, e.ConsumeTraces(ctx, oneTrace(2, 1)))
	assert.Equal(t, map[string]float64{"send_error/transaction": 1, "send_error/span": 3}, fake.Reported())
	require.Len(t, fake.All()[1].Envelope.Items, 2, "it rides along")

	fake.AnswerWith(answers(sentrytest.Answer{Status: 403}))
	require.NoError(t, e.ConsumeTraces(ctx, oneTrace(3, 2)))
	require.NoError(t, e.Shutdown(ctx))
	assert.Equal(t, map[string]float64{"send_error/transaction": 2, "send_error/span": 5}, fake.Reported())
	assert.Equal(t, "client_report", fake.All()[3].Type(), "alone at shutdown")
}

// A report that did not arrive goes with a later envelope; it is never the reason for a try of its own.
func TestAClientReportThatDidNotArrive(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 400}, sentrytest.Answer{Status: 503}))
	e := startTraces(t, testConfig(fake, withoutQueue))
	require.NoError(t, e.ConsumeTraces(context.Background(), oneTrace(1, 1)))
	require.NoError(t, e.ConsumeTraces(context.Background(), oneTrace(2, 1)))
	assert.Len(t, fake.All(), 3)
	assert.Equal(t, map[string]float64{"send_error/transaction": 1, "send_error/span": 1}, fake.Reported())
}

// What Sentry limits for longer than the configuration waits is dropped at once, counted and reported; the queue does not stand still.
func TestALimitThatLastsTooLong(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Type() == "event" {
			return limited("error", 3600)
		}
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, func(cfg *Config) { cfg.RateLimit.MaxWait = time.Minute })
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(1)))
	fake.WaitFor(func() bool { return len(fake.All()) == 1 })
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(50, "others")))
	reported := func() float64 { return fake.Reported()["ratelimit_backoff/error"] }
	for n := 1; reported() < 51; n++ {
		require.Less(t, n, 200)
		require.NoError(t, traces.ConsumeTraces(context.Background(), oneTrace(byte(n), 1)))
		fake.WaitForItems("transaction", n)
	}
	assert.InDelta(t, 51, reported(), 0)
	assert.Empty(t, fake.Accepted("event"))
}

func TestLimitsAddUp(t *testing.T) {
	var l limitedSince
	start := time.Now()
	const patience = 10 * time.Minute
	assert.False(t, l.hopeless(start, time.Minute, patience))
	assert.True(t, l.hopeless(start, time.Hour, patience), "known to be too long")
	assert.False(t, l.hopeless(start.Add(9*time.Minute), time.Minute, patience))
	assert.True(t, l.hopeless(start.Add(9*time.Minute+time.Second), time.Minute, patience), "renewed again and again")
	l.clear()
	assert.False(t, l.hopeless(start.Add(20*time.Minute), time.Minute, patience), "something was delivered in between")
}

func TestPoison(t *testing.T) {
	id, now := sentry.EventID{1}, time.Now()
	var down poison
	for i := range 1000 {
		require.False(t, down.kills(id, now.Add(time.Duration(i)*time.Minute), 5), "a server that is down poisons nothing")
	}
	var p poison
	for i := range poisonAttempts {
		require.False(t, p.kills(id, now.Add(time.Duration(i)*time.Second), uint64(i)), "ten attempts, but not ten minutes")
	}
	assert.True(t, p.kills(id, now.Add(poisonAge), 100))
	assert.Empty(t, p.suspects)
	p.kills(id, now, 1)
	p.clears(parcel{id: id})
	assert.Empty(t, p.suspects)
	for i := range 2 * maxSuspects {
		p.kills(sentry.EventID{byte(i), byte(i >> 8), byte(i >> 16), 1}, now, 1)
	}
	assert.Len(t, p.suspects, maxSuspects)
}

// A server that takes less than Sentry does gets the same event smaller, a segment in more parts, and only then they are given up.
func TestTooLargeForTheServer(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if len(r.Body) > 250<<10 {
			return sentrytest.Answer{Status: http.StatusRequestEntityTooLarge}
		}
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, withoutQueue)
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	big := errorLogs(2, "small")
	rec := big.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(1)
	var stack strings.Builder
	stack.WriteString("java.lang.IllegalStateException: no stock\n")
	for cause := range 20 {
		fmt.Fprintf(&stack, "Caused by: a.b.C: cause %d\n", cause)
		for i := range 200 {
			fmt.Fprintf(&stack, "\tat com.acme.some.quite.lengthy.packagename.with.a.lot.of.parts.that.nobody.would.ever.type.by.hand.in.real.life.Class%d.method%d(Class%d.java:%d)\n", cause, i, cause, i+1)
		}
	}
	rec.Attributes().PutStr("exception.stacktrace", stack.String())
	require.NoError(t, logs.ConsumeLogs(context.Background(), big))
	assert.Len(t, fake.Accepted("event"), 2)
	assert.Len(t, fake.All(), 3, "the large one twice")

	td := oneTrace(1, 500)
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.Attributes().PutStr("payload", strings.Repeat("z", 900))
	}
	require.NoError(t, traces.ConsumeTraces(context.Background(), td))
	spans := 0
	for _, r := range fake.Accepted("transaction") {
		spans += len(r.Item()["spans"].([]any))
	}
	assert.Equal(t, 499, spans)
	assert.Empty(t, fake.Reported())

	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		return sentrytest.Answer{Status: http.StatusRequestEntityTooLarge}
	})
	before := len(fake.All())
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(1, "refused even when small")))
	assert.Len(t, fake.All(), before+2, "once, and once smaller")
	fake.AnswerWith(nil)
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(1, "takes the report along")))
	assert.Equal(t, map[string]float64{"send_error/error": 1}, fake.Reported())
}
