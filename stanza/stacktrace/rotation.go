package stacktrace

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// A receiver whose pattern takes in rotated files reads the rest of the old file and the beginning of the new one at the same time. The new
// one's lines wait until the old one has been read to its end, or for flush_after: else a trace that stands in both would come apart.

// maxDeferred is how many lines of a new file wait for the end of the old one.
const maxDeferred = 1000

// deferral is the lines of a new file that wait.
type deferral struct {
	path    string
	entries []*entry.Entry
	since   int64
}

// begins reports whether the entries are the first of a new file in the place of one that has lines that were not taken.
func (f *file) begins(path string, entries []*entry.Entry) bool {
	if d := &f.deferred; len(d.entries) > 0 {
		return d.path == path
	}
	src, offset := f.find(path), offsetOf(entries[0])
	if src == nil || src.last == noOffset || offset > src.last || offset > 0 && src.again {
		return false
	}
	return f.hasTail(path)
}

// hold lets the entries of a new file wait.
func (f *file) hold(path string, entries []*entry.Entry, now int64) {
	d := &f.deferred
	if len(d.entries) == 0 {
		d.path, d.since = path, now
	}
	d.entries = append(d.entries, entries...)
}

// resume takes the lines of a new file once the old one is at its end, or when they have waited since before the given time.
func (f *file) resume(o *Operator, now, since int64) {
	d := &f.deferred
	if len(d.entries) == 0 || d.since > since && len(d.entries) < maxDeferred && f.hasTail(d.path) {
		return
	}
	entries := d.entries
	*d = deferral{}
	f.take(o, entries, now)
}

// hasTail reports whether the newest file that a path was rotated to has lines that were not taken.
func (f *file) hasTail(path string) bool {
	src := f.find(path)
	if src == nil {
		return false
	}
	info := newestRotated(path)
	if info == nil {
		return false
	}
	end := src.end
	if rotated := f.find(filepath.Join(filepath.Dir(path), info.Name())); rotated != nil {
		end = rotated.end
	}
	return info.Size() > end
}

// newestRotated is the file that a path was rotated to last: rotation appends to the name.
func newestRotated(path string) (newest os.FileInfo) {
	dir, base := filepath.Split(path)
	names, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil
	}
	for _, name := range names {
		rest, ok := strings.CutPrefix(name.Name(), base)
		if !ok || rest == "" || rest[0] != '.' && rest[0] != '-' || strings.HasSuffix(rest, ".gz") {
			continue
		}
		if info, err := name.Info(); err == nil && info.Mode().IsRegular() && (newest == nil || info.ModTime().After(newest.ModTime())) {
			newest = info
		}
	}
	return newest
}
