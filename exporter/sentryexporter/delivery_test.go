package sentryexporter

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// answers gives one answer after the other, then 200.
func answers(list ...sentrytest.Answer) func(*sentrytest.Received) sentrytest.Answer {
	var n atomic.Int64
	return func(*sentrytest.Received) sentrytest.Answer {
		if i := n.Add(1) - 1; int(i) < len(list) {
			return list[i]
		}
		return sentrytest.Answer{}
	}
}

func limited(categories string, seconds int) sentrytest.Answer {
	return sentrytest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{
		"X-Sentry-Rate-Limits": {fmt.Sprintf("%d:%s:organization:quota", seconds, categories)},
	}}
}

func idsOf(all []*sentrytest.Received) []string {
	var out []string
	for _, r := range all {
		out = append(out, r.Envelope.EventID.String())
	}
	return out
}

func distinct(list []string) int {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return len(set)
}

func TestEveryErrorRecordArrivesOnce(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake))
	for range 5 {
		require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(40)))
	}
	got := fake.WaitForItems("event", 200)
	assert.Equal(t, 200, distinct(idsOf(got)))
}

func TestALostAnswerIsRepeatedUnderTheSameID(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Hide: true}, sentrytest.Answer{Status: 503}))
	e := startLogs(t, testConfig(fake))
	require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(1)))
	fake.WaitFor(func() bool { return len(fake.All()) == 3 })
	assert.Equal(t, 1, distinct(idsOf(fake.All())))
	assert.Equal(t, fake.All()[0].Envelope.Items[0].Payload, fake.All()[2].Envelope.Items[0].Payload, "after the queue everything is repeatable")
}

func TestOnlyTheUndeliveredRestIsTriedAgain(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if strings.Contains(string(r.Body), "fails once") && len(fake.Accepted("event")) < 9 {
			return sentrytest.Answer{Status: 500}
		}
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, func(cfg *Config) { cfg.Events.Breadcrumbs.Max = 0 })) // in one event only
	require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(10, "a", "b", "fails once", "d")))
	got := fake.WaitForItems("event", 10)
	assert.Equal(t, 10, distinct(idsOf(got)))
	for _, r := range fake.All() {
		if r.Status != http.StatusOK {
			assert.Contains(t, string(r.Body), "fails once")
		}
	}
}

func TestWhatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			fake := sentrytest.Start(t)
			fake.AnswerWith(answers(sentrytest.Answer{Status: status, Body: `{"detail":"no"}`}))
			e := startLogs(t, testConfig(fake, func(cfg *Config) { cfg.Queue.Get().NumConsumers = 1 }))
			require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(1)))
			require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(1, "another")))
			fake.WaitForItems("event", 1)
			assert.Len(t, fake.All(), 2)
		})
	}
}

func TestALimitedCategoryDelaysNoOther(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Type() == "event" {
			return limited("error", 300)
		}
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, func(cfg *Config) { cfg.Queue.Get().NumConsumers = 2 })
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	for range 20 {
		require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(5)))
	}
	fake.WaitFor(func() bool { return len(fake.All()) > 0 })
	begin := time.Now()
	require.NoError(t, traces.ConsumeTraces(context.Background(), oneTrace(1, 3)))
	fake.WaitForItems("transaction", 1)
	assert.Less(t, time.Since(begin), time.Second)
	for _, r := range fake.All() {
		if r.Type() == "event" && r.Status == http.StatusOK {
			t.Error("an event went out although errors are limited")
		}
	}
	// What was in flight when the first answer came was sent; afterwards nobody asks again before the limit ends.
	assert.LessOrEqual(t, len(fake.All())-1, 4)
}

func TestALimitEnds(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(limited("transaction", 1)))
	e := startTraces(t, testConfig(fake))
	require.NoError(t, e.ConsumeTraces(context.Background(), oneTrace(1, 3)))
	fake.WaitForItems("transaction", 1)
	assert.Equal(t, 1, distinct(idsOf(fake.All())))
}

func TestARefusedOfferGivesTheRefusedRecordsBack(t *testing.T) {
	fake := sentrytest.Start(t)
	release := make(chan struct{})
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		<-release
		return sentrytest.Answer{}
	})
	e := startLogs(t, testConfig(fake, func(cfg *Config) {
		cfg.Queue.Get().Sizer = requestSizer
		cfg.Queue.Get().QueueSize = minLaneSize // four requests of events
		cfg.Queue.Get().NumConsumers = 1
	}))
	mixed := errorLogs(3, "one", "two", "three")
	mixed.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(1).SetSeverityNumber(plog.SeverityNumberInfo)
	var refused plog.Logs
	accepted := 0
	for n := 0; ; n++ {
		require.Less(t, n, 20, "the queue is bounded")
		ld := errorLogs(1)
		if err := e.ConsumeLogs(context.Background(), ld); err == nil {
			accepted++
			continue
		}
		break
	}
	before := plog.NewLogs()
	mixed.CopyTo(before)
	mixed.MarkReadOnly()
	before.MarkReadOnly()
	err := e.ConsumeLogs(context.Background(), mixed)
	var carried consumererror.Logs
	require.ErrorAs(t, err, &carried)
	assert.False(t, consumererror.IsPermanent(err))
	refused = carried.Data()
	require.Equal(t, 2, refused.LogRecordCount(), "exactly the records that were refused")
	for _, rec := range refused.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		assert.Zero(t, rec.Attributes().Len(), "as they came")
	}
	assert.Equal(t, before, mixed)

	close(release)
	fake.WaitForItems("event", accepted)
	require.NoError(t, e.ConsumeLogs(context.Background(), refused))
	fake.WaitForItems("event", accepted+2)
}

func TestARefusedOfferAndItsRepeatHaveTheSameIDs(t *testing.T) {
	full := sentrytest.Start(t)
	ld := errorLogs(2)
	cfg := testConfig(full, withoutQueue, withoutRetry)
	full.AnswerWith(answers(sentrytest.Answer{}, sentrytest.Answer{Status: 503}))
	e := startLogs(t, cfg)
	err := e.ConsumeLogs(context.Background(), ld)
	require.Error(t, err)
	var carried consumererror.Logs
	require.ErrorAs(t, err, &carried)
	assert.Equal(t, 1, carried.Data().LogRecordCount(), "what was delivered does not come again")
	require.NoError(t, e.ConsumeLogs(context.Background(), carried.Data()))
	assert.Len(t, full.All(), 3, "what was delivered did not go out again")
	assert.Equal(t, 2, distinct(idsOf(full.All())))
}

func TestARestartGivesTheSameIDs(t *testing.T) {
	ctx := context.Background()
	host := storageHost(t)
	storage := component.MustNewID("file_storage")
	durable := func(cfg *Config) { cfg.Queue.Get().StorageID = &storage }

	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	cfg := testConfig(fake, durable)
	logs, err := NewFactory().CreateLogs(ctx, settings(), cfg)
	require.NoError(t, err)
	traces, err := NewFactory().CreateTraces(ctx, settings(), cfg)
	require.NoError(t, err)
	require.NoError(t, logs.Start(ctx, host))
	require.NoError(t, traces.Start(ctx, host))
	require.NoError(t, logs.ConsumeLogs(ctx, errorLogs(10)))
	require.NoError(t, traces.ConsumeTraces(ctx, oneTrace(1, 5)))
	fake.WaitFor(func() bool { return distinct(idsOf(fake.All())) == 11 })
	require.NoError(t, logs.Shutdown(ctx))
	require.NoError(t, traces.Shutdown(ctx))
	before := len(fake.All())
	assert.Empty(t, fake.Accepted("event"))

	fake.AnswerWith(nil)
	again := testConfig(fake, durable)
	logs, err = NewFactory().CreateLogs(ctx, settings(), again)
	require.NoError(t, err)
	require.NoError(t, logs.Start(ctx, host))
	fake.WaitForItems("event", 10)
	fake.WaitForItems("transaction", 1)
	require.NoError(t, logs.Shutdown(ctx))
	assert.Equal(t, 11, distinct(idsOf(fake.All())), "not one second id")
	assert.Len(t, fake.All(), before+11)
}

// storageHost is a host with a file_storage extension.
func storageHost(t testing.TB) component.Host {
	host, _ := storageHostIn(t)
	return host
}

// storageHostIn also gives the extension's directory.
func storageHostIn(t testing.TB) (component.Host, string) {
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = t.TempDir()
	ext, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.Background())) })
	return hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{component.MustNewID("file_storage"): ext}}, cfg.Directory
}

type hostWith struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h.extensions }

func TestBothSignalsShareOneOwner(t *testing.T) {
	fake := sentrytest.Start(t)
	cfg := testConfig(fake)
	ctx := context.Background()
	logs, err := NewFactory().CreateLogs(ctx, settings(), cfg)
	require.NoError(t, err)
	traces, err := NewFactory().CreateTraces(ctx, settings(), cfg)
	require.NoError(t, err)
	require.NoError(t, logs.Start(ctx, componenttest.NewNopHost()))
	require.NoError(t, traces.Start(ctx, componenttest.NewNopHost()))

	// The exception on the span and the record of the same trace are one event, whichever signal brought it.
	td := oneTrace(1, 1)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.Status().SetCode(ptrace.StatusCodeError)
	event := span.Events().AppendEmpty()
	event.SetName("exception")
	event.SetTimestamp(span.EndTimestamp())
	event.Attributes().PutStr("exception.type", "E")
	event.Attributes().PutStr("exception.message", "m")
	require.NoError(t, traces.ConsumeTraces(ctx, td))
	ld := errorLogs(1)
	rec := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	rec.SetTraceID(span.TraceID())
	rec.SetSpanID(span.SpanID())
	rec.Attributes().PutStr("exception.type", "E")
	rec.Attributes().PutStr("exception.message", "m")
	require.NoError(t, logs.ConsumeLogs(ctx, ld))
	fake.WaitForItems("transaction", 1)

	require.NoError(t, logs.Shutdown(ctx))
	require.NoError(t, traces.ConsumeTraces(ctx, oneTrace(2, 1)), "the other signal goes on")
	fake.WaitForItems("transaction", 2)
	require.NoError(t, traces.Shutdown(ctx))
	assert.Len(t, fake.Accepted("event"), 1)
	require.Error(t, logs.ConsumeLogs(ctx, errorLogs(1)))
	assert.NotContains(t, owners.of, cfg, "nothing is left behind")
}

func TestADeadDSNIsARecoverableStatus(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 403, Body: `{"detail":"project is gone"}`}))
	host := &statusHost{Host: componenttest.NewNopHost(), events: make(chan *componentstatus.Event, 10)}
	ctx := context.Background()
	e, err := NewFactory().CreateLogs(ctx, settings(), testConfig(fake))
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, host))
	require.NoError(t, e.ConsumeLogs(ctx, errorLogs(1)))
	got := <-host.events
	assert.Equal(t, componentstatus.StatusRecoverableError, got.Status())
	assert.ErrorContains(t, got.Err(), "project is gone")
	assert.NotContains(t, got.Err().Error(), sentrytest.Key)
	require.NoError(t, e.ConsumeLogs(ctx, errorLogs(1, "mended")))
	assert.Equal(t, componentstatus.StatusOK, (<-host.events).Status())
	require.NoError(t, e.Shutdown(ctx))
	assert.Empty(t, host.events)
}

type statusHost struct {
	component.Host
	events chan *componentstatus.Event
}

func (h *statusHost) Report(e *componentstatus.Event) { h.events <- e }

func TestAFiveMegabyteBodyArrivesWithItsNeighbours(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startLogs(t, testConfig(fake))
	require.NoError(t, e.ConsumeLogs(context.Background(), errorLogs(3, "before", strings.Repeat("five megabytes of text\n", 5<<20/23), "after")))
	fake.WaitForItems("event", 3)
}

func TestRefusalsOfStartNameTheReason(t *testing.T) {
	fake := sentrytest.Start(t)
	missing := component.MustNewID("file_storage")
	e, err := NewFactory().CreateLogs(context.Background(), settings(), testConfig(fake, func(cfg *Config) { cfg.Queue.Get().StorageID = &missing }))
	require.NoError(t, err)
	require.ErrorContains(t, e.Start(context.Background(), componenttest.NewNopHost()), "storage")
	require.NoError(t, e.Shutdown(context.Background()))
	assert.ErrorIs(t, e.ConsumeLogs(context.Background(), errorLogs(1)), errNotStarted)
}

func TestReleasesWithTheServicesName(t *testing.T) {
	fake := sentrytest.Start(t)
	logs := startLogs(t, testConfig(fake, withoutQueue, func(cfg *Config) { cfg.ReleaseFormat = releaseNamed }))
	ld := errorLogs(1)
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.version", "1.2.3")
	require.NoError(t, logs.ConsumeLogs(context.Background(), ld))
	assert.Contains(t, string(fake.Accepted("event")[0].Body), `"release":"checkout@1.2.3"`)
}
