package triage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
)

func compiled(t *testing.T, list ...rules.Rule) rules.Set {
	set, err := rules.Compile(list)
	require.NoError(t, err)
	return set
}

// configured is a Triage of the default configuration with changes.
func configured(change func(*Config)) *Triage {
	cfg := Config{MinSeverity: plog.SeverityNumberError, SpanExceptions: SpanExceptionsError, Now: func() time.Time { return now }}
	change(&cfg)
	return New(cfg)
}

func inNamespace(ld plog.Logs, namespace string) plog.Logs {
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("k8s.namespace.name", namespace)
	return ld
}

func TestIncludeAndExclude(t *testing.T) {
	inTrace := with(record(plog.SeverityNumberError, "payment failed"), attr("exception.stacktrace", javaTrace))
	inBody := record(plog.SeverityNumberError, "2026-11-21 10:11:12.123 ERROR 1 --- [main] c.e.Shop : gone\n"+javaTrace)
	health := with(record(plog.SeverityNumberError, "GET /health 503"), attr("http.route", "/health"))
	for name, tt := range map[string]struct {
		include, exclude []rules.Rule
		ld               plog.Logs
		event            bool
	}{
		"nothing is said":              {nil, nil, logsOf(health), true},
		"excluded by attribute":        {nil, []rules.Rule{{Attributes: map[string]string{"http.route": "/health*"}}}, logsOf(health), false},
		"excluded by message":          {nil, []rules.Rule{{Messages: []string{`^GET /health`}}}, logsOf(health), false},
		"excluded by logger":           {nil, []rules.Rule{{Loggers: []string{"com.acme.*"}}}, logsOf(health), false},
		"excluded by resource":         {nil, []rules.Rule{{Resource: map[string]string{"service.name": "checkout"}}}, logsOf(health), false},
		"another rule":                 {nil, []rules.Rule{{Loggers: []string{"org.*"}}}, logsOf(health), true},
		"excluded by type":             {nil, []rules.Rule{{Exceptions: []string{"IllegalStateException"}}}, logsOf(inTrace), false},
		"type and package of a trace":  {nil, []rules.Rule{{Exceptions: []string{"java.lang.IllegalStateException"}}}, logsOf(inTrace), false},
		"type and package in the body": {nil, []rules.Rule{{Exceptions: []string{"java.lang.Illegal*"}}}, logsOf(inBody), false},
		"another package":              {nil, []rules.Rule{{Exceptions: []string{"java.io.Illegal*"}}}, logsOf(inBody), true},
		"the exception's message":      {nil, []rules.Rule{{Messages: []string{`^no stock$`}}}, logsOf(inTrace), false},
		"in another namespace":         {nil, []rules.Rule{{Namespaces: []string{"dev"}}}, inNamespace(logsOf(health), "prod"), true},
		"in its namespace":             {nil, []rules.Rule{{Namespaces: []string{"dev"}}}, inNamespace(logsOf(health), "dev"), false},
		"of its project":               {nil, []rules.Rule{{Projects: []string{"shop"}}}, logsOf(health), false},
		"of another project":           {nil, []rules.Rule{{Projects: []string{"search"}}}, logsOf(health), true},
		"included":                     {[]rules.Rule{{Namespaces: []string{"prod"}}}, nil, inNamespace(logsOf(health), "prod"), true},
		"not included":                 {[]rules.Rule{{Namespaces: []string{"prod"}}}, nil, inNamespace(logsOf(health), "dev"), false},
		"included and excluded": {
			[]rules.Rule{{Namespaces: []string{"prod"}}},
			[]rules.Rule{{Loggers: []string{"com.acme.*"}}},
			inNamespace(logsOf(health), "prod"), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tri := configured(func(cfg *Config) { cfg.Include, cfg.Exclude = compiled(t, tt.include...), compiled(t, tt.exclude...) })
			b := tri.Project(project, "shop").Logs(tt.ld, nil)
			assert.Equal(t, tt.event, b.Offered() == 1)
			assert.Equal(t, !tt.event, b.Answered[Excluded] == 1)
		})
	}
}

func TestRulesForSpans(t *testing.T) {
	exclude := func(r rules.Rule) *Project {
		return configured(func(cfg *Config) { cfg.Exclude = compiled(t, r) }).Project(project, "shop")
	}
	td := tracesOf(func(span ptrace.Span) {
		throws(javaTrace)(span)
		span.Attributes().PutStr("http.route", "/pay")
	})
	for _, r := range []rules.Rule{
		{Exceptions: []string{"java.lang.*"}},
		{Attributes: map[string]string{"http.route": "/pay"}},
		{Attributes: map[string]string{"exception.message": "no *"}},
		{Resource: map[string]string{"service.name": "gateway"}},
	} {
		b := exclude(r).Traces(td, nil)
		assert.Zero(t, b.Offered(), r)
		assert.Equal(t, 1, b.Answered[Excluded], r)
	}
	assert.Equal(t, 1, exclude(rules.Rule{Exceptions: []string{"Other"}}).Traces(td, nil).Offered())
}

func TestThresholds(t *testing.T) {
	tri := configured(func(cfg *Config) {
		cfg.Thresholds = []Threshold{
			{compiled(t, rules.Rule{Loggers: []string{"audit"}, Projects: []string{"shop"}}), plog.SeverityNumberWarn},
			{compiled(t, rules.Rule{Namespaces: []string{"dev-*"}}), plog.SeverityNumberFatal},
		}
	})
	ofLogger := func(severity plog.SeverityNumber, logger string, more ...func(plog.LogRecord)) plog.Logs {
		ld := logsOf(with(record(severity, "x"), more...))
		ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetName(logger)
		return ld
	}
	for name, tt := range map[string]struct {
		ld      plog.Logs
		project string
		event   bool
	}{
		"lower":                        {ofLogger(plog.SeverityNumberWarn, "audit"), "shop", true},
		"lower, in another project":    {ofLogger(plog.SeverityNumberWarn, "audit"), "search", false},
		"lower, but info is never one": {ofLogger(plog.SeverityNumberInfo, "audit"), "shop", false},
		"the first rule counts":        {inNamespace(ofLogger(plog.SeverityNumberWarn, "audit"), "dev-1"), "shop", true},
		"higher":                       {inNamespace(ofLogger(plog.SeverityNumberError, "x"), "dev-1"), "shop", false},
		"high enough":                  {inNamespace(ofLogger(plog.SeverityNumberFatal, "x"), "dev-1"), "shop", true},
		"exceptions all the same":      {inNamespace(ofLogger(plog.SeverityNumberError, "x", attr("exception.type", "E")), "dev-1"), "shop", true},
		"no rule":                      {ofLogger(plog.SeverityNumberError, "x"), "shop", true},
	} {
		t.Run(name, func(t *testing.T) {
			b := tri.Project(project, tt.project).Logs(tt.ld, nil)
			assert.Equal(t, tt.event, b.Offered() == 1)
			assert.Equal(t, !tt.event, b.Answered[BelowMinSeverity] == 1)
		})
	}
}

// TestARecordThatIsNoEventCostsNextToNothing, whatever is configured.
func TestARecordThatIsNoEventCostsNextToNothing(t *testing.T) {
	if raced {
		t.Skip("sync.Pool forgets at random under the race detector")
	}
	p := configured(func(cfg *Config) {
		cfg.Exclude = compiled(t, rules.Rule{Messages: []string{"x"}})
		cfg.Include = compiled(t, rules.Rule{Exceptions: []string{"*"}})
		cfg.Thresholds = []Threshold{{compiled(t, rules.Rule{Loggers: []string{"*"}}), plog.SeverityNumberWarn}}
	}).Project(project, "shop")
	cost := func(n int) float64 {
		ld := logsOf(slicesOf(n, record(plog.SeverityNumberInfo, "GET /health 200"))...)
		return testing.AllocsPerRun(20, func() { finish(p.Logs(ld, nil)) })
	}
	assert.InDelta(t, cost(1), cost(1000), 0.5)
}
