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
//
// Copies do not say the same of a failure, so it holds only what they have in common: of the type the bare name, of the message the start
// of its first line.
func (d *digest) exceptionID(project string, trace sentry.TraceID, f *failure) sentry.EventID {
	d.reset("exception")
	d.text(project)
	d.buf = append(d.buf, trace[:]...)
	message := headline(f.key.Message)
	if f.goError && message != "" {
		// A Go program prints no types, and most of its errors carry no stack: what stands beside one is the place of whoever logged it.
		d.text("")
		d.text(message)
		d.text("")
		return d.sum()
	}
	d.text(bareType(f.key.Type))
	d.text(message)
	if f.key.File != "" {
		d.text(f.key.File)
		d.number(uint64(f.key.Line))
	} else {
		d.text(f.key.Function)
	}
	return d.sum()
}

// maxHeadline is how much of a message tells failures apart, in bytes. Attributes may be cut (OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT) where texts
// are not.
const maxHeadline = 200

// headline is the start of a message: notes, causes and details follow on other lines, in some copies.
func headline(message string) string {
	message = strings.TrimSpace(message)
	if i := strings.IndexAny(message, "\r\n"); i >= 0 {
		message = strings.TrimRight(message[:i], " \t")
	}
	return message[:min(len(message), maxHeadline)]
}

// bareType is a type without package, module or the class around it: some copies have these, and write them in different ways.
func bareType(name string) string { return name[strings.LastIndexAny(name, `.$:\+`)+1:] }

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
	if when == 0 && !src.placed {
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
	placed bool // by its offset
}

// sourceOf finds the place of a file's record (container, file and offset), else the service instance and its logger. What the file's path
// says goes before what processors add, so that it is the same before and after them.
func sourceOf(res pcommon.Map, scope string, rec plog.LogRecord) source {
	offset, placed := rec.Attributes().Get("log.file.record_offset")
	file := text(rec.Attributes(), "log.file.path")
	if !placed && file == "" {
		return source{parts: [4]string{"service", text(res, "service.name"), text(res, "service.instance.id"), scope}}
	}
	// Rotated files begin again at offset 0: the name of the file as it was read and the record's time tell them apart.
	s := source{parts: [4]string{0: "file", 3: file}, placed: placed}
	if placed {
		s.offset = uint64(offset.Int())
	}
	if pod := text(res, "k8s.pod.uid"); pod != "" {
		// Two collectors on a node may see its files under different paths, and one the same file before and after it was rotated.
		s.parts[1], s.parts[2], s.parts[3] = pod, text(res, "k8s.container.name"), unrotated(baseName(file))
	} else {
		s.parts[1] = text(res, "container.id")
	}
	return s
}

// unrotated is the name that a container's log had before kubelet rotated it (0.log.20261121-171634, later with .gz).
func unrotated(name string) string {
	if i := strings.Index(name, ".log."); i >= 0 {
		return name[:i+len(".log")]
	}
	return name
}

// failure is what tells a failure from others.
type failure struct {
	key     stacktrace.Key
	goError bool
}

// failureOf finds what tells a failure from others, without reading its whole stack trace; false where the record carries none that has a
// name or a place.
func failureOf(read *fields.Record, language stacktrace.Language) (failure, bool) {
	key := readKey(&read.Failure, language)
	return failure{key, isGo(&key, language)}, key != stacktrace.Key{}
}

func readKey(f *fields.Failure, language stacktrace.Language) stacktrace.Key {
	if n := len(f.Exceptions); n > 0 {
		thrown := &f.Exceptions[n-1]
		key := stacktrace.Key{Type: thrown.Type, Message: thrown.Value}
		if n := len(thrown.Frames); n > 0 {
			frame := &thrown.Frames[n-1]
			key.File, key.Line, key.Function = baseName(frame.Filename, frame.AbsPath), frame.Lineno, frame.Function
		}
		return key
	}
	if f.Stacktrace != "" {
		if key, ok := stacktrace.IssueKey(f.Input(language)); ok && key != (stacktrace.Key{}) {
			return key
		}
	}
	return stacktrace.Key{Type: f.Type, Message: f.Message}
}

// isGo: the failure is a Go program's. Where the resource does not say so, its place or its type does: Go writes types as *package.Name,
// some bridges with the package's path.
func isGo(key *stacktrace.Key, language stacktrace.Language) bool {
	switch {
	case language != stacktrace.Unknown:
		return language == stacktrace.Go
	case key.File != "":
		return strings.HasSuffix(key.File, ".go") || strings.HasSuffix(key.File, ".s")
	case key.Function != "":
		return false
	}
	pkg, name, ok := strings.Cut(key.Type[strings.LastIndexByte(key.Type, '/')+1:], ".")
	pkg = strings.TrimPrefix(pkg, "*")
	return ok && name != "" && !strings.Contains(name, ".") && pkg == strings.ToLower(pkg)
}

func baseName(paths ...string) string {
	for _, path := range paths {
		if path != "" {
			return path[strings.LastIndexAny(path, `/\`)+1:]
		}
	}
	return ""
}
