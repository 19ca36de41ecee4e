package breadcrumb

import (
	"container/list"
	"sync"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxBytes is the memory of one store.
const maxBytes = 16 << 20

// Store remembers crumbs. Safe for concurrent use.
type Store struct {
	mu       sync.Mutex
	smallest int // ring
	limit    int // bytes
	bytes    int
	rings    map[uint64]*list.Element // of *ring, by stream
	recent   list.List                // the least recently heard of first
	heads    heads
}

// New makes a Store that keeps at least the last crumbs of each stream.
func New(last int) *Store {
	smallest := 1
	for smallest < last {
		smallest *= 2
	}
	return &Store{smallest: smallest, limit: maxBytes, rings: make(map[uint64]*list.Element)}
}

// Add remembers crumbs, oldest first. now is the present: what is old may be overwritten sooner.
func (s *Store) Add(crumbs []Crumb, now sentry.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r *ring
	for i := range crumbs {
		c := &crumbs[i]
		if c.Stream == 0 && c.Trace.IsZero() {
			continue
		}
		if r == nil || r.stream != c.Stream {
			r = s.ring(c.Stream)
		}
		s.add(r, c, now)
	}
}

func (s *Store) add(r *ring, c *Crumb, now sentry.Time) {
	before := r.bytes
	if r.tooSmall(now) {
		r.grow()
	}
	at := r.next
	slot := r.push(c, now)
	if !c.Trace.IsZero() {
		slot.before = s.heads.replace(headKey(c.Owner, c.Trace), ref{r, r.life, at}, now)
	}
	s.bytes += r.bytes - before
	for s.bytes > s.limit && s.recent.Front().Value != r {
		s.bytes -= s.leave().drop()
	}
}

// ring finds a stream's ring or makes one. Where memory is short the stream that was heard of least recently gives its own.
func (s *Store) ring(stream uint64) *ring {
	if e, ok := s.rings[stream]; ok {
		s.recent.MoveToBack(e)
		return e.Value.(*ring)
	}
	var r *ring
	if s.bytes+s.smallest*(slotBytes+typicalText) > s.limit && s.recent.Len() > 0 {
		r = s.leave()
	} else {
		r = &ring{slots: make([]slot, s.smallest)}
		r.bytes = s.smallest * slotBytes
		s.bytes += r.bytes
	}
	r.begin(stream)
	s.rings[stream] = s.recent.PushBack(r)
	return r
}

// leave forgets the stream that was heard of least recently.
func (s *Store) leave() *ring {
	r := s.recent.Remove(s.recent.Front()).(*ring)
	delete(s.rings, r.stream)
	return r
}

// OfTrace appends the last crumbs of a trace that happened until then, newest first, as far as they are still known: at most n.
func (s *Store) OfTrace(out []Crumb, owner uint32, trace sentry.TraceID, until sentry.Time, n int) []Crumb {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := s.heads.get(headKey(owner, trace)); n > 0; {
		slot := at.slot()
		if slot == nil || slot.trace != trace || slot.owner != owner {
			break
		}
		if slot.time <= until {
			out = append(out, slot.crumb(at.ring.stream))
			n--
		}
		at = slot.before
	}
	return out
}

// OfStream does the same for a stream; untraced: without the crumbs that belong to a trace.
func (s *Store) OfStream(out []Crumb, stream uint64, untraced bool, until sentry.Time, n int) []Crumb {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.rings[stream]
	if !ok || stream == 0 {
		return out
	}
	r := e.Value.(*ring)
	for at := r.next; at > r.oldest() && n > 0; at-- {
		if slot := r.at(at - 1); slot.time <= until && (!untraced || slot.trace.IsZero()) {
			out = append(out, slot.crumb(stream))
			n--
		}
	}
	return out
}
