package sentryexporter

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// What was accepted before a restart and is offered again after it, since its sender did not hear of the acceptance, is sent once.
func TestWhatIsQueuedTwiceUnderOneIDIsSentOnce(t *testing.T) {
	ctx := context.Background()
	host := storageHost(t)
	storage := component.MustNewID("file_storage")
	durable := func(cfg *Config) { cfg.Queue.Get().StorageID = &storage }
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	ld, td := errorLogs(10), oneTrace(1, 5)

	before := observe(t, host, testConfig(fake, durable))
	require.NoError(t, before.logs.ConsumeLogs(ctx, ld))
	require.NoError(t, before.traces.ConsumeTraces(ctx, td))
	before.stop()
	after := observe(t, host, testConfig(fake, durable))
	require.NoError(t, after.logs.ConsumeLogs(ctx, ld))
	require.NoError(t, after.traces.ConsumeTraces(ctx, td))
	fake.AnswerWith(nil)
	for category, n := range map[string]float64{"error": 10, "span": 5} {
		require.Eventually(t, func() bool { return after.of("queued_items", category) == 0 }, time.Minute, 5*time.Millisecond, category)
		assert.Equal(t, n, after.of("delivered_items", category), category)
		assert.Equal(t, n, after.of("repeated_items", category), category)
		assert.Zero(t, after.rest(category), category)
	}
	assert.Len(t, fake.Accepted("event"), 10)
	assert.Len(t, fake.Accepted("transaction"), 1)
	after.stop()
}

// What was delivered before a stop is not sent again after it: neither the rest of its request, which comes back whole, nor another copy.
func TestWhatWasDeliveredBeforeAStopIsNotSentAgain(t *testing.T) {
	ctx := context.Background()
	host := storageHost(t)
	storage := component.MustNewID("file_storage")
	durable := func(cfg *Config) { cfg.Queue.Get().StorageID = &storage }
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Item()["logentry"].(map[string]any)["formatted"] == "not yet" {
			return sentrytest.Answer{Status: 503}
		}
		return sentrytest.Answer{}
	})
	before := observe(t, host, testConfig(fake, durable))
	ld := errorLogs(10, "one", "two", "not yet")
	require.NoError(t, before.logs.ConsumeLogs(ctx, ld))
	fake.WaitForItems("event", 9)
	before.stop()
	fake.AnswerWith(nil)
	after := observe(t, host, testConfig(fake, durable))
	require.NoError(t, after.logs.ConsumeLogs(ctx, ld))
	require.Eventually(t, func() bool { return after.of("queued_items", "error") == 0 }, time.Minute, 5*time.Millisecond)
	after.stop()
	assert.Len(t, fake.Accepted("event"), 10)
	assert.Equal(t, 10.0, after.of("restored_items", "error"))
	assert.Equal(t, 1.0, after.of("delivered_items", "error"))
	assert.Zero(t, after.rest("error"))
}

// A copy waits while the other is on its way: nobody knows yet whether that one arrives.
func TestACopyWaitsForTheOther(t *testing.T) {
	fake := sentrytest.Start(t)
	entered, release := make(chan struct{}), make(chan struct{})
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		close(entered)
		<-release
		return sentrytest.Answer{Status: 503}
	})
	cfg := testConfig(fake)
	o := observe(t, componenttest.NewNopHost(), cfg)
	lane := owners.of[cfg].projects[0].events
	batch := owners.of[cfg].projects[0].triage.Logs(errorLogs(1), nil)
	defer batch.Rollback()
	push := func(d *delivery, position int) {
		lane.each(batch.Events, func(_ int, rec plog.LogRecord, from translate.Origin, prepared *envelope.Prepared) {
			lane.sendEvent(d, rec, from, prepared, position, envelope.MaxEventBytes)
		})
	}
	d := lane.newDelivery(context.Background())
	push(d, 0)
	<-entered
	push(d, 1)
	close(release)
	left, err := d.finish(2)
	assert.Error(t, err)
	assert.Equal(t, []int{0, 1}, left)
	assert.Len(t, fake.All(), 1, "one was on its way, and was refused")

	fake.AnswerWith(nil)
	d = lane.newDelivery(context.Background())
	push(d, 0)
	_, err = d.finish(1)
	require.NoError(t, err)
	push(d, 1)
	_, err = d.finish(2)
	require.NoError(t, err)
	assert.Len(t, fake.All(), 2, "the other was taken, and need not go")
	assert.Equal(t, 1.0, o.of("delivered_items", "error"))
	assert.Equal(t, 1.0, o.of("repeated_items", "error"))
	o.stop()
}

func TestSentIDsAreBounded(t *testing.T) {
	var s sentIDs
	id := func(n int) (id sentry.EventID) {
		binary.BigEndian.PutUint64(id[:], uint64(n))
		return id
	}
	const n = 5 * sentGeneration
	for i := range n {
		require.Equal(t, repeatNone, s.begin(id(i)))
		require.Equal(t, repeatUnderWay, s.begin(id(i)))
		s.end(id(i), true)
		require.Equal(t, repeatUnbooked, s.begin(id(i)))
		s.booked(id(i))
	}
	assert.LessOrEqual(t, s.known.Len(), 2*sentGeneration)
	assert.Empty(t, s.underWay)
	assert.Equal(t, repeatBooked, s.begin(id(n-sentGeneration)))
	assert.Equal(t, repeatNone, s.begin(id(0)), "forgotten")
	var next sentIDs
	next.recall(s.note())
	assert.Equal(t, repeatBooked, next.begin(id(n-1)), "the next run knows")
	next.recall([]byte("shorter"))
	s.end(id(0), false)
	assert.Equal(t, repeatNone, s.begin(id(0)), "what failed is sent again")
}
