package envelope

import (
	"hash/maphash"
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

func (r *repeats) ofAttrs(attrs []sentry.Attr) {
	if len(attrs) > manyKeys {
		r.last = make(map[string]int, len(attrs))
		for i := range attrs {
			r.last[asWritten(attrs[i].Key)] = i
		}
		return
	}
	for i := range attrs {
		r.filter.add(maphash.String(seed, asWritten(attrs[i].Key)))
	}
}

// hides reports whether the key of attrs[i] stands again behind i.
func (r *repeats) hides(attrs []sentry.Attr, i int) bool {
	if r.last == nil && !r.filter.alarm {
		return false
	}
	key := asWritten(attrs[i].Key)
	if r.last != nil {
		return r.last[key] != i
	}
	if !r.filter.maybe(maphash.String(seed, key)) {
		return false
	}
	for j := i + 1; j < len(attrs); j++ {
		if asWritten(attrs[j].Key) == key {
			return true
		}
	}
	return false
}

// asWritten is the key that a reader of the JSON text sees: two keys that are not UTF-8 may be the same there.
func asWritten(key string) string {
	if utf8.ValidString(key) {
		return key
	}
	return string([]rune(key))
}
