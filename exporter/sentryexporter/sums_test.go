package sentryexporter

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// observed is an exporter of both signals whose metrics can be read.
type observed struct {
	t      *testing.T
	tel    *componenttest.Telemetry
	logs   exporter.Logs
	traces exporter.Traces
}

func observe(t *testing.T, host component.Host, cfg *Config) *observed {
	o := &observed{t: t, tel: componenttest.NewTelemetry()}
	set := settings()
	set.TelemetrySettings = o.tel.NewTelemetrySettings()
	var err error
	o.logs, err = NewFactory().CreateLogs(context.Background(), set, cfg)
	require.NoError(t, err)
	o.traces, err = NewFactory().CreateTraces(context.Background(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, o.logs.Start(context.Background(), host))
	require.NoError(t, o.traces.Start(context.Background(), host))
	return o
}

func (o *observed) stop() {
	require.NoError(o.t, o.logs.Shutdown(context.Background()))
	require.NoError(o.t, o.traces.Shutdown(context.Background()))
}

// of adds up a metric's points of one data category.
func (o *observed) of(metric, category string) (sum float64) {
	m, err := o.tel.GetMetric("otelcol_exporter_sentry_" + metric)
	if err != nil {
		return 0 // nothing was booked
	}
	add := func(v float64, get func() (string, bool)) {
		if c, ok := get(); ok && c == category {
			sum += v
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add(float64(p.Value), func() (string, bool) { v, ok := p.Attributes.Value("data_category"); return v.AsString(), ok })
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			add(float64(p.Value), func() (string, bool) { v, ok := p.Attributes.Value("data_category"); return v.AsString(), ok })
		}
	case metricdata.Gauge[float64]:
		for _, p := range data.DataPoints {
			add(p.Value, func() (string, bool) { v, ok := p.Attributes.Value("data_category"); return v.AsString(), ok })
		}
	default:
		o.t.Fatalf("%s is a %T", metric, m.Data)
	}
	return sum
}

// rest is what the sum of a category leaves over; it must be nothing.
func (o *observed) rest(category string) float64 {
	return o.of("restored_items", category) + o.of("offered_items", category) -
		o.of("delivered_items", category) - o.of("refused_items", category) - o.of("discarded_items", category) - o.of("repeated_items", category) - o.of("queued_items", category)
}

func enableLogs(cfg *Config) { cfg.Logs.Enabled = true }

var laneCategories = []string{"error", "span", "log_item"}

// mixedLogs and mixedTraces are requests of which every lane gets something.
func mixedLogs(n int) plog.Logs { return errorLogs(n) }

func mixedTraces(id byte) ptrace.Traces {
	td := oneTrace(id, 7)
	twin := oneTrace(id, 3) // the same ids in another service
	twin.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "search")
	twin.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	oneTrace(id+100, 1200).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	return td
}

// The sums hold whatever Sentry answers.
func TestSumsHoldWhateverTheAnswers(t *testing.T) {
	fake := sentrytest.Start(t)
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		mu.Lock()
		defer mu.Unlock()
		return []sentrytest.Answer{{}, {}, {Status: 503}, {Status: 400}, {Status: 413}, {Hide: true}}[random.IntN(6)]
	})
	o := observe(t, componenttest.NewNopHost(), testConfig(fake, enableLogs))
	for i := range 10 {
		require.NoError(t, o.logs.ConsumeLogs(context.Background(), mixedLogs(30)))
		require.NoError(t, o.traces.ConsumeTraces(context.Background(), mixedTraces(byte(i+1))))
	}
	for _, category := range laneCategories {
		require.Eventually(t, func() bool { return o.of("queued_items", category) == 0 }, 3*time.Minute, 5*time.Millisecond, category)
		assert.Positive(t, o.of("delivered_items", category), category)
		assert.Positive(t, o.of("refused_items", category), category)
		assert.Zero(t, o.of("queue_age", category), category)
	}
	o.stop()
	assert.InDelta(t, 300, o.of("offered_items", "error"), 0)
	assert.InDelta(t, 300, o.of("offered_items", "log_item"), 0)
	assert.InDelta(t, 10*1210, o.of("offered_items", "span"), 0)
	assert.Zero(t, o.rest("error"))
	assert.Zero(t, o.rest("log_item"))
	assert.Zero(t, o.rest("span"))
}

// While Sentry is away everything is queued, and the age of the queue says since when. What a durable queue held is restored.
func TestSumsOverARestart(t *testing.T) {
	host := storageHost(t)
	storage := component.MustNewID("file_storage")
	durable := func(cfg *Config) { cfg.Queue.Get().StorageID = &storage }
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	o := observe(t, host, testConfig(fake, enableLogs, durable))
	require.NoError(t, o.logs.ConsumeLogs(context.Background(), mixedLogs(30)))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), oneTrace(1, 10)))
	queued := map[string]float64{"error": 30, "log_item": 30, "span": 10}
	for category, n := range queued {
		assert.InDelta(t, n, o.of("queued_items", category), 0)
		assert.Positive(t, o.of("queue_age", category))
		assert.Zero(t, o.rest(category))
	}
	o.stop()
	for category := range queued {
		assert.Zero(t, o.of("discarded_items", category), "it is in the storage")
	}

	fake.AnswerWith(nil)
	again := observe(t, host, testConfig(fake, enableLogs, durable))
	require.NoError(t, again.logs.ConsumeLogs(context.Background(), errorLogs(3)))
	for category, n := range queued {
		require.Eventually(t, func() bool {
			return again.of("delivered_items", category) >= n && again.of("queued_items", category) == 0
		}, 30*time.Second, 5*time.Millisecond, category)
		assert.InDelta(t, n, again.of("restored_items", category), 0)
		assert.Zero(t, again.rest(category))
	}
	again.stop()
}

// A process that ends without storage takes along what it holds; that is counted and reported, not kept quiet.
func TestSumsWithoutStorage(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	o := observe(t, componenttest.NewNopHost(), testConfig(fake, enableLogs))
	require.NoError(t, o.logs.ConsumeLogs(context.Background(), mixedLogs(30)))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), mixedTraces(1)))
	o.stop()
	assert.InDelta(t, 30, o.of("discarded_items", "error"), 0)
	assert.InDelta(t, 30, o.of("discarded_items", "log_item"), 0)
	assert.InDelta(t, 1210, o.of("discarded_items", "span"), 0)
}

// Tries that end by configuration are counted where they end.
func TestSumsWhereTriesEnd(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no retry":         withoutRetry,
		"max_elapsed_time": func(cfg *Config) { cfg.Retry.MaxElapsedTime = 50 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			fake := sentrytest.Start(t)
			fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
			o := observe(t, componenttest.NewNopHost(), testConfig(fake, enableLogs, change))
			require.NoError(t, o.logs.ConsumeLogs(context.Background(), mixedLogs(30)))
			require.NoError(t, o.traces.ConsumeTraces(context.Background(), mixedTraces(1)))
			for category, n := range map[string]float64{"error": 30, "log_item": 30} {
				require.Eventually(t, func() bool { return o.of("discarded_items", category) == n }, 30*time.Second, 5*time.Millisecond, category)
			}
			require.Eventually(t, func() bool { return o.of("queued_items", "span") == 0 }, 30*time.Second, 5*time.Millisecond)
			fake.AnswerWith(nil)
			o.stop()
			assert.EqualValues(t, 30, fake.Reported()["network_error/error"])
			assert.EqualValues(t, 30, fake.Reported()["network_error/log_item"])
			assert.EqualValues(t, 3, fake.Reported()["network_error/transaction"])
		})
	}
}

func TestQueuedRemembersTheOldest(t *testing.T) {
	var q queued
	start := time.Unix(1000, 0)
	for i := range 3 * maxMarks {
		q.arrive(2, start.Add(time.Duration(i)*time.Second))
	}
	n, since := q.state()
	assert.Equal(t, 6*maxMarks, n)
	assert.Equal(t, start, since)
	assert.LessOrEqual(t, len(q.marks), maxMarks)
	q.leave(5 * maxMarks)
	n, since = q.state()
	assert.Equal(t, maxMarks, n)
	assert.InDelta(t, 2.5*maxMarks, since.Sub(start).Seconds(), 8, "within the marks that were merged")
	q.leave(maxMarks)
	n, since = q.state()
	assert.Zero(t, n)
	assert.Zero(t, since)
}

// A limit shows how long it still lasts, in the lane that it holds up and in no other.
func TestALimitShows(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(limited("transaction", 30)))
	o := observe(t, componenttest.NewNopHost(), testConfig(fake))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), oneTrace(1, 3)))
	require.Eventually(t, func() bool { return o.of("rate_limit_remaining", "span") > 20 }, 30*time.Second, 5*time.Millisecond)
	assert.Zero(t, o.of("rate_limit_remaining", "error"))
	o.stop()
}
