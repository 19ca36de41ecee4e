package stacktrace

import (
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// maxMarks is how many of a file's first records are remembered.
const maxMarks = 8

// noOffset is that of a record without one.
const noOffset = -1

// mark is one of a file's first records.
type mark struct {
	offset int64
	hash   uint64
}

// cursor is how far a file has been taken.
type cursor struct {
	last  int64  // the offset of the last record taken, or noOffset
	end   int64  // behind that record and its line end
	marks []mark // the first records, if they were seen: they tell whether it is the same file that is read again after a restart
}

// source is what was taken under one path. A file that was rotated or truncated begins again at a lower offset, under the same path.
type source struct {
	path string
	cursor
	// old is how far the file was taken that stood here before it was rotated.
	old cursor
	// again is true after a restart until a record comes that was not taken before.
	again bool
	// doubtful are records that were taken before, if this is the same file.
	doubtful []*entry.Entry
}

// before is how far the file that was rotated away was taken.
func (s *source) before() cursor {
	c := s.cursor
	if s.old.end > 0 {
		c = s.old
	}
	c.marks = slices.Clone(c.marks)
	return c
}

// admit decides whether a record is new. taken is true where it was taken before a restart, or may have been; before are earlier ones that
// turned out to be another file's and come first.
func (s *source) admit(e *entry.Entry, offset int64) (before []*entry.Entry, taken bool) {
	if offset < 0 {
		return nil, false
	}
	if s.again {
		if before, taken = s.repeated(e, offset); taken {
			return nil, true
		}
	}
	if offset <= s.last {
		s.old, s.cursor = s.cursor, cursor{last: noOffset} // rotated or truncated
		for _, b := range before {
			s.pass(b, offsetOf(b))
		}
	}
	s.pass(e, offset)
	return before, false
}

// pass notes a record that is taken.
func (s *source) pass(e *entry.Entry, offset int64) {
	if len(s.marks) < maxMarks && (offset == 0 || len(s.marks) > 0) {
		s.marks = append(s.marks, mark{offset, hashOf(e)})
	}
	text, _ := textOf(e)
	s.last, s.end = offset, offset+int64(len(text))+lineEnd
}

// lineEnd is the most that a line's end may have: \r\n.
const lineEnd = 2

// repeated decides it after a restart. The receiver goes on in the middle of a file only where it is the same one; at the beginning the
// file may be another under the same path, so that its first records are compared with those remembered.
func (s *source) repeated(e *entry.Entry, offset int64) (before []*entry.Entry, taken bool) {
	before = s.doubtful
	if offset > s.last {
		s.settle()
		return nil, false
	}
	if offset > 0 && len(before) == 0 && (len(s.marks) == 0 || offset > s.marks[len(s.marks)-1].offset) {
		return nil, true
	}
	for _, m := range s.marks {
		if m.offset != offset {
			continue
		}
		if m.hash != hashOf(e) {
			break
		}
		if s.doubtful = append(s.doubtful, e); offset == s.marks[len(s.marks)-1].offset {
			s.drop()
		}
		return nil, true
	}
	if offset > 0 && len(before) == 0 { // in the middle of the first records
		return nil, true
	}
	s.doubtful, s.again = nil, false
	return before, false
}

// settle ends the doubts: it is the same file.
func (s *source) settle() {
	s.drop()
	s.again = false
}

func (s *source) drop() {
	for _, e := range s.doubtful {
		entry.Put(e)
	}
	s.doubtful = nil
}

func hashOf(e *entry.Entry) uint64 {
	switch body := e.Body.(type) {
	case string:
		return xxhash.Sum64String(body)
	case []byte:
		return xxhash.Sum64(body)
	}
	return 0
}

func (s *source) append(dst []byte) []byte {
	dst = appendString(dst, s.path)
	dst = s.cursor.append(dst)
	dst = s.old.append(dst)
	dst = binary.AppendUvarint(dst, uint64(len(s.doubtful)))
	for _, e := range s.doubtful {
		dst = appendEntry(dst, e)
	}
	return dst
}

func (c *cursor) append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, c.last)
	dst = binary.AppendVarint(dst, c.end)
	dst = binary.AppendUvarint(dst, uint64(len(c.marks)))
	for _, m := range c.marks {
		dst = binary.AppendVarint(dst, m.offset)
		dst = binary.BigEndian.AppendUint64(dst, m.hash)
	}
	return dst
}

func (d *decoder) cursor() cursor {
	c := cursor{last: d.int(), end: d.int()}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		m := mark{offset: d.int()}
		if len(d.buf) < 8 {
			d.fail()
			break
		}
		m.hash = binary.BigEndian.Uint64(d.buf)
		d.buf = d.buf[8:]
		c.marks = append(c.marks, m)
	}
	return c
}

func (d *decoder) source() source {
	s := source{path: d.string(), cursor: d.cursor(), old: d.cursor(), again: true}
	for n := d.count(); n > 0 && d.err == nil; n-- {
		s.doubtful = append(s.doubtful, d.entry())
	}
	return s
}
