package translate

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// window is the stretch of times that Sentry takes, both ends included. The zero value takes all.
type window struct{ from, to sentry.Time }

func (w window) takes(start, end sentry.Time) bool {
	return w == window{} || (w.from <= start && start <= end && end <= w.to)
}

// Times, in nanoseconds, between which Relay takes a transaction: five days back, an hour ahead (relay-event-normalization, transactions/processor).
// Outside of them it drops the whole transaction. Ten minutes are left for the way there.
const (
	minute             = 60 * 1_000_000_000
	maxTransactionAge  = (5*24*60 - 10) * minute
	maxTransactionLead = (60 - 10) * minute
)

// Times between which Relay takes a streamed span as it is: 30 days back, a minute ahead, as of logs. Outside of them it moves the span to the time of
// receipt, each by itself, which would tear the spans of a trace apart.
const (
	maxStreamAge  = maxLogAge
	maxStreamLead = maxLogAhead
)

// around is the window around the present; with 0 the one that takes all.
func around(received sentry.Time, age, lead uint64) window {
	if received == 0 {
		return window{}
	}
	return window{received - min(received, sentry.Time(age)), received + sentry.Time(lead)}
}

// move gives a start and an end that w takes, by moving them so that they end at received. What lasts longer than the window begins with it. shift is
// what was added, modulo 2^64.
func (w window) move(start, end, received sentry.Time) (from, to sentry.Time, shift uint64) {
	if w.takes(start, end) {
		return start, end, 0
	}
	to = end
	if end < w.from || w.to < end {
		to = received
	}
	shift = uint64(to) - uint64(end)
	from = to - min(to-w.from, end-start)
	return from, to, shift
}

// rootTime gives the segment its times. Without one of its own it spans the times of the spans in hand; without those it has the time of receipt.
func (t *Spans) rootTime(seg segment.Segment, received sentry.Time, fixed *Repairs) {
	if seg.Rootless() {
		t.tx.Start, t.tx.End = spanned(seg, received)
		return
	}
	t.tx.Start, t.tx.End = timesOf(seg, received, fixed)
}

func timesOf(seg segment.Segment, received sentry.Time, fixed *Repairs) (start, end sentry.Time) {
	start, end = sentry.Time(seg.Root.StartTimestamp()), sentry.Time(seg.Root.EndTimestamp())
	if start != 0 || end != 0 {
		repairTime(&start, &end, 0, fixed)
		return start, end
	}
	fixed.StartTime++
	fixed.EndTime++
	return spanned(seg, received)
}

// spanned is the time of all the spans in hand; without any the time of receipt.
func spanned(seg segment.Segment, received sentry.Time) (start, end sentry.Time) {
	start, end = widen(0, 0, seg.Root)
	for _, s := range seg.Spans {
		start, end = widen(start, end, s)
	}
	if end == 0 {
		return received, received
	}
	return start, end
}

func widen(start, end sentry.Time, span segment.Span) (from, to sentry.Time) {
	for _, at := range [...]pcommon.Timestamp{span.StartTimestamp(), span.EndTimestamp()} {
		if at != 0 && (start == 0 || sentry.Time(at) < start) {
			start = sentry.Time(at)
		}
		end = max(end, sentry.Time(at))
	}
	return start, end
}

// repairTime makes end not come before start. Of two times the one that is there stands for the other; for both stands otherwise.
func repairTime(start, end *sentry.Time, otherwise sentry.Time, fixed *Repairs) {
	if *start == 0 {
		fixed.StartTime++
		*start = *end
		if *end == 0 {
			*start = otherwise
		}
	}
	if *end < *start {
		fixed.EndTime++
		*end = *start
	}
}

// age moves a transaction that Sentry would not take, and says so: as of events, the own time is kept beside it.
func (t *Spans) age(received sentry.Time, fixed *Repairs) {
	tx := &t.tx
	t.window = around(received, maxTransactionAge, maxTransactionLead)
	if t.window.takes(tx.Start, tx.End) {
		return
	}
	fixed.Age++
	mark := len(t.data)
	t.data = append(append(t.data, tx.Trace.Data...), sentry.Attr{Key: keyOriginalTime, Value: sentry.String(t.text.time(tx.Start))})
	tx.Trace.Data = t.since(mark)
	t.tagsMem[0] = sentry.Tag{Key: "time", Value: "of receipt"}
	tx.Tags = t.tagsMem[:]
	tx.Start, tx.End, t.shift = t.window.move(tx.Start, tx.End, received)
}

// keyOriginalTime is where the start is kept of what was moved.
const keyOriginalTime = "sentry.original_time"

// childTime gives a child its times: moved with its transaction. One that lies outside of what Sentry takes is cut to its transaction, as Relay does
// since May 2026 (relay#6015); Relays of the weeks before refuse the whole transaction.
func (t *Spans) childTime(out *sentry.Span, fixed *Repairs) {
	if out.Start != 0 || out.End != 0 {
		repairTime(&out.Start, &out.End, 0, fixed)
		out.Start += sentry.Time(t.shift)
		out.End += sentry.Time(t.shift)
	} else {
		repairTime(&out.Start, &out.End, t.tx.Start, fixed)
	}
	if !t.window.takes(out.Start, out.End) {
		fixed.Age++
		out.Start = min(max(out.Start, t.tx.Start), t.tx.End)
		out.End = min(max(out.End, out.Start), t.tx.End)
	}
}
