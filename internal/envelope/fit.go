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
	CutText                         // messages, values, descriptions
	CutFrames                       // frames in the middle of a stack
	CutThreads                      // threads that neither crashed nor ran
	CutExceptions                   // the innermost links of a long chain
	CutSpanData                     // values of span data, the largest first
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
	LostSpans int // spans of a transaction that were left out for their size: to be counted as discarded
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
	value       int // bytes of one value of span data
	spans       int // bytes of all spans
	spanBytes   int // out: size of the spans
	lostSpans   int // out: spans that found no room
}

var untrimmed = trim{source: true, threads: true, extra: MaxExtraBytes, breadcrumbs: MaxBreadcrumbs, text: MaxMessage, frames: MaxFrames,
	exceptions: math.MaxInt, value: noLimit, spans: noLimit}

// rung is one step of trimming. The steps add up.
type rung struct {
	cut   Cut
	apply func(*trim)
}

// eventRungs go from what a reader misses least to what makes an event worth sending.
var eventRungs = []rung{
	{CutFrameContext, func(t *trim) { t.source = false }},
	{CutExtra, func(t *trim) { t.extra = 64 << 10 }},
	{CutBreadcrumbs, func(t *trim) { t.breadcrumbs = 20 }},
	{CutText, func(t *trim) { t.text = 1024 }},
	{CutExtra, func(t *trim) { t.extra = 4 << 10 }},
	{CutFrames, func(t *trim) { t.frames = 60 }},
	{CutThreads, func(t *trim) { t.threads = false }},
	{CutExceptions, func(t *trim) { t.exceptions = 20 }},
	{CutSpanData, func(t *trim) { t.value = 512 }},
	{CutBreadcrumbs, func(t *trim) { t.breadcrumbs = 0 }},
	{CutSpanData, func(t *trim) { t.value = 0 }},
	{CutExtra, func(t *trim) { t.extra = 0 }},
	{CutShared, func(t *trim) { t.bare = true }},
}

// transactionRungs cut the largest values first; spans go last, for what is lost with them is lost from the trace.
var transactionRungs = append(append([]rung{
	{CutSpanData, func(t *trim) { t.value = 64 << 10 }}},
	halvings(64<<10, 64)...),
	rung{CutText, func(t *trim) { t.text = 512 }},
	rung{CutSpanData, func(t *trim) { t.value = 0 }},
	rung{CutShared, func(t *trim) { t.bare = true }},
	rung{CutText, func(t *trim) { t.text = 128 }},
	rung{CutSpans, func(t *trim) { t.spans = MaxSpansBytes }},
)

// halvings halve the room of a value of span data until it is the least.
func halvings(from, least int) (rungs []rung) {
	for room := from / 2; room >= least; room /= 2 {
		rungs = append(rungs, rung{CutSpanData, func(t *trim) { t.value = room }})
	}
	return rungs
}

// FitTransaction writes tx like AppendTransaction and, if that is more than MaxTransactionBytes or its spans are more than MaxSpansBytes, shortens the
// largest values first and leaves out spans at the end last.
func FitTransaction(dst []byte, tx *sentry.Transaction, p *Prepared) ([]byte, FitResult) {
	p = prepared(p, tx.Resource)
	return fit(dst, transactionRungs, MaxTransactionBytes, func(dst []byte, t *trim) []byte { return appendTransaction(dst, tx, p, t) })
}

// FitEvent writes e like AppendEvent and, if that is more than MaxEventBytes, leaves out part after part until it fits.
func FitEvent(dst []byte, e *sentry.Event, p *Prepared) ([]byte, FitResult) {
	p = prepared(p, e.Resource)
	return fit(dst, eventRungs, MaxEventBytes, func(dst []byte, t *trim) []byte { return appendEvent(dst, e, p, t) })
}

func fit(dst []byte, rungs []rung, limit int, write func([]byte, *trim) []byte) ([]byte, FitResult) {
	mark := len(dst)
	t := untrimmed
	dst = write(dst, &t)
	size := len(dst) - mark
	fits := func() bool { return size <= limit && t.spanBytes <= MaxSpansBytes }
	result := FitResult{OK: fits(), FullBytes: size}
	for i := 0; i < len(rungs) && !result.OK; i++ {
		rungs[i].apply(&t)
		dst = write(dst[:mark], &t)
		now := len(dst) - mark
		if now < size {
			result.Cut |= rungs[i].cut
		}
		size = now
		result.OK = fits()
	}
	result.LostSpans = t.lostSpans
	if !result.OK {
		dst = dst[:mark]
	}
	return dst, result
}
