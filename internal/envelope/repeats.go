package envelope

import (
	"hash/maphash"
	"iter"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var seed = maphash.MakeSeed()

// manyKeys is the length of a list from which on a map finds repeated keys instead of comparing.
const manyKeys = 512

// keyFilter remembers which hashes it has seen, and which twice, with false alarms.
type keyFilter struct {
	once, twice [32]uint64
	alarm       bool
}

func (f *keyFilter) add(hash uint64) {
	word, bit := hash/64%32, uint64(1)<<(hash%64)
	if f.once[word]&bit != 0 {
		f.twice[word] |= bit
		f.alarm = true
	}
	f.once[word] |= bit
}

func (f *keyFilter) maybe(hash uint64) bool {
	return f.twice[hash/64%32]&(1<<(hash%64)) != 0
}

// repeats tells which members of a list to leave out because their key comes again further on: in a JSON object a key stands once, and the last one wins.
// Lists are short and keys rarely repeat, so it is one hash per key in the common case, and never more than linear work.
type repeats struct {
	filter keyFilter
	last   map[string]int // of long lists only
}

// of looks at a list of n keys.
func (r *repeats) of(n int, key func(int) string) {
	if n > manyKeys {
		r.last = make(map[string]int, n)
		for i := range n {
			r.last[asWritten(key(i))] = i
		}
		return
	}
	for i := range n {
		r.filter.add(maphash.String(seed, asWritten(key(i))))
	}
}

// hides reports whether the i-th of n keys comes again.
func (r *repeats) hides(i, n int, key func(int) string) bool {
	if r.last == nil && !r.filter.alarm {
		return false
	}
	own := asWritten(key(i))
	if r.last != nil {
		return r.last[own] != i
	}
	if !r.filter.maybe(maphash.String(seed, own)) {
		return false
	}
	for j := i + 1; j < n; j++ {
		if asWritten(key(j)) == own {
			return true
		}
	}
	return false
}

// wanted goes over the members of a list that are written: those that have a key and a value, the last of equal keys.
func wanted(attrs []sentry.Attr) iter.Seq[*sentry.Attr] {
	return func(yield func(*sentry.Attr) bool) {
		for i := range lastOnes(len(attrs), func(i int) string { return attrs[i].Key }) {
			if a := &attrs[i]; !isNothing(a.Value) && !yield(a) {
				return
			}
		}
	}
}

// lastOnes goes over a list of n keys and leaves out those that are empty or come again.
func lastOnes(n int, key func(int) string) iter.Seq[int] {
	return func(yield func(int) bool) {
		var again repeats
		again.of(n, key)
		for i := range n {
			if key(i) != "" && !again.hides(i, n, key) && !yield(i) {
				return
			}
		}
	}
}

// asWritten is the key that a reader of the JSON text sees: two keys that are not UTF-8 may be the same there.
func asWritten(key string) string {
	if utf8.ValidString(key) {
		return key
	}
	return string([]rune(key))
}
