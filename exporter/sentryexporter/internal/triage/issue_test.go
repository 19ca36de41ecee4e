package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
)

// TestBudgetOfTemplatesThatAreNone: a logger that is given a text which somebody had put together has that for a template; it is no issue of its own.
func TestBudgetOfTemplatesThatAreNone(t *testing.T) {
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	said := func(text string) plog.Logs {
		return logsOf(with(record(plog.SeverityNumberError, text), attr("sentry.message.template", text)))
	}
	p := New(Config{
		MinSeverity: plog.SeverityNumberError,
		Budget:      budget.Config{Enabled: true, First: 1, Every: time.Hour},
		Now:         func() time.Time { return now },
	}).Project(project, "")
	assert.Equal(t, 1, p.Logs(said("user 17 not found"), nil).Offered())
	assert.Equal(t, 1, p.Logs(said("user 99 not found"), nil).Answered[OverBudget])
	assert.Equal(t, 1, p.Logs(said("cart 99 not found"), nil).Offered())
}
