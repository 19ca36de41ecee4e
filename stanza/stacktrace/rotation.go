package stacktrace

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// A receiver reads the rest of a rotated file and the beginning of the new one at the same time. The new one's lines wait until the old one
// has been read to its end: else a trace that stands in both would come apart. If that takes longer than a line waits, they are joined by
// themselves: lines of files that are read at the same time never mix.

// maxWaiting and maxWaitingSize are how many lines and bytes of a new file wait; then its reader does.
const (
	maxWaiting     = 1000
	maxWaitingSize = 1 << 20
)

// begin makes the cursor of a file that is read for the first time, or that cannot be told from one.
func (f *file) begin(o *Operator, path string, e *entry.Entry, offset, now int64) *cursor {
	f.makeRoom(o, now)
	c := newCursor(path)
	c.mark(e, offset)
	f.cursors = append(f.cursors, c)
	if offset == 0 && !isCompressed(path) { // what is compressed has been there for a while
		if before, ready := f.before(c); ready {
			c.follow(before)
		} else {
			c.waits = true
		}
	}
	return c
}

// makeRoom forgets a file if there are many: one of which nothing is held, or the oldest.
func (f *file) makeRoom(o *Operator, now int64) {
	if len(f.cursors) < maxCursors {
		return
	}
	oldest := max(0, slices.IndexFunc(f.cursors, func(c *cursor) bool { return !c.holds() }))
	c := f.cursors[oldest]
	f.flushCursor(o, c, now)
	f.cursors = slices.Delete(f.cursors, oldest, oldest+1)
	if c.path != f.path && !slices.ContainsFunc(f.cursors, func(other *cursor) bool { return other.path == c.path }) {
		o.forgetPath(f, c.path)
	}
}

// follow takes over what is held of the file before.
func (c *cursor) follow(before *cursor) {
	if before != nil {
		c.streams = append(c.streams, before.streams...)
		before.streams = nil
	}
}

// wait lets a line wait.
func (c *cursor) wait(e *entry.Entry, now int64) {
	if len(c.waiting) == 0 {
		c.since = now
	}
	text, _ := textOf(e)
	c.waits, c.waiting, c.waitingSize = true, append(c.waiting, e), c.waitingSize+len(text)
}

// resume takes the lines of new files once those before are at their end, or when they have waited since before the given time.
func (f *file) resume(o *Operator, now, since int64) {
	for again := true; again; {
		again = false
		for _, c := range f.cursors {
			if !c.waits {
				continue
			}
			before, ready := f.before(c)
			if !ready && c.since > since {
				continue
			}
			if ready {
				c.follow(before)
			}
			f.release(o, c, now)
			again = true
		}
	}
}

// isFull reports whether no more lines of a path should wait.
func (f *file) isFull(path string) bool {
	for _, c := range f.cursors {
		if c.waits && c.path == path && (len(c.waiting) >= maxWaiting || c.waitingSize >= maxWaitingSize) {
			return true
		}
	}
	return false
}

// wake has the readers look again whose lines wait.
func (f *file) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released.Broadcast()
}

// release takes the lines of a file that wait.
func (f *file) release(o *Operator, c *cursor, now int64) {
	waiting := c.waiting
	c.waits, c.waiting, c.waitingSize = false, nil, 0
	for _, e := range waiting {
		f.takeEntry(o, c, e, now)
	}
	f.released.Broadcast()
}

// before finds the file whose lines come before those of another one; ready is false while it has lines that have not been taken.
func (f *file) before(c *cursor) (before *cursor, ready bool) {
	path := f.rotatedBefore(c)
	if path == "" {
		return f.lastWritten(c, func(*cursor) bool { return true }), true
	}
	before = f.recognise(path, func(other *cursor) bool { return other != c })
	if before == nil {
		return nil, false // it is yet to be read
	}
	last := f.lastWritten(c, func(other *cursor) bool { return other.path == f.path })
	if last != nil && f.began(last) > f.began(before) && f.find(last) == "" {
		return last, true // that was truncated or removed; what stands there is older
	}
	return before, !before.waits && !f.unread(path, before)
}

// lastWritten is the file that was written to until the one was that is now, or nil.
func (f *file) lastWritten(c *cursor, is func(*cursor) bool) *cursor {
	if c.path != f.path {
		return nil
	}
	for _, other := range slices.Backward(f.cursors[:f.began(c)]) {
		if is(other) {
			return other
		}
	}
	return nil
}

// began is the cursor's place in the order in which the files began to be read.
func (f *file) began(c *cursor) int { return slices.Index(f.cursors, c) }

// unread reports whether the file at the path, which is the cursor's, has text that has not been taken.
func (f *file) unread(path string, c *cursor) bool {
	return len(bytes.TrimSpace(textAt(path, c.end))) > 0
}

// rotatedBefore is the path of the newest file that a log was rotated to before the cursor's file, or "".
func (f *file) rotatedBefore(c *cursor) string {
	rotated := f.rotated()
	if len(rotated) == 0 {
		return ""
	}
	path := f.find(c)
	if path == "" {
		path = c.path
	}
	own, err := os.Stat(path)
	if err != nil {
		return ""
	}
	for _, other := range rotated {
		if !os.SameFile(other.info, own) && (path == f.path || other.info.ModTime().Before(own.ModTime())) {
			return other.path
		}
	}
	return ""
}

// onDisk is a file.
type onDisk struct {
	path string
	info os.FileInfo
}

// rotated finds the files that the log was rotated to, the newest first. Rotation appends to the name. Compressed files are left out: they
// do not come right before another one.
func (f *file) rotated() (found []onDisk) {
	dir, name := filepath.Split(f.path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), name)
		if !ok || rest == "" || rest[0] != '.' && rest[0] != '-' || isCompressed(rest) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			found = append(found, onDisk{filepath.Join(dir, e.Name()), info})
		}
	}
	slices.SortStableFunc(found, func(a, b onDisk) int { return b.info.ModTime().Compare(a.info.ModTime()) })
	return found
}

// find gives the path under which a cursor's file stands now, or "".
func (f *file) find(c *cursor) string {
	for path := range f.candidates(c.path) {
		if c.isOf(path) {
			return path
		}
	}
	return ""
}

// locate gives the path under which the file stands now that a record was read from, or "". A file may have been rotated since.
func (f *file) locate(path string, e *entry.Entry, offset int64) string {
	var p place
	p.set(e, offset)
	for candidate := range f.candidates(path) {
		if p.isIn(candidate) {
			return candidate
		}
	}
	return ""
}

// candidates gives the path at which a file was seen last, and those to which it may have gone.
func (f *file) candidates(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(path) || path != f.path && !yield(f.path) {
			return
		}
		for _, other := range f.rotated() {
			if other.path != path && !yield(other.path) {
				return
			}
		}
	}
}

// recognise finds the cursor, of those that may be it, whose file stands at a path.
func (f *file) recognise(path string, maybe func(*cursor) bool) *cursor {
	for _, c := range slices.Backward(f.cursors) {
		if (maybe == nil || maybe(c)) && c.isOf(path) {
			return c
		}
	}
	return nil
}

// isOf reports whether the file at the path is the cursor's.
func (c *cursor) isOf(path string) bool { return c.tail.isIn(path) && c.head.isIn(path) }

// isIn reports whether the file at the path looks so. What the receiver cut off a record stands around it there.
func (p *place) isIn(path string) bool {
	if len(p.text) == 0 {
		return false
	}
	line, _, _ := bytes.Cut(textAt(path, p.offset), []byte{'\n'})
	if p.cut {
		return bytes.Contains(line, p.text)
	}
	return bytes.HasSuffix(bytes.TrimRight(line, " \t\r"), p.text)
}

// maxText is how much of a file is looked at, maxUnpacked how far into a compressed one.
const (
	maxText     = 4 << 10
	maxUnpacked = 64 << 20
)

// textAt gives what stands in a file at an offset; nothing if it cannot be read.
func textAt(path string, offset int64) []byte {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil
	}
	defer file.Close()
	var text io.Reader = io.NewSectionReader(file, offset, maxText)
	if isCompressed(path) {
		if offset > maxUnpacked {
			return nil
		}
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			return nil
		}
		defer unpacked.Close()
		if _, err := io.CopyN(io.Discard, unpacked, offset); err != nil {
			return nil
		}
		text = unpacked
	}
	buf := make([]byte, maxText)
	n, _ := io.ReadFull(text, buf)
	return buf[:n]
}
