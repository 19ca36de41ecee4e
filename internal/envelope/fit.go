package envelope

import (
	"math"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Cut is a set of the kinds of things that were left out or shortened so that a payload fits.
type Cut uint16

// What can be cut, in the order in which it is.
const (
	CutFrameContext Cut = 1 << iota // variables and source lines of frames
	CutExtra                        // extra
	CutBreadcrumbs                  // older breadcrumbs
	CutText                         // messages, values of exceptions; of spans: short descriptions
	CutFrames                       // frames in the middle of a stack
	CutThreads                      // threads that neither crashed nor ran
	CutExceptions                   // the innermost links of a long chain
	CutSpanData                     // values of span data and descriptions, the largest first
	CutShared                       // contexts but the trace, tags, request
	CutSpans                        // spans at the end of a transaction
)

var cutNames = []string{"frame context", "extra", "breadcrumbs", "text", "frames", "threads", "exceptions", "span data", "contexts and tags", "spans"}

// String lists what was cut.
func (c Cut) String() string {
	var names []string
	for i, name := range cutNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// FitResult says what it took to make a payload fit.
type FitResult struct {
	OK        bool // false: even the least that could be sent is too large, and nothing was written
	FullBytes int  // size in bytes before anything was cut
	Cut       Cut
	// Spans of a transaction that were left out, to be counted as discarded: for their size, and because they have no id.
	LostSpans, InvalidSpans int
}

// trim says how much of each part of a payload is written.
type trim struct {
	source      bool // frames with their variables and lines of source
	threads     bool // all threads
	bare        bool // no contexts but the trace, no tags, no request
	extra       int  // bytes
	breadcrumbs int
	text        int // characters of one message
	frames      int // of one stack
	exceptions  int
	value       int  // bytes of one value of span data
	description int  // characters of a span's
	spans       int  // bytes of all spans
	largest     int  // out: bytes of the largest value of span data, or description
	spanBytes   int  // out: size of the spans
	lostSpans   int  // out: spans that found no room
	badSpans    int  // out: spans without an id
	traceCut    bool // out: the data of the trace context did not fit a context
}

// cutBefore is what is cut whatever the size of the payload: what does not fit its own limit.
func (t *trim) cutBefore() Cut {
	if t.traceCut {
		return CutSpanData
	}
	return 0
}

var untrimmed = trim{
	source: true, threads: true, extra: MaxExtraBytes, breadcrumbs: MaxBreadcrumbs, text: MaxMessage, frames: MaxFrames,
	exceptions: math.MaxInt, value: noLimit, description: noLimit, spans: noLimit,
}

// rung is one step of trimming. The steps add up.
type rung struct {
	cut   Cut
	apply func(*trim)
	room  int // of one value of span data, where that is what is cut: no use if none is larger
}

// eventRungs go from what a reader misses least to what makes an event worth sending.
var eventRungs = []rung{
	{cut: CutFrameContext, apply: func(t *trim) { t.source = false }},
	{cut: CutExtra, apply: func(t *trim) { t.extra = 64 << 10 }},
	{cut: CutBreadcrumbs, apply: func(t *trim) { t.breadcrumbs = 20 }},
	{cut: CutText, apply: func(t *trim) { t.text = 1024 }},
	{cut: CutExtra, apply: func(t *trim) { t.extra = 4 << 10 }},
	{cut: CutFrames, apply: func(t *trim) { t.frames = 60 }},
	{cut: CutThreads, apply: func(t *trim) { t.threads = false }},
	{cut: CutExceptions, apply: func(t *trim) { t.exceptions = 20 }},
	{cut: CutSpanData, apply: func(t *trim) { t.value = 512 }},
	{cut: CutBreadcrumbs, apply: func(t *trim) { t.breadcrumbs = 0 }},
	{cut: CutSpanData, apply: func(t *trim) { t.value = 0 }},
	{cut: CutExtra, apply: func(t *trim) { t.extra = 0 }},
	{cut: CutShared, apply: func(t *trim) { t.bare = true }},
}

// transactionRungs cut the largest values first; spans go last, for what is lost with them is lost from the trace.
var transactionRungs = append(halvings(64<<10, 32),
	rung{cut: CutSpanData, apply: func(t *trim) { t.value = 0 }},
	rung{cut: CutText, apply: func(t *trim) { t.description = 128 }},
	rung{cut: CutSpans, apply: func(t *trim) { t.spans = MaxSpansBytes }},
	rung{cut: CutShared, apply: func(t *trim) { t.bare = true }},
)

// halvings halve the room of a value of span data until it is the least. Descriptions, which people read, stay readable.
func halvings(from, least int) (rungs []rung) {
	for room := from; room >= least; room /= 2 {
		rungs = append(rungs, rung{cut: CutSpanData, apply: func(t *trim) { t.value, t.description = room, max(room, 512) }, room: room})
	}
	return rungs
}

// FitTransaction writes tx like AppendTransaction and, if that is more than MaxTransactionBytes or its spans are more than MaxSpansBytes, shortens the
// largest values first and leaves out spans at the end last.
func FitTransaction(dst []byte, tx *sentry.Transaction, p *Prepared) ([]byte, FitResult) {
	return fitTransaction(dst, tx, prepared(p, tx.Resource), MaxTransactionBytes)
}

func fitTransaction(dst []byte, tx *sentry.Transaction, p *Prepared, limit int) ([]byte, FitResult) {
	return fitTransactionBy(transactionRungs, dst, tx, p, limit)
}

// FitWholeSpans is FitTransaction for a caller that can still cut the transaction into several: it shortens only values that are large by
// themselves (over 1 KiB), and says that it does not fit where more would have to go.
func FitWholeSpans(dst []byte, tx *sentry.Transaction, p *Prepared) ([]byte, FitResult) {
	return fitTransactionBy(largeValueRungs, dst, tx, prepared(p, tx.Resource), MaxTransactionBytes)
}

// largeValueRungs shorten the values that are large by themselves, and nothing else.
var largeValueRungs = halvings(64<<10, 1<<10)

func fitTransactionBy(rungs []rung, dst []byte, tx *sentry.Transaction, p *Prepared, limit int) ([]byte, FitResult) {
	mark := len(dst)
	dst, result := fitTransactionAlone(rungs, dst, tx, p, limit)
	if result.OK {
		dst = appendMeta(dst, mark, limit)
	}
	return dst, result
}

// fitTransactionAlone is fitTransactionBy without "_meta".
func fitTransactionAlone(rungs []rung, dst []byte, tx *sentry.Transaction, p *Prepared, limit int) ([]byte, FitResult) {
	mark, t := len(dst), untrimmed
	dst = appendTransaction(dst, tx, p, &t)
	full := measured{len(dst) - mark, t.spanBytes, t.largest}
	if full.fits(limit) {
		return dst, FitResult{OK: true, FullBytes: full.bytes, InvalidSpans: t.badSpans, Cut: t.cutBefore()}
	}
	write := func(dst []byte, t *trim) []byte { return appendTransaction(dst, tx, p, t) }
	dst, result := climb(dst[:mark], rungs, full, limit, write)
	result.InvalidSpans = t.badSpans
	return dst, result
}

// FitEventWithin is FitEvent for a server that takes less than Sentry does. limit is in bytes.
func FitEventWithin(dst []byte, e *sentry.Event, p *Prepared, limit int) ([]byte, FitResult) {
	return fitEvent(dst, e, prepared(p, e.Resource), limit)
}

// FitEvent writes e like AppendEvent and, if that is more than MaxEventBytes, leaves out part after part until it fits.
func FitEvent(dst []byte, e *sentry.Event, p *Prepared) ([]byte, FitResult) {
	return fitEvent(dst, e, prepared(p, e.Resource), MaxEventBytes)
}

func fitEvent(dst []byte, e *sentry.Event, p *Prepared, limit int) ([]byte, FitResult) {
	mark := len(dst)
	dst, result := fitEventAlone(dst, e, p, limit)
	if result.OK {
		dst = appendMeta(dst, mark, limit)
	}
	return dst, result
}

// fitEventAlone is fitEvent without "_meta".
func fitEventAlone(dst []byte, e *sentry.Event, p *Prepared, limit int) ([]byte, FitResult) {
	mark, t := len(dst), untrimmed
	dst = appendEvent(dst, e, p, &t)
	full := measured{bytes: len(dst) - mark}
	if full.fits(limit) {
		return dst, FitResult{OK: true, FullBytes: full.bytes}
	}
	write := func(dst []byte, t *trim) []byte { return appendEvent(dst, e, p, t) }
	return climb(dst[:mark], eventRungs, full, limit, write)
}

// measured is the size of a payload, and of its spans and their largest value.
type measured struct{ bytes, spans, largest int }

func (m measured) fits(limit int) bool { return m.bytes <= limit && m.spans <= MaxSpansBytes }

// climb writes again with one rung more until it fits. A rung that saves next to nothing is not kept, unless all of them together are needed. There are
// few rungs, and each writes less: the work is bounded.
func climb(dst []byte, rungs []rung, full measured, limit int, write func([]byte, *trim) []byte) ([]byte, FitResult) {
	for _, worthwhile := range []int{limit / 64, 0} {
		if dst, result := climbWith(dst, rungs, full, limit, worthwhile, write); result.OK {
			return dst, result
		}
	}
	return dst, FitResult{FullBytes: full.bytes}
}

func climbWith(dst []byte, rungs []rung, full measured, limit, worthwhile int, write func([]byte, *trim) []byte) ([]byte, FitResult) {
	mark, kept, last := len(dst), untrimmed, full
	result := FitResult{FullBytes: full.bytes}
	for i := range rungs {
		if rungs[i].room > full.largest {
			continue
		}
		t := kept
		rungs[i].apply(&t)
		dst = write(dst[:mark], &t)
		now := measured{len(dst) - mark, t.spanBytes, t.largest}
		saved := last.bytes - now.bytes
		result.OK = now.fits(limit)
		if !result.OK && saved < worthwhile {
			continue
		}
		if saved > 0 {
			result.Cut |= rungs[i].cut
		}
		kept, last = t, now
		if result.OK {
			result.LostSpans = t.lostSpans
			result.Cut |= t.cutBefore()
			return dst, result
		}
	}
	return dst[:mark], result
}
