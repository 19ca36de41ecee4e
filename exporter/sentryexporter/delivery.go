package sentryexporter

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxFailuresInARow is after how many requests without an answer, one behind the other, the rest of a push waits for the next try:
// the server is away. A single envelope that the server cannot answer does not hold up the others that way.
const maxFailuresInARow = 3

// delivery sends the envelopes of one push, several at a time, and gathers what could not be delivered.
type delivery struct {
	lane    *lane
	ctx     context.Context
	release func() // of ctx
	wg      sync.WaitGroup

	mu          sync.Mutex
	undelivered []int     // positions in the push
	tooLarge    []parcel  // what the server found too large, to be sent smaller
	shared      []booking // of shared parcels
	silent      int       // requests without an answer since the last answer
	wait        time.Duration
	reason      string
}

// parcel is one envelope of a push.
type parcel struct {
	positions []int          // of the items in the push
	id        sentry.EventID // zero: a container of logs has none
	dsc       []sentry.Tag   // the sampling context of its trace; nil: it has none
	item      envelope.Item
	payload   *[]byte // the item's payload, from payloads; given back once it was sent
	cargo
	// from and to are the descendants of the segment that a part of one holds.
	from, to  int
	repairs   translate.Repairs
	truncated bool
	last      bool // it cannot be made smaller
	// shared: other parcels stand or fall with this one, and go again with it. What became of it counts once all of them are through.
	shared bool
}

// name tells the parcel from others over its tries: the event id, or what the container holds.
func (p *parcel) name() sentry.EventID {
	if !p.id.IsZero() { // then the payload may be gone by now
		return p.id
	}
	sum := sha256.Sum256(p.item.Payload)
	return sentry.EventID(sum[:16])
}

// sentKey tells what is sent from all else that is: a part of a segment has the id of a larger part that begins at the same span.
func (p *parcel) sentKey() sentry.EventID {
	key := p.id
	tail := key[8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^(uint64(p.from)<<32|uint64(p.to)))
	return key
}

// payloads holds the buffers that items are encoded into.
var payloads = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledPayload keeps a rare giant from staying in the pool for ever.
const maxPooledPayload = 1 << 20

func freePayload(p *[]byte) {
	if cap(*p) <= maxPooledPayload {
		payloads.Put(p)
	}
}

// newDelivery begins a delivery; finish ends it.
func (l *lane) newDelivery(ctx context.Context) *delivery {
	d := &delivery{lane: l}
	d.ctx, d.release = l.life.bind(ctx)
	return d
}

// gate says what to do with an item before it is encoded.
type gate uint8

const (
	gateOpen  gate = iota
	gateLater      // trying is of no use now; the item is noted as undelivered
	gateDrop       // its rate limit lasts longer than the configuration waits
)

// gate notes items as undelivered where trying is of no use now: its category is limited, nobody answers, or the exporter stops.
func (d *delivery) gate(positions ...int) gate {
	wait := d.lane.project.client.Limited(d.lane.categories...)
	if wait > 0 && d.lane.limited.hopeless(d.lane.project.now(), wait, d.lane.project.cfg.RateLimit.MaxWait) {
		return gateDrop
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case wait > 0:
		d.wait = max(d.wait, wait)
		d.reason = "rate limited"
	case d.silent >= maxFailuresInARow:
	case d.ctx.Err() != nil:
		d.reason = d.ctx.Err().Error()
	default:
		return gateOpen
	}
	d.undelivered = append(d.undelivered, positions...)
	return gateLater
}

// send posts a parcel as soon as a request may be made. It returns when the request is on its way, not when it is answered.
func (d *delivery) send(p parcel) {
	if !p.id.IsZero() && d.isRepeat(p) {
		freePayload(p.payload)
		return
	}
	d.lane.slots <- struct{}{}
	d.wg.Add(1)
	go func() {
		defer d.wg.Done()
		defer func() { <-d.lane.slots }()
		defer freePayload(p.payload)
		result := d.lane.project.post(d.ctx, envelope.Header{EventID: p.id, DSC: p.dsc}, d.lane.categories, p.item)
		if !p.id.IsZero() {
			d.lane.sent.end(p.sentKey(), result.Verdict == transport.Delivered)
		}
		d.settle(p, result)
	}()
}

// settle books an outcome.
func (d *delivery) settle(p parcel, result transport.Result) {
	l := d.lane
	if result.Verdict == transport.Failed {
		l.unanswered(result.Reason)
	} else {
		l.answered()
	}
	switch result.Verdict {
	case transport.Delivered:
		d.bookDelivered(p)
	case transport.TooLarge, transport.Refused:
		if result.Verdict == transport.Refused || p.last {
			d.book(p, func() { l.refused(d.ctx, p, result) })
		}
	case transport.Limited:
		if l.limited.hopeless(l.project.now(), result.Wait, l.project.cfg.RateLimit.MaxWait) {
			d.book(p, func() { l.discard(d.ctx, report.RatelimitBackoff, p.cargo) })
			return
		}
	case transport.Failed:
		if l.poison.kills(p.name(), l.project.now(), l.accepted.Load()) {
			d.book(p, func() { l.discard(d.ctx, report.SendError, p.cargo) })
			l.logPoison(p.name(), result.Reason)
			return
		}
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	if result.Status == 0 {
		d.silent++
	} else {
		d.silent = 0
	}
	switch {
	case result.Verdict == transport.Limited, result.Verdict == transport.Failed:
		d.undelivered = append(d.undelivered, p.positions...)
		d.wait = max(d.wait, result.Wait)
		d.reason = result.Reason
	case result.Verdict == transport.TooLarge && !p.last:
		p.payload, p.item = nil, envelope.Item{}
		d.tooLarge = append(d.tooLarge, p)
	}
}

// booking says what became of a part of a position.
type booking struct {
	position int
	book     func()
}

// book books what became of a parcel: now, or where it shares its position, when it is known that the position does not go again.
func (d *delivery) book(p parcel, what func()) {
	if !p.shared {
		what()
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shared = append(d.shared, booking{p.positions[0], what})
}

// bookShared books the shared parcels whose positions do not go again. Call it after finish.
func (d *delivery) bookShared(goesAgain func(position int) bool) {
	for _, b := range d.shared {
		if !goesAgain(b.position) {
			b.book()
		}
	}
}

// smaller waits for the answers and gives the positions of what must be sent smaller.
func (d *delivery) smaller() map[int]bool {
	d.wg.Wait()
	again := make(map[int]bool, len(d.tooLarge))
	for _, p := range d.tooLarge {
		for _, position := range p.positions {
			again[position] = true
		}
	}
	return again
}

// finish waits for the answers. It gives the positions of what is left to deliver, sorted and each once, and the error that says why.
// The error asks for a pause where the server named one.
func (d *delivery) finish(total int) ([]int, error) {
	d.wg.Wait()
	d.release()
	left := d.undelivered
	if len(left) == 0 {
		return nil, nil
	}
	slices.Sort(left)
	left = slices.Compact(left)
	err := fmt.Errorf("%d of %d %s not delivered yet: %s", len(left), total, d.lane.kind, d.reason)
	if d.wait > 0 {
		err = exporterhelper.NewThrottleRetry(err, d.wait)
	}
	return left, err
}
