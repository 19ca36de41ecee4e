package breadcrumb

import (
	"time"
	"unsafe"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A stream's ring holds its last crumbs. Records of many traces come mixed in it; so that each trace finds its own, a ring in which young
// crumbs of traces are overwritten grows, up to maxSlots.
const (
	maxSlots = 512
	young    = sentry.Time(5 * time.Second)
)

// slotBytes is the size of a slot; typicalText is what its texts take, as far as that can be known before.
const (
	slotBytes   = int(unsafe.Sizeof(slot{}))
	typicalText = 128
)

// ring is the memory of one stream. Crumbs are numbered; their number tells the slot.
type ring struct {
	stream uint64
	life   uint32 // counts the streams that have had this memory
	next   uint64 // number of the next crumb
	slots  []slot // a power of two
	bytes  int
}

// slot holds a crumb. Its memory is used again.
type slot struct {
	time     sentry.Time
	came     sentry.Time
	trace    sentry.TraceID
	before   ref // in the same trace
	owner    uint32
	observed bool
	severity int8
	kind     uint8
	text     []byte // all texts in a row
	ends     [3]uint16
}

// ref names a crumb of any stream; it may be gone.
type ref struct {
	ring   *ring
	life   uint32
	number uint64
}

// slot is nil where the crumb is gone.
func (r ref) slot() *slot {
	if r.ring == nil || r.ring.life != r.life || r.number < r.ring.oldest() || r.number >= r.ring.next {
		return nil
	}
	return r.ring.at(r.number)
}

func (r *ring) at(number uint64) *slot { return &r.slots[number&uint64(len(r.slots)-1)] }

// oldest is the number of the oldest crumb that is still there.
func (r *ring) oldest() uint64 { return r.next - min(r.next, uint64(len(r.slots))) }

// begin gives the memory to a stream.
func (r *ring) begin(stream uint64) {
	r.stream, r.next = stream, 0
	r.life++
}

// tooSmall: the next crumb would overwrite one that its trace may still need.
func (r *ring) tooSmall(now sentry.Time) bool {
	if r.next < uint64(len(r.slots)) || len(r.slots) >= maxSlots {
		return false
	}
	oldest := r.at(r.next)
	return !oldest.trace.IsZero() && oldest.came+young > now
}

func (r *ring) grow() {
	slots := make([]slot, 2*len(r.slots))
	for number := r.oldest(); number < r.next; number++ {
		slots[number&uint64(len(slots)-1)] = *r.at(number)
	}
	r.bytes += len(r.slots) * slotBytes
	r.slots = slots
}

// push overwrites the oldest slot.
func (r *ring) push(c *Crumb, now sentry.Time) *slot {
	s := r.at(r.next)
	r.next++
	r.bytes -= cap(s.text)
	s.time, s.came, s.trace, s.before = c.Time, now, c.Trace, ref{}
	s.owner, s.observed, s.severity, s.kind = c.Owner, c.Observed, c.Severity, c.Kind
	s.write(c)
	r.bytes += cap(s.text)
	return s
}

func (s *slot) write(c *Crumb) {
	logger, body := c.Logger[:min(len(c.Logger), maxLogger)], c.Text[:min(len(c.Text), maxText)]
	name, value := c.Type[:min(len(c.Type), maxType)], c.Value[:min(len(c.Value), maxValue)]
	if size := len(logger) + len(body) + len(name) + len(value); size > cap(s.text) {
		s.text = make([]byte, 0, (size+typicalText-1)/typicalText*typicalText)
	}
	s.text = append(s.text[:0], logger...)
	s.ends[0] = uint16(len(s.text))
	s.text = append(s.text, body...)
	s.ends[1] = uint16(len(s.text))
	s.text = append(s.text, name...)
	s.ends[2] = uint16(len(s.text))
	s.text = append(s.text, value...)
}

// crumb is a copy of what the slot holds.
func (s *slot) crumb(stream uint64) Crumb {
	text := string(s.text)
	return Crumb{
		Owner: s.owner, Stream: stream, Trace: s.trace, Time: s.time, Observed: s.observed, Severity: s.severity, Kind: s.kind,
		Logger: text[:s.ends[0]], Text: text[s.ends[0]:s.ends[1]], Type: text[s.ends[1]:s.ends[2]], Value: text[s.ends[2]:],
	}
}

// drop frees the memory of a ring that no stream has any more, and says how much it was.
func (r *ring) drop() int {
	freed := r.bytes
	r.begin(0)
	r.slots, r.bytes = nil, 0
	return freed
}
