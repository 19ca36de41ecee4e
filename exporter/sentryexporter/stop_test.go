package sentryexporter

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// A Sentry that takes connections and does not answer does not hold up a stop for as long as its requests may take.
func TestAStopDoesNotWaitForASilentSentry(t *testing.T) {
	for _, stored := range []bool{true, false} {
		t.Run(map[bool]string{true: "stored", false: "memory"}[stored], func(t *testing.T) {
			ctx := context.Background()
			fake := sentrytest.Start(t)
			answer := make(chan struct{})
			fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
				<-answer
				return sentrytest.Answer{}
			})
			defer close(answer) // or the fake does not close
			host := componenttest.NewNopHost()
			cfg := testConfig(fake, enableLogs, withProjects(fake, "checkout", "search"))
			cfg.HTTP.Timeout = time.Hour
			if stored {
				storage := component.MustNewID("file_storage")
				cfg.Queue.Get().StorageID = &storage
				host = storageHost(t)
			}
			o := observe(t, host, cfg)
			owners.of[cfg].eachLane(func(l *lane) {
				assert.Equal(t, map[bool]time.Duration{true: stopStored, false: stopInMemory}[stored], l.life.patience)
				l.life.patience = 10 * time.Millisecond
			})
			for _, p := range owners.of[cfg].projects {
				p.reporter.life.patience = 10 * time.Millisecond
			}
			for _, service := range []string{"checkout", "search", "other"} {
				require.NoError(t, o.logs.ConsumeLogs(ctx, ofService(service, errorLogs(20))))
				require.NoError(t, o.traces.ConsumeTraces(ctx, tracesOf(service, 1)))
			}
			o.stop()
			for category, n := range map[string]float64{"error": 60, "log_item": 60, "span": 24} {
				if stored {
					assert.Equal(t, n, o.rest(category), "%s: queued, which nobody observes any more", category)
				} else {
					assert.Equal(t, n, o.of("discarded_items", category), category)
					assert.Zero(t, o.rest(category), category)
				}
			}
		})
	}
}

// A Sentry that answers slowly gets all that a queue in memory holds, as long as it goes on.
func TestAStopWaitsForASlowSentry(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		<-time.After(20 * time.Millisecond)
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, func(cfg *Config) { cfg.Queue.Get().NumConsumers = 1 })
	o := observe(t, componenttest.NewNopHost(), cfg)
	owners.of[cfg].eachLane(func(l *lane) { l.life.patience = 500 * time.Millisecond })
	require.NoError(t, o.logs.ConsumeLogs(context.Background(), errorLogs(100))) // four times as long
	o.stop()
	assert.Len(t, fake.Accepted("event"), 100)
}
