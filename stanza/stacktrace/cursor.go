package stacktrace

import (
	"encoding/binary"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/fileconsumer/attrs"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
)

// cursor is how far one file has been taken, under whatever names, and what is held of it.
type cursor struct {
	path string // under which it was read last

	// head and tail are the first and the last place that was seen of the file: by them it is known again under another name and after a
	// restart.
	head, tail place
	last       int64 // the offset of the last record taken, or noOffset
	end        int64 // behind that record and its line end

	// at is the offset of the last record that came since the start, next is behind it. After a restart the receiver may come to records once
	// more that were taken; else these are last and end.
	at, next int64

	streams []*stream

	// waiting are lines that come after those of a file that has not been read to its end (rotation.go).
	waiting     []*entry.Entry
	waitingSize int
	since       int64 // when the first of them came
	waits       bool
}

// noOffset is that of a record without one.
const noOffset = -1

// lineEnd is the most that a line's end may have: \r\n.
const lineEnd = 2

func newCursor(path string) *cursor { return &cursor{path: path, last: noOffset, at: noOffset} }

// goesOn reports whether a record that was read under the cursor's path is of its file. Another file in the place of the one that is written to,
// or compressed, is read from its beginning; under other names any may have taken its place.
func (c *cursor) goesOn(live bool, offset int64) bool {
	return c.at != noOffset && offset > c.at && (live || isCompressed(c.path) || c.tail.isIn(c.path))
}

// isNext reports whether a record at the offset follows the last one that came.
func (c *cursor) isNext(offset int64) bool { return offset <= c.next && offset >= c.next-lineEnd }

// admit notes a record, and reports whether it is new.
func (c *cursor) admit(e *entry.Entry, offset int64) bool {
	if offset == noOffset {
		return true
	}
	c.at, c.next = offset, endOf(e, offset)
	if offset <= c.last {
		return false
	}
	c.last, c.end = c.at, c.next
	c.mark(e, offset)
	return true
}

// mark notes how a record looks in the file.
func (c *cursor) mark(e *entry.Entry, offset int64) {
	if c.tail.set(e, offset); len(c.head.text) == 0 {
		c.head.set(e, offset)
	}
}

// stream finds the pipe that a line was written to.
func (c *cursor) stream(name, prefix string, limits join.Limits) *stream {
	for _, s := range c.streams {
		if s.name == name && s.prefix == prefix {
			return s
		}
	}
	s := &stream{name: name, prefix: prefix, lines: join.NewStream[*entry.Entry](limits)}
	c.streams = append(c.streams, s)
	return s
}

// holds reports whether lines of the file are held.
func (c *cursor) holds() bool {
	if len(c.waiting) > 0 {
		return true
	}
	for _, s := range c.streams {
		if s.lines.Len() > 0 || len(s.parts) > 0 {
			return true
		}
	}
	return false
}

// What stands before each held entry.
const (
	heldEnd byte = iota
	heldLine
	heldPart
	heldWaiting
)

// append appends all that has to survive.
func (c *cursor) append(dst []byte) []byte {
	dst = appendString(dst, c.path)
	dst = c.head.append(dst)
	dst = c.tail.append(dst)
	dst = binary.AppendVarint(dst, c.last)
	dst = binary.AppendVarint(dst, c.end)
	for _, s := range c.streams {
		for l := range s.lines.Held {
			dst = appendEntry(append(dst, heldLine), l.Value)
		}
		for _, part := range s.parts {
			dst = appendEntry(append(dst, heldPart), part)
		}
	}
	for _, e := range c.waiting {
		dst = appendEntry(append(dst, heldWaiting), e)
	}
	return append(dst, heldEnd)
}

// cursor reads what append wrote; now is the time of what is held.
func (d *decoder) cursor(o *Operator, f *file, now int64) *cursor {
	c := &cursor{path: d.string(), head: d.place(), tail: d.place(), last: d.int(), end: d.int(), at: noOffset}
	c.next = c.end
	for {
		kind := d.byte()
		if kind == heldEnd || d.err != nil {
			return c
		}
		e := d.entry()
		if d.err != nil {
			return c
		}
		text, isText := textOf(e)
		switch kind {
		case heldWaiting:
			c.wait(e, now)
		case heldPart:
			name, _ := e.Attributes[streamAttribute].(string)
			s := c.stream(name, "", o.limits)
			s.parts, s.partSize, s.partAt = append(s.parts, e), s.partSize+len(text), now
		default:
			f.takeLine(o, c, e, text, isText, now)
		}
	}
}

// place is how a file looks at an offset.
type place struct {
	offset int64
	text   []byte // of the record there; empty: not known
	cut    bool   // the record goes on
}

// maxPlace is how many bytes of a record are remembered.
const maxPlace = 96

// set notes a record that can be told from others.
func (p *place) set(e *entry.Entry, offset int64) {
	switch body := e.Body.(type) {
	case string:
		if text, cut := beginning(body); text != "" {
			p.offset, p.text, p.cut = offset, append(p.text[:0], text...), cut
		}
	case []byte:
		if text, cut := beginning(body); len(text) > 0 {
			p.offset, p.text, p.cut = offset, append(p.text[:0], text...), cut
		}
	}
}

func (p *place) append(dst []byte) []byte {
	dst = appendString(binary.AppendVarint(dst, p.offset), string(p.text))
	if p.cut {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func (d *decoder) place() place {
	return place{offset: d.int(), text: d.optional(), cut: d.byte() == 1}
}

// beginning gives that of a record's first line, and whether the line goes on. What stands around a record is the receiver's to trim.
func beginning[T string | []byte](text T) (begin T, cut bool) {
	for i := range len(text) {
		if text[i] == '\n' {
			text = text[:i]
			break
		}
		if i == maxPlace {
			text, cut = text[:i], true
			break
		}
	}
	first, last := 0, len(text)
	for first < last && isBlank(text[first]) {
		first++
	}
	for first < last && isBlank(text[last-1]) {
		last--
	}
	return text[first:last], cut
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// endOf is where a record ends at the latest.
func endOf(e *entry.Entry, offset int64) int64 {
	switch body := e.Body.(type) {
	case string:
		return offset + int64(len(body)) + lineEnd
	case []byte:
		return offset + int64(len(body)) + lineEnd
	}
	return offset + lineEnd
}

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
	if offset, ok := e.Attributes[attrs.LogFileRecordOffset].(int64); ok && offset >= 0 {
		return offset
	}
	return noOffset
}

func isCompressed(path string) bool { return strings.HasSuffix(path, ".gz") }
