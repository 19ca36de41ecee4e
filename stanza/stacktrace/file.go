package stacktrace

import (
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/fileconsumer/attrs"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
	"github.com/otelcol-sentry/otelcol-sentry/internal/states"
)

const streamAttribute = "log.iostream"

// file is what is held of one log file, and of those that it was rotated to.
type file struct {
	mu      sync.Mutex
	gone    bool // forgotten: look it up again
	path    string
	sources []source
	streams []*stream
	pod     map[string]any // what its path says

	// unsent is what was joined and is on its way, encoded. It is empty again once the pipeline took it.
	unsent []byte
	// seen is when the last batch was done, lag how long the batches have waited for the pipeline so far: that time does not count
	// against the lines that are held.
	seen atomic.Int64 // Unix nanoseconds
	lag  time.Duration

	deferred deferral

	out []*entry.Entry // of the batch that is worked on
	buf []byte
}

// stream is one pipe of a file's container.
type stream struct {
	name, prefix string
	lines        *join.Stream[*entry.Entry]
	parts        []*entry.Entry // of a line whose end has not come
	partSize     int
	partAt       int64
}

// maxSources is how many files, by their paths, are one log: the one that is written, and those being read that it was rotated to.
const maxSources = 4

// find gives how far a path has been taken, or nil.
func (f *file) find(path string) *source {
	for i := range f.sources {
		if f.sources[i].path == path {
			return &f.sources[i]
		}
	}
	return nil
}

// source is find, for a path that may be new.
func (f *file) source(path string) *source {
	if src := f.find(path); src != nil {
		return src
	}
	if len(f.sources) == maxSources {
		f.sources = append(f.sources[:0], f.sources[1:]...)
	}
	src := source{path: path}
	src.last = noOffset
	for i := range f.sources {
		if base := &f.sources[i]; strings.HasPrefix(path, base.path) { // it was rotated: how far it was taken stays true
			src.cursor, src.again = base.before(), base.again
		}
	}
	f.sources = append(f.sources, src)
	return &f.sources[len(f.sources)-1]
}

// stream finds the pipe that a line was written to.
func (f *file) stream(name, prefix string, limits join.Limits) *stream {
	for _, s := range f.streams {
		if s.name == name && s.prefix == prefix {
			return s
		}
	}
	s := &stream{name: name, prefix: prefix, lines: join.NewStream[*entry.Entry](limits)}
	f.streams = append(f.streams, s)
	return s
}

// now is the time in which the held lines grow old.
func (f *file) now(at time.Time) int64 { return at.Add(-f.lag).UnixNano() }

// take takes entries of one path.
func (f *file) take(o *Operator, entries []*entry.Entry, now int64) {
	src := f.source(pathOf(entries[0]))
	for _, e := range entries {
		before, taken := src.admit(e, offsetOf(e))
		for _, b := range before {
			f.takeEntry(o, b, now)
		}
		if !taken {
			f.takeEntry(o, e, now)
		}
	}
}

// takeEntry takes an entry as the receiver gave it.
func (f *file) takeEntry(o *Operator, e *entry.Entry, now int64) {
	text, ok := textOf(e)
	if !ok {
		f.takeLine(o, e, "", false, now)
		return
	}
	fr, framed := o.framing(text)
	if !framed {
		f.takeLine(o, e, text, true, now)
		return
	}
	f.unframe(o, e, &fr)
	s := f.stream(fr.stream, "", o.limits)
	if fr.partial || len(s.parts) > 0 {
		f.takePart(o, s, e, fr.partial, now)
		return
	}
	f.takeLine(o, e, fr.log, true, now)
}

// unframe puts what the frame says where the container operator puts it.
func (f *file) unframe(o *Operator, e *entry.Entry, fr *frame) {
	e.Body, e.Timestamp = fr.log, fr.time
	if e.Attributes == nil {
		e.Attributes = make(map[string]any, 1)
	}
	e.Attributes[streamAttribute] = fr.stream
	if o.addMetadata && f.pod != nil {
		if e.Resource == nil {
			e.Resource = make(map[string]any, len(f.pod))
		}
		for k, v := range f.pod {
			e.Resource[k] = v
		}
	}
}

// takePart takes a part of a line that the runtime cut.
func (f *file) takePart(o *Operator, s *stream, e *entry.Entry, partial bool, now int64) {
	text, _ := textOf(e)
	s.parts = append(s.parts, e)
	s.partSize += len(text)
	s.partAt = now
	if !partial || s.partSize >= o.limits.Bytes {
		f.takeParts(o, s, now)
	}
}

// takeParts makes a line of the parts that are there.
func (f *file) takeParts(o *Operator, s *stream, now int64) {
	if len(s.parts) == 0 {
		return
	}
	var b strings.Builder
	b.Grow(s.partSize)
	for _, part := range s.parts {
		text, _ := textOf(part)
		b.WriteString(text)
	}
	first := s.parts[0]
	first.Body = b.String()
	for _, part := range s.parts[1:] {
		entry.Put(part)
	}
	s.parts, s.partSize = nil, 0
	f.takeLine(o, first, b.String(), true, now)
}

// takeLine takes an entry that is one line, or none.
func (f *file) takeLine(o *Operator, e *entry.Entry, text string, isText bool, now int64) {
	name, _ := e.Attributes[streamAttribute].(string)
	prefix, rest := join.Prefix(text)
	s := f.stream(name, prefix, o.limits)
	if isText {
		s.lines.Push(rest, e, now)
	} else {
		s.lines.PushWhole("", e, now)
	}
	f.collect(s)
}

// collect moves the records that are complete to out.
func (f *file) collect(s *stream) {
	for lines, ok := s.lines.Next(); ok; lines, ok = s.lines.Next() {
		f.out = append(f.out, joined(lines))
	}
}

// joined makes one entry of a record's lines: the first line's, with all lines as its body.
func joined(lines []join.Line[*entry.Entry]) *entry.Entry {
	first := lines[0].Value
	if len(lines) == 1 {
		return first
	}
	text, _ := textOf(first)
	size := len(text)
	for _, l := range lines[1:] {
		size += 1 + len(l.Text)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(text)
	for _, l := range lines[1:] {
		b.WriteByte('\n')
		b.WriteString(l.Text)
		entry.Put(l.Value)
	}
	first.Body = b.String()
	return first
}

// expire lets go what no line came to since the given time.
func (f *file) expire(o *Operator, now, since int64) {
	f.resume(o, now, since)
	for _, s := range f.streams {
		if len(s.parts) > 0 && s.partAt <= since {
			f.takeParts(o, s, since)
		}
		s.lines.Expire(since)
		f.collect(s)
	}
}

// flush lets go all.
func (f *file) flush(o *Operator) {
	f.resume(o, f.deferred.since, f.deferred.since)
	for _, s := range f.streams {
		f.takeParts(o, s, 0)
		s.lines.Flush()
		f.collect(s)
	}
}

// holds reports whether a line is held that no storage but ours has.
func (f *file) holds() bool {
	if len(f.unsent) > 0 || len(f.out) > 0 || len(f.deferred.entries) > 0 {
		return true
	}
	for _, s := range f.streams {
		if s.lines.Len() > 0 || len(s.parts) > 0 {
			return true
		}
	}
	for i := range f.sources {
		if len(f.sources[i].doubtful) > 0 {
			return true
		}
	}
	return false
}

// state is what has to be saved; it is valid until the next call.
func (f *file) state() states.Change {
	f.buf = f.append(f.buf[:0])
	return states.Change{Name: f.path, Value: f.buf}
}

// stateVersion is that of what append writes.
const stateVersion = 1

// append appends all that has to survive.
func (f *file) append(dst []byte) []byte {
	dst = append(dst, stateVersion)
	dst = appendString(dst, f.path)
	dst = binary.AppendUvarint(dst, uint64(len(f.sources)))
	for i := range f.sources {
		dst = f.sources[i].append(dst)
	}
	dst = appendString(dst, string(f.unsent))
	for _, s := range f.streams {
		for l := range s.lines.Held {
			dst = appendEntry(append(dst, heldLine), l.Value)
		}
		for _, part := range s.parts {
			dst = appendEntry(append(dst, heldPart), part)
		}
	}
	for _, e := range f.deferred.entries {
		dst = appendEntry(append(dst, heldDeferred), e)
	}
	return append(dst, heldEnd)
}

// What stands before each held entry.
const (
	heldEnd byte = iota
	heldLine
	heldPart
	heldDeferred
)

// restore reads what append wrote. What cannot be read is left out; the error says so.
func restore(o *Operator, value []byte, at time.Time) (*file, error) {
	d := decoder{buf: value}
	if d.byte() != stateVersion {
		return nil, errStored
	}
	f := newFile(d.string(), at)
	for n := d.count(); n > 0 && d.err == nil; n-- {
		f.sources = append(f.sources, d.source())
	}
	f.unsent = append(f.unsent, d.bytes()...)
	// The receiver needs a while until it comes to this file again: what is held waits for longer than usual.
	now := f.now(at.Add(restoreGrace * o.flushAfter))
	for {
		kind := d.byte()
		if kind == heldEnd || d.err != nil {
			return f, d.err
		}
		e := d.entry()
		if d.err != nil {
			return f, d.err
		}
		text, isText := textOf(e)
		switch kind {
		case heldDeferred:
			f.hold(pathOf(e), []*entry.Entry{e}, now)
			continue
		case heldPart:
			name, _ := e.Attributes[streamAttribute].(string)
			s := f.stream(name, "", o.limits)
			s.parts, s.partSize, s.partAt = append(s.parts, e), s.partSize+len(text), now
			continue
		}
		f.takeLine(o, e, text, isText, now)
	}
}

// restoreGrace is how much longer a line waits for those that belong to it after a restart.
const restoreGrace = 10

func newFile(path string, at time.Time) *file {
	f := &file{path: path, pod: podOf(path)}
	f.seen.Store(at.UnixNano())
	return f
}

func (f *file) seenAt() time.Time { return time.Unix(0, f.seen.Load()) }

func textOf(e *entry.Entry) (string, bool) {
	switch body := e.Body.(type) {
	case string:
		return body, true
	case []byte:
		return string(body), true
	}
	return "", false
}

// pathOf is the file that an entry was read from; without include_file_path its name has to do.
func pathOf(e *entry.Entry) string {
	for _, key := range [...]string{attrs.LogFilePath, attrs.LogFilePathResolved, attrs.LogFileName} {
		if path, ok := e.Attributes[key].(string); ok {
			return path
		}
	}
	return ""
}

func offsetOf(e *entry.Entry) int64 {
	if offset, ok := e.Attributes[attrs.LogFileRecordOffset].(int64); ok {
		return offset
	}
	return noOffset
}
