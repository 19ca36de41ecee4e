package triage

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// InternalPrefix begins the attributes that carry verdicts through the queue. Whoever sends them from outside is not believed:
// triage removes them from its copies, translate never shows them.
const InternalPrefix = "sentry.internal."

// The attributes of a verdict.
const (
	attrEventID     = InternalPrefix + "event_id"
	attrTime        = InternalPrefix + "time"
	attrSource      = InternalPrefix + "source"
	attrTransaction = InternalPrefix + "transaction"
	attrHeldBack    = InternalPrefix + "held_back"
	attrBreadcrumbs = InternalPrefix + "breadcrumbs"
)

// Source is what a record of the events lane was before.
type Source string

// The sources.
const (
	SourceLog       Source = "log"
	SourceSpanEvent Source = "span_event"
)

// Verdict is what triage decided about one record of the events lane.
type Verdict struct {
	EventID sentry.EventID
	// Time is set where the record's own cannot be used: it has none, or Sentry would not take it.
	Time sentry.Time
	// Source tells log records from span events.
	Source Source
	// Transaction is the name of the span that the exception was recorded on, where it is its service's entry.
	Transaction string
	// HeldBack is how many occurrences of the same issue were held back since the event before this one.
	HeldBack int

	breadcrumbs []byte // encoded; ReadBreadcrumbs reads them
}

func (v Verdict) write(rec plog.LogRecord) {
	attrs := rec.Attributes()
	attrs.PutEmptyBytes(attrEventID).FromRaw(v.EventID[:])
	attrs.PutStr(attrSource, string(v.Source))
	if v.Time != 0 {
		attrs.PutInt(attrTime, int64(v.Time))
	}
	if v.Transaction != "" {
		attrs.PutStr(attrTransaction, v.Transaction)
	}
	if v.HeldBack > 0 {
		attrs.PutInt(attrHeldBack, int64(v.HeldBack))
	}
	if len(v.breadcrumbs) > 0 {
		attrs.PutEmptyBytes(attrBreadcrumbs).FromRaw(v.breadcrumbs)
	}
}

// ReadVerdict reads what was decided about a record of the events lane.
func ReadVerdict(rec plog.LogRecord) Verdict {
	var v Verdict
	attrs := rec.Attributes()
	if id, ok := attrs.Get(attrEventID); ok && id.Type() == pcommon.ValueTypeBytes {
		bytes := id.Bytes()
		for i := range min(bytes.Len(), len(v.EventID)) {
			v.EventID[i] = bytes.At(i)
		}
	}
	if t, ok := attrs.Get(attrTime); ok {
		v.Time = sentry.Time(t.Int())
	}
	if s, ok := attrs.Get(attrSource); ok {
		v.Source = Source(s.Str())
	}
	if s, ok := attrs.Get(attrTransaction); ok {
		v.Transaction = s.Str()
	}
	if n, ok := attrs.Get(attrHeldBack); ok {
		v.HeldBack = int(n.Int())
	}
	return v
}

// ReadBreadcrumbs reads what happened before a record of the events lane, oldest first.
func ReadBreadcrumbs(rec plog.LogRecord) []sentry.Breadcrumb {
	v, ok := rec.Attributes().Get(attrBreadcrumbs)
	if !ok || v.Type() != pcommon.ValueTypeBytes {
		return nil
	}
	return decodeBreadcrumbs(v.Bytes().AsRaw())
}

// removeInternal takes verdicts out of attributes that came from outside.
func removeInternal(attrs pcommon.Map) {
	attrs.RemoveIf(func(key string, _ pcommon.Value) bool { return strings.HasPrefix(key, InternalPrefix) })
}
