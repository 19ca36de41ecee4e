package report

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestReport(t *testing.T) {
	var l Ledger
	_, ok := l.Take()
	assert.False(t, ok, "nothing to report")
	l.Add(SendError, Quantity{sentry.CategoryTransaction, 1}, Quantity{sentry.CategorySpan, 11}, Quantity{sentry.CategoryError, 0})
	l.Add(RatelimitBackoff, Quantity{sentry.CategoryError, 2})
	l.Add(SendError, Quantity{sentry.CategorySpan, 4})
	r, ok := l.Take()
	require.True(t, ok)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	want := `{"timestamp":1795262400,"discarded_events":[` +
		`{"reason":"ratelimit_backoff","category":"error","quantity":2},` +
		`{"reason":"send_error","category":"span","quantity":15},` +
		`{"reason":"send_error","category":"transaction","quantity":1}]}`
	assert.Equal(t, want, string(r.Item(now).Payload))
	_, ok = l.Take()
	assert.False(t, ok, "it is taken once")

	l.Add(SendError, Quantity{sentry.CategorySpan, 1})
	l.Restore(r)
	again, ok := l.Take()
	require.True(t, ok)
	assert.Contains(t, string(again.Item(now).Payload), `"category":"span","quantity":16`)

	e, err := envelope.Parse(envelope.AppendEnvelope(nil, envelope.Header{SentAt: now}, r.Item(now)))
	require.NoError(t, err)
	assert.Empty(t, envelope.Check(e))
}

func TestNothingIsLostOrDoubledBetweenGoroutines(t *testing.T) {
	var l Ledger
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 1000 {
				l.Add(Invalid, Quantity{sentry.CategoryError, 1})
				if r, ok := l.Take(); ok {
					if i%2 == 0 {
						l.Restore(r)
						continue
					}
					mu.Lock()
					total += r.counts[key{Invalid, sentry.CategoryError}]
					mu.Unlock()
				}
			}
		}()
	}
	wg.Wait()
	if r, ok := l.Take(); ok {
		total += r.counts[key{Invalid, sentry.CategoryError}]
	}
	assert.Equal(t, 8000, total)
}
