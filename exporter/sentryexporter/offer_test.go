package sentryexporter

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/internal/scrub"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

func withQueue(size int64, sizer exporterhelper.RequestSizerType) func(*Config) {
	return func(cfg *Config) {
		cfg.Queue.Get().QueueSize = size
		cfg.Queue.Get().Sizer = sizer
	}
}

func laneOf(t *testing.T, kind laneKind, change ...func(*Config)) *lane {
	cfg := createDefaultConfig().(*Config)
	for _, c := range change {
		c(cfg)
	}
	return &lane{project: &project{projectSettings: projectSettings{cfg: cfg}}, kind: kind}
}

// A request is cut so that every piece fills at most a tenth of the queue, and nothing but the cuts changes.
func TestCutLogs(t *testing.T) {
	for name, sizer := range map[string]exporterhelper.RequestSizerType{
		"bytes": exporterhelper.RequestSizerTypeBytes, "items": exporterhelper.RequestSizerTypeItems,
	} {
		t.Run(name, func(t *testing.T) {
			size := int64(40 * 10 * 16 / 4) // 40 records
			if sizer == exporterhelper.RequestSizerTypeBytes {
				size *= 100
			}
			l := laneOf(t, kindEvents, withQueue(size, sizer))
			ld := joinLogs(ofService("a", errorLogs(120)), ofService("b", errorLogs(3)))
			pieces := l.cutLogs(ld)
			require.Greater(t, len(pieces), 2)
			var want, got []string
			for _, piece := range pieces {
				assert.LessOrEqual(t, l.sizeOfLogs(piece), l.pieceSize())
				got = append(got, texts(piece)...)
			}
			want = texts(ld)
			assert.Equal(t, want, got)
		})
	}
	requests := laneOf(t, kindEvents, withQueue(1000, requestSizer))
	assert.Len(t, requests.cutLogs(errorLogs(5000)), 1, "where requests are counted, they stay as they are")
	assert.Len(t, laneOf(t, kindEvents, withoutQueue).cutLogs(errorLogs(5000)), 1)
}

// texts are the records of a request with their resource and scope.
func texts(ld plog.Logs) []string {
	var out []string
	for _, rl := range ld.ResourceLogs().All() {
		service, _ := rl.Resource().Attributes().Get("service.name")
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				out = append(out, service.Str()+" "+sl.Scope().Name()+" "+rec.Body().Str())
			}
		}
	}
	return out
}

// Spans are cut between segments only; a segment that is too large is a piece; segments with the same ids stay together.
func TestCutTraces(t *testing.T) {
	l := laneOf(t, kindSpans, withQueue(10*16/8*20, exporterhelper.RequestSizerTypeItems)) // 20 spans
	td := ptrace.NewTraces()
	for id := byte(1); id <= 10; id++ {
		oneTrace(id, 8).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	}
	oneTrace(11, 50).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	oneTrace(1, 8).ResourceSpans().MoveAndAppendTo(td.ResourceSpans()) // a twin of the first
	rootless(12, 1, 19).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	spans, pieceOf := 0, map[byte]int{}
	for i, piece := range l.cutTraces(td) {
		n := piece.SpanCount()
		spans += n
		for _, seg := range segmentsOf(piece) {
			id := seg.Root.TraceID()[0]
			if before, ok := pieceOf[id]; ok {
				assert.Equal(t, before, i, "trace %d is in one piece", id)
			}
			pieceOf[id] = i
		}
		assert.True(t, n <= 20 || n == 50, "%d spans", n)
	}
	assert.Equal(t, td.SpanCount(), spans)
	assert.Len(t, pieceOf, 12)
}

// A large request goes through a small queue as long as there is room for its pieces; with its refusal nothing is lost or doubled.
func TestLargeRequestThroughSmallQueue(t *testing.T) {
	fake := sentrytest.Start(t)
	release := make(chan struct{})
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		<-release
		return sentrytest.Answer{}
	})
	logs := startLogs(t, testConfig(fake, withQueue(400, exporterhelper.RequestSizerTypeItems))) // 100 events, pieces of 10
	ld := errorLogs(150)
	ld.MarkReadOnly()
	err := logs.ConsumeLogs(context.Background(), ld)
	require.ErrorIs(t, err, exporterhelper.ErrQueueIsFull)
	var refused consumererror.Logs
	require.ErrorAs(t, err, &refused)
	close(release)
	rest := refused.Data()
	require.Eventually(t, func() bool { // there is room for it as soon as the first are delivered
		err := logs.ConsumeLogs(context.Background(), rest)
		if again := (consumererror.Logs{}); errors.As(err, &again) {
			rest = again.Data()
		}
		return err == nil
	}, time.Minute, time.Millisecond)
	fake.WaitForItems("event", 150)
	assert.Len(t, fake.All(), 150)
	assert.Equal(t, 150, distinct(idsOf(fake.All())))
}

// What could never fit is dropped and counted; to refuse it would stop the sender for ever.
func TestAnItemLargerThanItsQueue(t *testing.T) {
	fake := sentrytest.Start(t)
	logs := startLogs(t, testConfig(fake, withQueue(8000, exporterhelper.RequestSizerTypeBytes)))
	require.NoError(t, logs.ConsumeLogs(context.Background(), errorLogs(2, strings.Repeat("large ", 1000), "small")))
	fake.WaitForItems("event", 1)
	require.NoError(t, logs.Shutdown(context.Background()))
	assert.Equal(t, map[string]float64{"queue_overflow/error": 1}, fake.Reported())
}

// Who sent a request, and with which headers, is not stored.
func TestSendersAreNotStored(t *testing.T) {
	ctx := client.NewContext(context.Background(), client.Info{
		Addr: &net.IPAddr{IP: net.IPv4(203, 0, 113, 9)}, Metadata: client.NewMetadata(map[string][]string{"authorization": {"Bearer hunter2"}}),
	})
	seen := context.Background()
	l := laneOf(t, kindEvents, withoutQueue)
	l.project.telemetry = noTelemetry(t)
	l.project.scrubber, _ = scrub.New(scrub.Config{})
	l.project.now = time.Now
	queue, err := consumer.NewLogs(func(ctx context.Context, _ plog.Logs) error {
		seen = ctx
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, l.offerLogs(ctx, queue, errorLogs(1)))
	assert.Equal(t, client.Info{}, client.FromContext(seen))
}

func noTelemetry(t *testing.T) *metadata.TelemetryBuilder {
	builder, err := metadata.NewTelemetryBuilder(componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	return builder
}
