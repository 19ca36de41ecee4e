package stacktrace

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// Unless it is told otherwise, the receiver cuts off the blanks around a line and replaces what is no UTF-8. A trace of Python or Go without its
// indentation is none, and a line that the runtime cut at a blank or in a character cannot be put together. Where the next line stands tells
// that something is missing; the file has it.

// maxUnlike is in how many batches one after the other a file may not hold what came of it, before it is asked no more: another operator has
// changed the lines.
const maxUnlike = 3

// untrim gives lines of one path back what was cut off.
func (f *file) untrim(o *Operator, path string, entries []*entry.Entry) {
	if f.unlike >= maxUnlike || isCompressed(path) {
		return
	}
	w := windows.Get().(*window)
	defer w.done()
	w.path = path
	alike, unlike, located := 0, 0, false
	for i, e := range entries {
		text, isText := e.Body.(string)
		offset := offsetOf(e)
		if !isText || offset == noOffset || !o.lacks(text, offset, entries[i+1:]) {
			continue
		}
		line, found := w.line(offset, text)
		if !found && !located { // it may have been rotated since
			located = true
			for candidate := range f.candidates(path) {
				if w.open(candidate); !isCompressed(candidate) {
					line, found = w.line(offset, text)
				}
				if found {
					break
				}
			}
			if !found {
				w.open(path)
			}
		}
		if !found {
			unlike++
			continue
		}
		alike++
		e.Body = line
	}
	switch {
	case alike > 0:
		f.unlike = 0
	case unlike > 0:
		f.unlike++
	}
}

// lacks reports whether something may have been cut off a line or replaced: where the next one begins tells, if there is one. What was cut off a
// line in a whole frame does not matter.
func (o *Operator) lacks(text string, offset int64, next []*entry.Entry) bool {
	if len(next) > 0 {
		return offsetOf(next[0]) != offset+int64(len(text))+1
	}
	fr, framed := o.framing(text)
	return !framed || fr.partial || strings.Contains(text, "\uFFFD")
}

// window is a part of a file.
type window struct {
	path   string
	file   *os.File
	offset int64
	buf    []byte
	atEnd  bool // nothing stands behind it
}

// minWindow is how much is read at once.
const minWindow = 64 << 10

var windows = sync.Pool{New: func() any { return &window{buf: make([]byte, 0, minWindow)} }}

// line gives the line at an offset, if it is the text but for what may have been cut off and replaced.
func (w *window) line(offset int64, text string) (string, bool) {
	line, _, _ := bytes.Cut(w.at(offset, 2*len(text)+maxText), []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if !isTrimmed(line, text) {
		return "", false
	}
	return string(line), true
}

// at gives what stands at an offset, at least so many bytes if the file has them.
func (w *window) at(offset int64, size int) []byte {
	if skip := offset - w.offset; skip >= 0 && skip <= int64(len(w.buf)) && (w.atEnd || skip+int64(size) <= int64(len(w.buf))) {
		return w.buf[skip:]
	}
	if w.file == nil {
		file, err := os.Open(filepath.Clean(w.path))
		if err != nil {
			return nil
		}
		w.file = file
	}
	size = max(size, minWindow)
	if cap(w.buf) < size {
		w.buf = make([]byte, size)
	}
	n, err := w.file.ReadAt(w.buf[:size], offset)
	w.offset, w.buf, w.atEnd = offset, w.buf[:n], err != nil
	return w.buf
}

// open looks at another file.
func (w *window) open(path string) {
	if w.file != nil {
		_ = w.file.Close() // it was only read
	}
	*w = window{path: path, buf: w.buf[:0]}
}

// done gives the window back.
func (w *window) done() {
	if w.open(""); cap(w.buf) <= maxKeptWindow {
		windows.Put(w)
	}
}

// maxKeptWindow is how large a window may be to be used again.
const maxKeptWindow = 1 << 20

const blanks = " \t\r"

// isTrimmed reports whether the receiver may have made the text of the line.
func isTrimmed(line []byte, text string) bool {
	line, text = bytes.Trim(line, blanks), strings.Trim(text, blanks)
	if string(line) == text {
		return true
	}
	for len(line) > 0 && text != "" {
		a, n := utf8.DecodeRune(line)
		b, m := utf8.DecodeRuneInString(text)
		if a != b {
			return false
		}
		if line, text = line[n:], text[m:]; a == utf8.RuneError { // of how many bytes one is made differs
			line = bytes.TrimLeftFunc(line, isReplaced)
			text = strings.TrimLeftFunc(text, isReplaced)
		}
	}
	return len(line) == len(text)
}

func isReplaced(r rune) bool { return r == utf8.RuneError }
