// Package report counts what the exporter itself drops, for Sentry's client reports.
//
// In: discards by reason and category. Out: a client_report item for the next envelope, or for one of its own.
// It must not know: HTTP, queues, pdata. It never counts what the server has counted itself (a 429).
package report

import (
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Reason is why an item was dropped, in the words of the client report specification.
type Reason string

// The reasons that this exporter has.
const (
	// RatelimitBackoff: never sent, because a rate limit lasted longer than the configuration waits.
	RatelimitBackoff Reason = "ratelimit_backoff"
	// SendError: refused by the server for good, or never answered (poison).
	SendError Reason = "send_error"
	// QueueOverflow: the lane was full and its project drops.
	QueueOverflow Reason = "queue_overflow"
	// NetworkError: given up without an answer, because the configuration says so or the exporter stopped.
	NetworkError Reason = "network_error"
	// SampleRate: over the budget of its issue.
	SampleRate Reason = "sample_rate"
	// EventProcessor: excluded by a rule.
	EventProcessor Reason = "event_processor"
	// Invalid: nothing that Sentry takes could be made of it.
	Invalid Reason = "invalid"
)

// Quantity is how much of a data category was dropped.
type Quantity struct {
	Category sentry.Category
	N        int
}

type key struct {
	reason   Reason
	category sentry.Category
}

// Ledger gathers discards until they are reported. Safe for concurrent use. The zero value is ready.
type Ledger struct {
	mu     sync.Mutex
	counts map[key]int
}

// Add notes a discard.
func (l *Ledger) Add(reason Reason, quantities ...Quantity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[key]int)
	}
	for _, q := range quantities {
		if q.N > 0 {
			l.counts[key{reason, q.Category}] += q.N
		}
	}
}

// Report is what was taken out of a ledger to be sent.
type Report struct{ counts map[key]int }

// Take takes everything out of the ledger; false where there is nothing.
func (l *Ledger) Take() (Report, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counts) == 0 {
		return Report{}, false
	}
	r := Report{l.counts}
	l.counts = nil
	return r, true
}

// Restore puts a report back that did not reach the server: it goes with the next envelope. It is never the reason for a try.
func (l *Ledger) Restore(r Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[key]int)
	}
	for k, n := range r.counts {
		l.counts[k] += n
	}
}

// Item is the report as an envelope item (develop docs, SDK > Client reports).
func (r Report) Item(now time.Time) envelope.Item {
	keys := make([]key, 0, len(r.counts))
	for k := range r.counts {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].reason != keys[j].reason {
			return keys[i].reason < keys[j].reason
		}
		return keys[i].category < keys[j].category
	})
	payload := append([]byte(`{"timestamp":`), envelope.AppendTime(nil, sentry.Time(now.UnixNano()))...)
	payload = append(payload, `,"discarded_events":[`...)
	for i, k := range keys {
		if i > 0 {
			payload = append(payload, ',')
		}
		payload = envelope.AppendString(append(payload, `{"reason":`...), string(k.reason))
		payload = envelope.AppendString(append(payload, `,"category":`...), string(k.category))
		payload = strconv.AppendInt(append(payload, `,"quantity":`...), int64(r.counts[k]), 10)
		payload = append(payload, '}')
	}
	return envelope.Item{Type: envelope.TypeClientReport, Payload: append(payload, "]}"...)}
}
