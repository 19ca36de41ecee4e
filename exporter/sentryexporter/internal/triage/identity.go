package triage

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// digest hashes a sequence of parts. Each part is preceded by its length, so that no two sequences run together.
type digest struct{ buf []byte }

func (d *digest) reset(kind string) {
	d.buf = d.buf[:0]
	d.text(kind)
}

func (d *digest) text(s string) {
	d.buf = binary.AppendUvarint(d.buf, uint64(len(s)))
	d.buf = append(d.buf, s...)
}

func (d *digest) number(n uint64) { d.buf = binary.BigEndian.AppendUint64(d.buf, n) }

func (d *digest) sum() sentry.EventID {
	sum := sha256.Sum256(d.buf)
	id := sentry.EventID(sum[:16])
	if id.IsZero() {
		id[0] = 1
	}
	return id
}

// exceptionID names an exception inside a trace. It holds no span, signal, time, service or host, so that every copy of one failure
// has one id: the log record, the span event on each span it passed, the line on stdout. Two equal failures in one trace are one event.
func (d *digest) exceptionID(project string, trace sentry.TraceID, key stacktrace.Key) sentry.EventID {
	d.reset("exception")
	d.text(project)
	d.buf = append(d.buf, trace[:]...)
	d.text(key.Type)
	d.text(strings.TrimSpace(key.Message))
	if key.File != "" {
		d.text(key.File)
		d.number(uint64(key.Line))
	} else {
		d.text(key.Function)
	}
	return d.sum()
}

// spanID names the failure of a span that recorded no exception.
func (d *digest) spanID(project string, span ptrace.Span) sentry.EventID {
	d.reset("failed span")
	d.text(project)
	trace, id := span.TraceID(), span.SpanID()
	d.buf = append(d.buf, trace[:]...)
	d.buf = append(d.buf, id[:]...)
	return d.sum()
}

// recordID names a record by where and when it was written. Observed time and attributes that processors add are left out: a repeat
// brings others. The one exception is a record that has neither a time nor a place in a file: there the observed time is all that
// tells two of them apart, and an OTLP sender repeats it as it was (docs/adr/0003).
func (d *digest) recordID(project string, rec plog.LogRecord, src source) sentry.EventID {
	d.reset("record")
	d.text(project)
	for _, part := range src.parts {
		d.text(part)
	}
	d.number(src.offset)
	when := rec.Timestamp()
	if when == 0 && !src.isFile {
		when = rec.ObservedTimestamp()
	}
	d.number(uint64(when))
	d.number(uint64(rec.SeverityNumber()))
	d.text(rec.Body().AsString())
	return d.sum()
}

// nth makes the id of the n-th equal record of a request; the first keeps the id as it is.
func (d *digest) nth(id sentry.EventID, n int) sentry.EventID {
	if n == 0 {
		return id
	}
	d.reset("ordinal")
	d.buf = append(d.buf, id[:]...)
	d.number(uint64(n))
	return d.sum()
}

// TransactionID names a segment by its segment span. ordinal is above 0 only where a request holds several segments with the same ids.
func TransactionID(project string, trace sentry.TraceID, segment sentry.SpanID, ordinal int) sentry.EventID {
	var d digest
	d.reset("transaction")
	d.text(project)
	d.buf = append(d.buf, trace[:]...)
	d.buf = append(d.buf, segment[:]...)
	d.number(uint64(ordinal))
	return d.sum()
}

// source is where a record was written.
type source struct {
	parts  [4]string
	offset uint64
	isFile bool
}

// sourceOf finds the place of a file's record (container or pod, file and offset), else the service instance and its logger.
func sourceOf(res pcommon.Map, scope string, rec plog.LogRecord) source {
	if offset, ok := rec.Attributes().Get("log.file.record_offset"); ok {
		s := source{isFile: true, offset: uint64(offset.Int())}
		s.parts[0] = "file"
		if id := text(res, "container.id"); id != "" {
			s.parts[1] = id
		} else {
			s.parts[1] = text(res, "k8s.pod.uid")
			s.parts[2] = text(res, "k8s.container.name")
		}
		// Rotated files begin again at offset 0: the path of the file as it was read and the record's time tell them apart.
		s.parts[3] = text(rec.Attributes(), "log.file.path")
		return s
	}
	return source{parts: [4]string{"service", text(res, "service.name"), text(res, "service.instance.id"), scope}}
}

// failureKey is what tells a failure from others, found without reading its whole stack trace; false where the record carries none that has
// a name or a place.
func failureKey(read *fields.Record, language stacktrace.Language) (stacktrace.Key, bool) {
	f := &read.Failure
	if n := len(f.Exceptions); n > 0 {
		thrown := &f.Exceptions[n-1]
		key := stacktrace.Key{Type: thrown.Type, Message: thrown.Value}
		if n := len(thrown.Frames); n > 0 {
			frame := &thrown.Frames[n-1]
			key.File, key.Line, key.Function = baseName(frame.Filename, frame.AbsPath), frame.Lineno, frame.Function
		}
		return key, key != stacktrace.Key{}
	}
	if f.Stacktrace != "" {
		if key, ok := stacktrace.IssueKey(f.Input(language)); ok && key != (stacktrace.Key{}) {
			return key, true
		}
	}
	key := stacktrace.Key{Type: f.Type, Message: f.Message}
	return key, key != stacktrace.Key{}
}

func baseName(paths ...string) string {
	for _, path := range paths {
		if path != "" {
			return path[strings.LastIndexAny(path, `/\`)+1:]
		}
	}
	return ""
}
