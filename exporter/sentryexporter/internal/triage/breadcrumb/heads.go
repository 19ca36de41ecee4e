package breadcrumb

import (
	"encoding/binary"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// heads finds the newest crumb of a trace: a table of fixed size, in sets. In a full set the trace that was heard of least recently gives way.
type heads struct {
	sets [headSets][headWays]head
}

const (
	headSets = 4096 // a power of two
	headWays = 4
)

type head struct {
	key    uint64
	came   sentry.Time
	newest ref
}

// headKey is made of the random bytes of a trace id. It is compared with the whole id where it leads to.
func headKey(owner uint32, trace sentry.TraceID) uint64 {
	key := binary.LittleEndian.Uint64(trace[8:]) ^ binary.LittleEndian.Uint64(trace[:8])<<1
	key = (key ^ uint64(owner)) * 0x9e3779b97f4a7c15 // 2^64 / the golden ratio: spreads ids that are only counted up
	return max(key, 1)                               // 0 is no key
}

func (h *heads) set(key uint64) *[headWays]head { return &h.sets[key>>52&(headSets-1)] }

func (h *heads) get(key uint64) ref {
	set := h.set(key)
	for i := range set {
		if set[i].key == key {
			return set[i].newest
		}
	}
	return ref{}
}

// replace makes a crumb the newest of its trace, and gives the one before.
func (h *heads) replace(key uint64, newest ref, now sentry.Time) ref {
	set := h.set(key)
	oldest := 0
	for i := range set {
		if set[i].key == key {
			before := set[i].newest
			set[i].newest, set[i].came = newest, now
			return before
		}
		if set[i].came < set[oldest].came {
			oldest = i
		}
	}
	set[oldest] = head{key: key, came: now, newest: newest}
	return ref{}
}
