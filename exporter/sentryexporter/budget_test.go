package sentryexporter

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// crashLoop makes a request of n errors that differ only in numbers.
func crashLoop(from, n int) plog.Logs {
	ld := errorLogs(n)
	for i, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.Body().SetStr(fmt.Sprintf("worker %d died: connection to 10.0.0.%d lost", from+i, i%256))
	}
	return ld
}

// A crash loop sends what the budget says; every other occurrence is in Sentry's statistics and in a metric.
func TestACrashLoopKeepsToItsBudget(t *testing.T) {
	const errors, atOnce = 100_000, 1000
	fake := sentrytest.Start(t)
	o := observe(t, componenttest.NewNopHost(), testConfig(fake, withBudget))
	for from := 0; from < errors; from += atOnce {
		require.NoError(t, o.logs.ConsumeLogs(context.Background(), crashLoop(from, atOnce)))
	}
	o.stop()
	assert.Len(t, fake.Accepted("event"), 10)
	assert.Equal(t, map[string]float64{"sample_rate/error": errors - 10}, fake.Reported())
	held, err := o.tel.GetMetric("otelcol_exporter_sentry_held_back")
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(held), strconv.Itoa(errors-10))
}

// What comes back because its lane was full took nothing of the budget, and nothing is counted twice.
func TestARefusalCostsNoBudget(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 503}))
	cfg := testConfig(fake, withoutQueue, withoutRetry, func(cfg *Config) {
		cfg.Events.Budget = BudgetConfig{Enabled: true, First: 3, Every: time.Hour}
	})
	logs := startLogs(t, cfg)
	ld := crashLoop(0, 10)
	ld.MarkReadOnly()
	var refused consumererror.Logs
	require.ErrorAs(t, logs.ConsumeLogs(context.Background(), ld), &refused)
	rest := refused.Data()
	require.NoError(t, logs.ConsumeLogs(context.Background(), rest))
	require.NoError(t, logs.Shutdown(context.Background()))
	assert.Len(t, fake.Accepted("event"), 3)
	assert.Equal(t, map[string]float64{"sample_rate/error": 7}, fake.Reported())
}
