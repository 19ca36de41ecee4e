package sentryexporter

import (
	"sync"

	"github.com/otelcol-sentry/otelcol-sentry/internal/recent"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// One id can be in a lane twice: what triage knew before a restart it does not know after it, two requests that are decided at once do
// not know of each other, and a sender repeats what was accepted without its hearing of it. It is sent once; a durable lane knows this
// over a restart in order, and after a kill from the last start on.

// sentGeneration is how many ids one generation holds: with map overhead, two of them are about 1 MB.
const sentGeneration = 1 << 14

// sentIDs are the ids of a lane that are on their way or were delivered lately. The zero value is ready. Safe for concurrent use.
type sentIDs struct {
	mu       sync.Mutex
	underWay map[sentry.EventID]struct{}
	// known are delivered ones, and whether that is in the books: what shares its position with others is booked with them, perhaps after a
	// later try.
	known recent.Map[sentry.EventID, bool]
}

// repeat is what is known of an id before it is sent.
type repeat uint8

const (
	repeatNone     repeat = iota // it is sent now
	repeatUnderWay               // its copy is on its way
	repeatUnbooked               // it was delivered by an earlier try of the same position
	repeatBooked                 // its copy was delivered
)

// begin says that an id is to be sent. Only after repeatNone is it on its way, and end must follow.
func (s *sentIDs) begin(id sentry.EventID) repeat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if booked, ok := s.known.Get(id); ok {
		if booked {
			return repeatBooked
		}
		return repeatUnbooked
	}
	if _, ok := s.underWay[id]; ok {
		return repeatUnderWay
	}
	if s.underWay == nil {
		s.underWay = make(map[sentry.EventID]struct{})
	}
	s.underWay[id] = struct{}{}
	return repeatNone
}

// end says how the sending of an id ended.
func (s *sentIDs) end(id sentry.EventID, delivered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underWay, id)
	if delivered {
		s.known.Put(id, false, sentGeneration)
	}
}

// booked says that a delivered id is in the books.
func (s *sentIDs) booked(id sentry.EventID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.Put(id, true, sentGeneration)
}

// note is what the next run is to know: the delivered ids, the oldest first. A request that was delivered in part when the process ends
// comes back whole.
func (s *sentIDs) note() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	note := make([]byte, 0, s.known.Len()*len(sentry.EventID{}))
	for id := range s.known.Keys() {
		note = append(note, id[:]...)
	}
	return note
}

// recall takes what an earlier run has noted. That run's books are closed.
func (s *sentIDs) recall(note []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var id sentry.EventID
	for len(note) >= len(id) {
		copy(id[:], note)
		s.known.Put(id, true, sentGeneration)
		note = note[len(id):]
	}
}

// isRepeat settles a parcel that is not to be sent now because of its id.
func (d *delivery) isRepeat(p parcel) bool {
	l := d.lane
	switch l.sent.begin(p.sentKey()) {
	case repeatUnderWay:
		d.mu.Lock()
		defer d.mu.Unlock()
		d.undelivered = append(d.undelivered, p.positions...)
		d.reason = "the same is on its way"
	case repeatUnbooked:
		d.bookDelivered(p)
	case repeatBooked:
		d.book(p, func() { l.repeated(d.ctx, p) })
	default:
		return false
	}
	return true
}

// bookDelivered books a parcel that the server took, when its position is settled.
func (d *delivery) bookDelivered(p parcel) {
	d.book(p, func() {
		if !p.id.IsZero() {
			d.lane.sent.booked(p.sentKey())
		}
		d.lane.delivered(d.ctx, p)
	})
}
