package sentryexporter

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// withProjects adds a project for each name, which takes the service of that name. Their numbers are 11, 12, ...
func withProjects(fake *sentrytest.Fake, names ...string) func(*Config) {
	return func(cfg *Config) {
		for i, name := range names {
			cfg.Projects = append(cfg.Projects, ProjectConfig{
				Name: name, DSN: configopaque.String(fake.DSN(string([]byte{'1', byte('1' + i)}))), Match: map[string]string{"service.name": name},
			})
		}
	}
}

func ofService(name string, ld plog.Logs) plog.Logs {
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", name)
	return ld
}

func joinLogs(parts ...plog.Logs) plog.Logs {
	all := plog.NewLogs()
	for _, p := range parts {
		p.ResourceLogs().MoveAndAppendTo(all.ResourceLogs())
	}
	all.MarkReadOnly()
	return all
}

func byProject(all []*sentrytest.Received) map[string]int {
	out := map[string]int{}
	for _, r := range all {
		out[r.Project]++
	}
	return out
}

func TestEachProjectGetsItsOwn(t *testing.T) {
	fake := sentrytest.Start(t)
	cfg := testConfig(fake, withoutQueue, withProjects(fake, "checkout", "search"))
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	require.NoError(t, logs.ConsumeLogs(context.Background(), joinLogs(
		ofService("checkout", errorLogs(2)), ofService("search", errorLogs(3)), ofService("other", errorLogs(1)), ofService("checkout", errorLogs(1, "x")))))
	assert.Equal(t, map[string]int{"11": 3, "12": 3, "7": 1}, byProject(fake.Accepted("event")))
	assert.Equal(t, 7, distinct(idsOf(fake.All())))

	td := oneTrace(1, 2)
	other := oneTrace(1, 2)
	other.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "search")
	other.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	td.MarkReadOnly()
	require.NoError(t, traces.ConsumeTraces(context.Background(), td))
	assert.Equal(t, map[string]int{"11": 1, "12": 1}, byProject(fake.Accepted("transaction")))
}

// A refusal carries what the refusing project would have got, and nothing else.
func TestOneProjectRefuses(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Project == "11" {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, withoutQueue, withoutRetry, withProjects(fake, "checkout"))
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	err := logs.ConsumeLogs(context.Background(), joinLogs(ofService("checkout", errorLogs(2)), ofService("other", errorLogs(3))))
	var refused consumererror.Logs
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 2, refused.Data().LogRecordCount())
	service, _ := refused.Data().ResourceLogs().At(0).Resource().Attributes().Get("service.name")
	assert.Equal(t, "checkout", service.Str())

	td := oneTrace(1, 2)
	other := oneTrace(2, 3)
	other.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "other")
	other.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	err = traces.ConsumeTraces(context.Background(), td)
	var refusedTraces consumererror.Traces
	require.ErrorAs(t, err, &refusedTraces)
	assert.Equal(t, 2, refusedTraces.Data().SpanCount())
}

func TestADeadProjectStopsNoOther(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Project == "11" {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, withProjects(fake, "dead")))
	for i := range 20 {
		require.NoError(t, e.ConsumeLogs(context.Background(), joinLogs(ofService("dead", errorLogs(i+1)), ofService("alive", errorLogs(1)))))
	}
	fake.WaitForItems("event", 20)
}

func TestAFullLaneDropsByChoice(t *testing.T) {
	fake := sentrytest.Start(t)
	release := make(chan struct{})
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		<-release
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, func(cfg *Config) {
		cfg.OnFull = onFullDrop
		cfg.Queue.Get().Sizer = requestSizer
		cfg.Queue.Get().QueueSize = minLaneSize
		cfg.Queue.Get().NumConsumers = 1
	})
	ctx := context.Background()
	logs, err := NewFactory().CreateLogs(ctx, settings(), cfg)
	require.NoError(t, err)
	traces, err := NewFactory().CreateTraces(ctx, settings(), cfg)
	require.NoError(t, err)
	require.NoError(t, logs.Start(ctx, componenttest.NewNopHost()))
	require.NoError(t, traces.Start(ctx, componenttest.NewNopHost()))
	for range 30 {
		require.NoError(t, logs.ConsumeLogs(ctx, errorLogs(1)))
	}
	for n := range 30 {
		require.NoError(t, traces.ConsumeTraces(ctx, oneTrace(byte(n+1), 2)))
	}
	close(release)
	require.NoError(t, logs.Shutdown(ctx))
	require.NoError(t, traces.Shutdown(ctx))
	reported := fake.Reported()
	assert.Positive(t, reported["queue_overflow/error"])
	assert.InDelta(t, 30, float64(len(fake.Accepted("event")))+reported["queue_overflow/error"], 0)
	assert.InDelta(t, 30, float64(len(fake.Accepted("transaction")))+reported["queue_overflow/transaction"], 0)
	assert.InDelta(t, 60, 2*float64(len(fake.Accepted("transaction")))+reported["queue_overflow/span"], 0)
}

func TestNoDefaultProject(t *testing.T) {
	fake := sentrytest.Start(t)
	cfg := testConfig(fake, withoutQueue, withProjects(fake, "checkout"), func(cfg *Config) { cfg.DSN = noDSN })
	require.NoError(t, cfg.Validate())
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	require.NoError(t, logs.ConsumeLogs(context.Background(), joinLogs(ofService("checkout", errorLogs(2)), ofService("other", errorLogs(3)))))
	td := ptrace.NewTraces()
	nobody := oneTrace(1, 2)
	nobody.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "other")
	nobody.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	require.NoError(t, traces.ConsumeTraces(context.Background(), td))
	assert.Equal(t, map[string]int{"11": 2}, byProject(fake.All()))
}
