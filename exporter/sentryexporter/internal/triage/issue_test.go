package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
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

// TestBudgetOfFingerprintRules: what a rule puts into one issue has one budget; where only the event tells, the budget is that of the default.
func TestBudgetOfFingerprintRules(t *testing.T) {
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		parts   []string
		matches string
		first   func(plog.LogRecord)
		offered int // of the first and another one
	}{
		"a text":                     {[]string{"database"}, "users*", saidBy("users", "user is gone"), 1},
		"its logger":                 {[]string{"database", "{{ logger }}"}, "users*", saidBy("users", "user is gone"), 1},
		"another logger":             {[]string{"database", "{{ logger }}"}, "users*", saidBy("users.db", "user is gone"), 2},
		"and the default":            {[]string{"database", "{{ default }}"}, "users*", saidBy("users", "user is gone"), 2},
		"what only the event tells":  {[]string{"{{tags.shop}}"}, "users*", saidBy("users", "user is gone"), 2},
		"before what the app says":   {[]string{"database"}, "users*", with(saidBy("users", "user is gone"), attr("sentry.fingerprint", "own")), 1},
		"one that is about another":  {[]string{"database"}, "carts", saidBy("users", "user is gone"), 2},
		"one of another's exception": {[]string{"{{ type }}"}, "users*", saidBy("users", "user is gone"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			rule, err := rules.Compile([]rules.Rule{{Loggers: []string{test.matches}}})
			require.NoError(t, err)
			p := New(Config{
				MinSeverity:  plog.SeverityNumberError,
				Budget:       budget.Config{Enabled: true, First: 1, Every: time.Hour},
				Fingerprints: []Fingerprint{{rule, test.parts}},
				Now:          func() time.Time { return now },
			}).Project(project, "")
			got := p.Logs(logsOf(test.first), nil).Offered() + p.Logs(logsOf(saidBy("users", "no such cart")), nil).Offered()
			assert.Equal(t, test.offered, got)
		})
	}
}

func saidBy(logger, text string) func(plog.LogRecord) {
	return with(record(plog.SeverityNumberError, text), attr("logger.name", logger))
}
