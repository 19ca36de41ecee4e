package triage

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/breadcrumb"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Breadcrumbs says what an event carries of what happened before it: the last records, info and above, and exceptions that were handled, of
// its trace, and of its stream as far as they belong to no other trace; where its trace has left none, of its stream.
type Breadcrumbs struct {
	// Max is how many an event carries; 0: none are remembered.
	Max int
	// MaxBytes is how much text they have together.
	MaxBytes int
	// Scrub takes secrets out of their texts; nil: they stay as they are.
	Scrub func(string) string
}

// minCrumbSeverity is the least severity of a record that is a breadcrumb. A record without one is one, too.
const minCrumbSeverity = plog.SeverityNumberInfo

// The kinds of breadcrumbs.
const (
	crumbRecord uint8 = iota
	crumbException
	crumbSpanEvent
)

// leave leaves a record behind that nobody has read. This is done for nearly all records: it must cost nothing to speak of.
func (p *Project) leave(out *target, rec plog.LogRecord, severity plog.SeverityNumber) {
	if p.crumbs == nil || severity < minCrumbSeverity {
		return
	}
	b := out.batch
	text := said(rec)
	if text == "" {
		return
	}
	at, observed := when(b, rec)
	b.crumbs = append(b.crumbs, breadcrumb.Crumb{
		Owner: p.number, Stream: out.stream(rec), Trace: sentry.TraceID(rec.TraceID()),
		Time: at, Observed: observed, Severity: int8(severity), Kind: crumbRecord, Logger: out.scope.Name(), Text: text,
	})
}

// leaveOccurrence leaves something behind that was read; false: there is nothing to say of it.
func (p *Project) leaveOccurrence(out *target, o *occurrence) bool {
	if p.crumbs == nil {
		return false
	}
	c := breadcrumb.Crumb{
		Owner: p.number, Stream: o.stream, Trace: o.trace,
		Time: o.at, Observed: o.observed, Severity: int8(o.severity), Kind: o.kind, Text: o.text,
	}
	if o.kind == crumbRecord {
		c.Logger = out.scope.Name()
	}
	if o.failed {
		c.Type, c.Value = o.key.Type, o.key.Message
	}
	if c.Text == "" && c.Type == "" && c.Value == "" {
		return false
	}
	out.batch.crumbs = append(out.batch.crumbs, c)
	return true
}

// leaveHandled leaves an exception of a span behind that is no event.
func (p *Project) leaveHandled(out *target, span ptrace.Span, event ptrace.SpanEvent) {
	if p.crumbs == nil {
		return
	}
	out.batch.crumbs = append(out.batch.crumbs, breadcrumb.Crumb{
		Owner: p.number, Stream: out.ownStream(), Trace: sentry.TraceID(span.TraceID()), Time: sentry.Time(eventTime(span, event)),
		Severity: int8(plog.SeverityNumberWarn), Kind: crumbException,
		Type: text(event.Attributes(), "exception.type"), Value: text(event.Attributes(), "exception.message"),
	})
}

// Remember makes the batch's records the breadcrumbs of what comes. Its events are among them as far as they were committed: the others
// come again.
func (b *Batch) Remember() {
	if b.memory == nil || len(b.crumbs) == 0 {
		return
	}
	if len(b.events) > 0 {
		open := make(map[sentry.EventID]bool, len(b.events))
		for _, e := range b.events {
			open[e.id] = true
		}
		for _, e := range b.ofEvents {
			if open[e.id] {
				b.crumbs[e.at] = breadcrumb.Crumb{} // of no trace and no stream: left out
			}
		}
	}
	b.project.crumbs.Add(b.crumbs, sentry.Time(b.now.UnixNano()))
	clear(b.crumbs)
	b.crumbs, b.ofEvents = b.crumbs[:0], b.ofEvents[:0]
}

// messageKeys are the members under which structured bodies say what happened.
var messageKeys = [...]string{"message", "msg", "@message", "log", "event", "short_message", "body"}

// said is what a record says, without reading it.
func said(rec plog.LogRecord) string {
	body := rec.Body()
	switch body.Type() {
	case pcommon.ValueTypeStr:
		return body.Str()
	case pcommon.ValueTypeMap:
		for _, key := range messageKeys {
			if v, ok := body.Map().Get(key); ok && v.Type() == pcommon.ValueTypeStr {
				return v.Str()
			}
		}
	case pcommon.ValueTypeSlice:
		if s := body.Slice(); s.Len() > 0 && s.At(0).Type() == pcommon.ValueTypeStr {
			return s.At(0).Str()
		}
	}
	return rec.EventName()
}

// maxLookBack bounds how far back in its own request an event looks for breadcrumbs.
const maxLookBack = 2048

// before gathers an occurrence's breadcrumbs and encodes them; nil: there are none.
func (p *Project) before(b *Batch, o *occurrence) []byte {
	n := p.cfg.Breadcrumbs.Max
	found := b.found[:0]
	ofTrace := func(c *breadcrumb.Crumb) bool { return c.Trace == o.trace }
	ofStream := func(c *breadcrumb.Crumb) bool { return c.Stream == o.stream }
	alone := func(c *breadcrumb.Crumb) bool { return c.Stream == o.stream && c.Trace.IsZero() }
	if !o.trace.IsZero() {
		found = b.left(found, o.at, n, ofTrace)
		found = p.crumbs.OfTrace(found, p.number, o.trace, o.at, n)
	}
	inTrace := len(found) > 0
	if o.stream != 0 {
		if inTrace {
			ofStream = alone
		}
		found = b.left(found, o.at, n, ofStream)
		found = p.crumbs.OfStream(found, o.stream, inTrace, o.at, n)
	}
	if o.span != (ptrace.Span{}) {
		found = appendSpanEvents(found, o, n)
	}
	slices.Reverse(found)
	found = slices.DeleteFunc(found, o.isCopy)
	slices.SortStableFunc(found, func(a, b breadcrumb.Crumb) int { return compareTimes(a.Time, b.Time) })
	found = found[max(0, len(found)-n):]
	out := encodeBreadcrumbs(p.cfg.Breadcrumbs.show(found))
	clear(found)
	b.found = found[:0]
	return out
}

func compareTimes(a, b sentry.Time) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// left appends what the batch itself has left behind, newest first, at most n.
func (m *memory) left(found []breadcrumb.Crumb, until sentry.Time, n int, wanted func(*breadcrumb.Crumb) bool) []breadcrumb.Crumb {
	for i := len(m.crumbs) - 1; i >= max(0, len(m.crumbs)-maxLookBack) && n > 0; i-- {
		if c := &m.crumbs[i]; c.Time <= until && wanted(c) {
			found = append(found, *c)
			n--
		}
	}
	return found
}

// isCopy: a crumb is the occurrence itself, as it was recorded on a span that did not fail.
func (o *occurrence) isCopy(c breadcrumb.Crumb) bool {
	return c.Kind == crumbException && o.failed && c.Trace == o.trace &&
		bareType(c.Type) == bareType(o.key.Type) && headline(c.Value) == headline(o.key.Message)
}

// appendSpanEvents appends what was recorded on the failing span itself, newest first, at most n.
func appendSpanEvents(found []breadcrumb.Crumb, o *occurrence, n int) []breadcrumb.Crumb {
	events := o.span.Events()
	for i := events.Len() - 1; i >= 0 && n > 0; i-- {
		event := events.At(i)
		at := sentry.Time(eventTime(o.span, event))
		if event.Name() == exceptionEvent || at > o.at {
			continue
		}
		found = append(found, breadcrumb.Crumb{Trace: o.trace, Time: at, Kind: crumbSpanEvent, Severity: int8(plog.SeverityNumberInfo), Text: describe(event)})
		n--
	}
	return found
}

// maxSpanEventText bounds the text of a span event, in bytes.
const maxSpanEventText = 1024

// describe says a span event in one line: its name and its attributes.
func describe(event ptrace.SpanEvent) string {
	var line strings.Builder
	line.WriteString(event.Name())
	for key, value := range event.Attributes().All() {
		if line.Len() > maxSpanEventText {
			break
		}
		line.WriteString(" " + key + "=" + value.AsString())
	}
	return line.String()
}
