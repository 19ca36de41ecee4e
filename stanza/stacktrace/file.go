package stacktrace

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
	"github.com/otelcol-sentry/otelcol-sentry/internal/states"
)

const streamAttribute = "log.iostream"

// file is what is held of one log file, and of those that it was rotated to.
type file struct {
	mu       sync.Mutex
	released *sync.Cond // lines wait no longer for another file's
	gone     bool       // forgotten: look it up again
	path     string
	cursors  []*cursor      // in the order in which the files began to be read
	pod      map[string]any // what its path says

	// unsent is what was joined and is on its way, encoded. It is empty again once the pipeline took it.
	unsent []byte
	// seen is when the last batch was done, lag how long the batches have waited for the pipeline so far: that time does not count
	// against the lines that are held.
	seen atomic.Int64 // Unix nanoseconds
	lag  time.Duration

	unlike int // batches that were not like the file (untrim.go)

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

// maxCursors is how many files are one log: the one that is written, and those that it was rotated to.
const maxCursors = 8

// cursor finds that of the file which a record was read from.
func (f *file) cursor(o *Operator, path string, e *entry.Entry, offset, now int64) *cursor {
	for _, c := range slices.Backward(f.cursors) {
		if c.path != path {
			continue
		}
		if offset == noOffset || c.goesOn(path == f.path, offset) {
			return c
		}
		break
	}
	c := f.known(path, e, offset)
	if c == nil {
		return f.begin(o, path, e, offset, now)
	}
	c.path = path
	return c
}

// known finds the file that goes on at a record, or nil.
func (f *file) known(path string, e *entry.Entry, offset int64) *cursor {
	maybe := func(c *cursor) bool { return offset != noOffset && (c.at == noOffset || offset > c.at) }
	if now := f.locate(path, e, offset); now != "" {
		return f.recognise(now, maybe)
	}
	// The file is gone, or does not hold the record as it came here. In the middle of a file the receiver goes on only where it has read it.
	if offset <= 0 || isCompressed(path) {
		return nil
	}
	for _, is := range [...]func(*cursor) bool{
		func(c *cursor) bool { return c.path == path },
		func(c *cursor) bool { return c.isNext(offset) },
		func(c *cursor) bool { return c.path == f.path && offset <= c.end },
	} {
		for _, c := range slices.Backward(f.cursors) {
			if maybe(c) && is(c) {
				return c
			}
		}
	}
	return nil
}

// now is the time in which the held lines grow old.
func (f *file) now(at time.Time) int64 { return at.Add(-f.lag).UnixNano() }

// take takes entries of one path.
func (f *file) take(o *Operator, path string, entries []*entry.Entry, now int64) {
	var c *cursor
	for _, e := range entries {
		offset := offsetOf(e)
		if c == nil || offset != noOffset && offset <= c.at {
			c = f.cursor(o, path, e, offset, now)
		}
		switch {
		case !c.admit(e, offset):
			entry.Put(e)
		case c.waits:
			c.wait(e, now)
		default:
			f.takeEntry(o, c, e, now)
		}
	}
}

// takeEntry takes an entry as the receiver gave it.
func (f *file) takeEntry(o *Operator, c *cursor, e *entry.Entry, now int64) {
	text, ok := textOf(e)
	if !ok {
		f.takeLine(o, c, e, "", false, now)
		return
	}
	fr, framed := o.framing(text)
	if !framed {
		f.takeLine(o, c, e, text, true, now)
		return
	}
	f.unframe(o, e, &fr)
	s := c.stream(fr.stream, "", o.limits)
	if fr.partial || len(s.parts) > 0 {
		f.takePart(o, c, s, e, fr.partial, now)
		return
	}
	f.takeLine(o, c, e, fr.log, true, now)
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
func (f *file) takePart(o *Operator, c *cursor, s *stream, e *entry.Entry, partial bool, now int64) {
	text, _ := textOf(e)
	s.parts = append(s.parts, e)
	s.partSize += len(text)
	s.partAt = now
	if !partial || s.partSize >= o.limits.Bytes {
		f.takeParts(o, c, s, now)
	}
}

// takeParts makes a line of the parts that are there.
func (f *file) takeParts(o *Operator, c *cursor, s *stream, now int64) {
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
	f.takeLine(o, c, first, b.String(), true, now)
}

// takeLine takes an entry that is one line, or none.
func (f *file) takeLine(o *Operator, c *cursor, e *entry.Entry, text string, isText bool, now int64) {
	if isText && !utf8.ValidString(text) { // a receiver that reads utf8-raw leaves it to us: a runtime cuts lines in the middle of a character
		text = strings.ToValidUTF8(text, "\uFFFD")
		e.Body = text
	}
	name, _ := e.Attributes[streamAttribute].(string)
	prefix, rest := join.Prefix(text)
	s := c.stream(name, prefix, o.limits)
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
	for _, c := range f.cursors {
		for _, s := range c.streams {
			if len(s.parts) > 0 && s.partAt <= since {
				f.takeParts(o, c, s, since)
			}
			s.lines.Expire(since)
			f.collect(s)
		}
	}
}

// flush lets go all.
func (f *file) flush(o *Operator, now int64) {
	f.resume(o, now, now)
	for _, c := range f.cursors {
		f.flushCursor(o, c, now)
	}
}

// flushCursor lets go all of one file.
func (f *file) flushCursor(o *Operator, c *cursor, now int64) {
	f.release(o, c, now)
	for _, s := range c.streams {
		f.takeParts(o, c, s, now)
		s.lines.Flush()
		f.collect(s)
	}
}

// holds reports whether a line is held that no storage but ours has.
func (f *file) holds() bool {
	return len(f.unsent) > 0 || len(f.out) > 0 || slices.ContainsFunc(f.cursors, (*cursor).holds)
}

// state is what has to be saved; it is valid until the next call.
func (f *file) state() states.Change {
	f.buf = f.append(f.buf[:0])
	return states.Change{Name: f.path, Value: f.buf}
}

// stateVersion is that of what append writes.
const stateVersion = 2

// append appends all that has to survive.
func (f *file) append(dst []byte) []byte {
	dst = append(dst, stateVersion)
	dst = appendString(dst, f.path)
	dst = appendString(dst, string(f.unsent))
	dst = binary.AppendUvarint(dst, uint64(len(f.cursors)))
	for _, c := range f.cursors {
		dst = c.append(dst)
	}
	return dst
}

// restore reads what append wrote. What cannot be read is left out; the error says so.
func restore(o *Operator, value []byte, at time.Time) (*file, error) {
	d := decoder{buf: value}
	if d.byte() != stateVersion {
		return nil, errStored
	}
	f := newFile(d.string(), at)
	f.unsent = append(f.unsent, d.bytes()...)
	// The receiver needs a while until it comes to this file again: what is held waits for longer than usual.
	now := f.now(at.Add(restoreGrace * o.flushAfter))
	for n := d.count(); n > 0 && d.err == nil; n-- {
		f.cursors = append(f.cursors, d.cursor(o, f, now))
	}
	return f, d.err
}

// restoreGrace is how much longer a line waits for those that belong to it after a restart.
const restoreGrace = 10

func newFile(path string, at time.Time) *file {
	f := &file{path: path, pod: podOf(path)}
	f.released = sync.NewCond(&f.mu)
	f.seen.Store(at.UnixNano())
	return f
}

func (f *file) seenAt() time.Time { return time.Unix(0, f.seen.Load()) }
