package sentrysegmentprocessor

import (
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
)

const (
	// tick is how often a shard looks what is due. All that is due leaves as one request, as far as its size allows.
	tick = 100 * time.Millisecond
	// sweepTicks is the number of ticks between two looks for resources that are no longer used.
	sweepTicks = 10
	// inboxSize is the number of batches that wait for a shard that is busy.
	inboxSize = 16

	// The pause before a request is offered again that the next consumer refused grows from the first to the last.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second

	// grace is how long the next consumer gets to return once the time of the shutdown is over and its context is cancelled.
	grace = time.Second
)

// shard owns the segments of its traces. Its fields belong to the goroutine run.
type shard struct {
	p     *segmentProcessor
	asm   *assembly.Assembly
	inbox chan *batch
	kick  chan struct{} // room is wanted

	requests chan *request // to the goroutine handOn
	answers  chan *request
	handed   chan struct{} // closed: that goroutine has ended
	flying   *request      // there
	refused  []*request    // that wait to be offered again, the first first
	round    int           // how many of them are offered now
	pause    time.Duration
	retryAt  time.Time // when the next round begins
	halted   bool      // nothing new is offered before that
	due      bool      // there may be segments that are due
	ticks    int
}

func newShard(p *segmentProcessor) *shard {
	return &shard{
		p: p,
		asm: assembly.New(assembly.Options{
			WaitAfterRoot: p.cfg.WaitAfterRoot, IdleTimeout: p.cfg.IdleTimeout, MaxSegmentBytes: p.cfg.MaxBytes / largestSegment,
			Remember: p.cfg.RememberedSpans / p.cfg.Shards, Places: p.cfg.Storage != nil,
		}),
		inbox: make(chan *batch, inboxSize), kick: make(chan struct{}, 1),
		requests: make(chan *request, 1), answers: make(chan *request, 1), handed: make(chan struct{}),
	}
}

func (s *shard) run() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case b := <-s.inbox:
			s.take(b)
		case r := <-s.answers:
			s.answered(r, time.Now())
		case <-s.kick:
		case <-ticker.C:
			s.tick()
		case <-s.p.end.begun:
			s.end()
			return
		}
		s.advance(time.Now())
	}
}

// end hands on what is held, and ends the goroutine handOn, if the next consumer lets it.
func (s *shard) end() {
	s.drain()
	close(s.requests)
	if s.flying == nil {
		<-s.handed
	}
}

// take holds the spans of a batch.
func (s *shard) take(b *batch) {
	now := s.p.now()
	known := int64(0)
	s.each(b, &known, func(in assembly.Arrival) { s.asm.Add(now, in) })
	s.p.budget.free(known)
	b.free()
}

// each gives the spans of a batch. known counts the bytes of resources and scopes that are held already.
func (s *shard) each(b *batch, known *int64, yield func(assembly.Arrival)) {
	var res *assembly.Resource
	var origin *assembly.Origin
	inResource, inScope := int32(-1), int32(-1)
	for i := range b.spans {
		a := &b.spans[i]
		if a.scope != inScope {
			var n int64
			at := b.scopes[a.scope]
			if at.resource != inResource {
				inResource = at.resource
				res, n = s.asm.Resource(b.resources[inResource].rs, b.resources[inResource].service)
				*known += n
			}
			inScope = a.scope
			origin, n = s.asm.Origin(res, at.ss)
			*known += n
		}
		yield(assembly.Arrival{
			Span: a.span, Origin: origin, Bytes: a.bytes, Replayed: b.replayed, Place: assembly.Place{Entry: b.entry, Index: a.index},
		})
	}
}

// restore holds the spans of a batch out of the journal; those that were in an offer go back there.
func (s *shard) restore(b *batch, of map[journalPlace]offered) {
	now := s.p.now()
	known := int64(0)
	s.each(b, &known, func(in assembly.Arrival) {
		o, ok := of[journalPlace{in.Place.Entry, in.Place.Index}]
		if !ok {
			s.asm.Add(now, in)
			return
		}
		s.asm.Sent(in)
		in.Place.Late = o.late
		o.by.spans = append(o.by.spans, in)
		known += in.Bytes // the request that is made of them counts them
	})
	s.p.budget.free(known)
}

// offerAgain makes what an earlier process had offered the first that leaves.
func (s *shard) offerAgain(r *restored) {
	req := s.asm.Again(r.offer.Segments, r.spans)
	s.p.budget.leave(req.Bytes, req.Copied)
	s.refused = append(s.refused, &request{Request: req, offer: r.offer.Number})
}

func (s *shard) tick() {
	s.due = true
	if s.ticks++; s.ticks%sweepTicks == 0 {
		s.p.budget.free(s.asm.Sweep())
	}
}

// advance offers the next request, if there is one and none is on its way.
func (s *shard) advance(now time.Time) {
	if s.flying != nil {
		return
	}
	if s.flying = s.nextRefused(now); s.flying == nil {
		s.flying = s.nextDue()
	}
	if s.flying != nil {
		s.requests <- s.flying
	}
}

// nextRefused is a request that is to be offered again. A round offers each of them once: one that is never taken does not stand in the
// way of the others.
func (s *shard) nextRefused(now time.Time) *request {
	if s.round == 0 && !now.Before(s.retryAt) {
		s.round = len(s.refused)
		s.halted = false
	}
	if s.round == 0 {
		return nil
	}
	s.round--
	r := s.refused[0]
	s.refused[0] = nil
	s.refused = s.refused[1:]
	return r
}

// nextDue is a request of segments that are due, or that have to make room.
func (s *shard) nextDue() *request {
	limits := s.limits()
	if s.halted || !s.due && limits.Early <= 0 && limits.Any <= 0 {
		return nil
	}
	req := s.asm.Take(s.p.now(), limits)
	if req == nil {
		s.due = false
		return nil
	}
	return s.leaving(req)
}

// limits are those of the shard's part of the memory. From three quarters of it on, segments with a root leave early; only from seven
// eighths on those that lack theirs, which tears them apart.
func (s *shard) limits() assembly.Limits {
	shards := int64(s.p.cfg.Shards)
	part, held := s.p.cfg.MaxBytes/shards, s.asm.Bytes()
	return assembly.Limits{
		Request: s.p.cfg.MaxRequestBytes,
		Early:   held - part/4*3,
		Any:     max(held-part/8*7, (s.p.budget.shortage()+shards-1)/shards),
	}
}

func (s *shard) leaving(req *assembly.Request) *request {
	s.p.budget.leave(req.Bytes, req.Copied)
	return &request{Request: req, fresh: true}
}

// answered settles what became of the request that was on its way.
func (s *shard) answered(r *request, now time.Time) {
	s.flying = nil
	fresh := r.fresh
	r.fresh = false
	s.p.budget.left(r.goneBytes)
	s.p.spans.Add(-int64(r.goneSpans))
	r.Bytes -= r.goneBytes
	r.Spans -= r.goneSpans
	if !fresh && r.goneSpans > 0 {
		s.pause = 0
	}
	if r.Spans == 0 {
		return
	}
	s.halted = s.halted || fresh && r.goneSpans == 0
	s.refused = append(s.refused, r)
	if !now.Before(s.retryAt) {
		s.pause = min(max(2*s.pause, firstPause), lastPause)
		s.retryAt = now.Add(s.pause)
	}
}

// drain hands on all that is held, until there is no time left.
func (s *shard) drain() {
	for len(s.inbox) > 0 {
		s.take(<-s.inbox)
	}
	s.retryAt, s.pause = time.Time{}, 0 // what waited need not wait longer
	for s.drainOne() {
	}
}

// drainOne waits for one thing to happen. It reports whether there is more to do.
func (s *shard) drainOne() bool {
	now := time.Now()
	var retry <-chan time.Time
	if s.flying == nil {
		if s.flying = s.nextDraining(now); s.flying != nil {
			s.requests <- s.flying
		} else if len(s.refused) == 0 {
			return false
		} else {
			timer := time.NewTimer(s.retryAt.Sub(now))
			defer timer.Stop()
			retry = timer.C
		}
	}
	select {
	case r := <-s.answers:
		s.answered(r, time.Now())
	case <-retry:
	case <-s.p.end.due.Done():
		s.giveUp()
		return false
	}
	return true
}

func (s *shard) nextDraining(now time.Time) *request {
	if r := s.nextRefused(now); r != nil {
		return r
	}
	if s.halted {
		return nil
	}
	if req := s.asm.TakeAny(s.p.cfg.MaxRequestBytes); req != nil {
		return s.leaving(req)
	}
	return nil
}

// giveUp ends what is on its way.
func (s *shard) giveUp() {
	if s.flying == nil {
		return
	}
	s.p.end.cancel()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-s.answers:
		s.answered(r, time.Now())
	case <-timer.C:
	}
}
