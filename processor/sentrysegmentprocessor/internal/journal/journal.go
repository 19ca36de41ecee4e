package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
)

// Options of a Journal. The functions may be nil; they are called by several goroutines and must return at once.
type Options struct {
	// Failed is called for each operation that the storage refused.
	Failed func(Operation, error)
	// Worked is called after each batch that was written.
	Worked func()
	// Damaged is called for each stored value that cannot be read.
	Damaged func(key string)
}

// Operation is what a write is for.
type Operation string

// The operations.
const (
	OpAccept Operation = "accept"
	OpOffer  Operation = "offer"
	OpDone   Operation = "done"
)

const (
	maxTogether  = 64               // writes in one batch
	maxBytes     = 8 << 20          // of the requests in one batch, unless a single one has more
	owedInterval = time.Second      // between tries to write what is owed, when nothing else is written
	writeTimeout = 30 * time.Second // of one batch
)

// ErrClosed is the answer of a journal that was closed.
var ErrClosed = errors.New("the journal is closed")

// Journal is safe for concurrent use from Run on.
type Journal struct {
	client storage.Client
	opts   Options

	writes  chan *write
	stop    chan struct{}
	stopped chan struct{}

	// Of the goroutine that writes, from Run on.
	meta    meta
	entries map[uint64]*entry
	offers  map[uint64]struct{} // that are stored
	owed    map[uint64]struct{} // entries whose state is not the one that is stored
	unoffer map[uint64]struct{} // offers that are done and stored
}

// entry is a request of which spans are left.
type entry struct {
	spans, left int
	out         Bits // nil: none
	stored      bool // d/<n> is there
}

// write is something to be written.
type write struct {
	op     Operation
	value  []byte // of Accept: the request
	spans  int
	places []assembly.Place // of Offer and Done
	count  int              // of Offer: the segments
	number uint64           // of Accept and Offer: the answer
	offer  uint64           // of Done
	err    error
	done   chan struct{}
}

// Open reads what the journal knows of itself. Restore and Run follow.
func Open(ctx context.Context, client storage.Client, opts Options) (*Journal, error) {
	j := &Journal{
		client: client, opts: opts, writes: make(chan *write, maxTogether), stop: make(chan struct{}), stopped: make(chan struct{}),
		meta:    meta{requests: span{1, 1}, offers: span{1, 1}}, // 0 is no number
		entries: make(map[uint64]*entry), offers: make(map[uint64]struct{}), owed: make(map[uint64]struct{}), unoffer: make(map[uint64]struct{}),
	}
	value, err := client.Get(ctx, metaKey)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	if value != nil {
		if j.meta, err = decodeMeta(value); err != nil {
			return nil, fmt.Errorf("reading the journal, key %q: %w", metaKey, err)
		}
	}
	return j, nil
}

// Run starts the goroutine that writes. Close ends it.
func (j *Journal) Run() { go j.run() }

// Accept stores a request. When it returns nil, the request's spans come back after any start until Done has named them all. spans is the
// number of spans in it.
func (j *Journal) Accept(td ptrace.Traces, spans int) (number uint64, err error) {
	value, err := encodeRequest(td)
	if err != nil {
		return 0, err
	}
	w := &write{op: OpAccept, value: value, spans: spans}
	err = j.submit(w)
	return w.number, err
}

// Offer notes what is about to be handed on together. The number is for Done.
func (j *Journal) Offer(segments int, places []assembly.Place) (number uint64, err error) {
	w := &write{op: OpOffer, places: places, count: segments}
	err = j.submit(w)
	return w.number, err
}

// Done notes what was handed on, as the offer of that number (0: there was none). An error says that it is not written yet; it will be,
// together with a later write.
func (j *Journal) Done(offer uint64, places []assembly.Place) error {
	return j.submit(&write{op: OpDone, places: places, offer: offer})
}

func (j *Journal) submit(w *write) error {
	w.done = make(chan struct{})
	select {
	case j.writes <- w:
	case <-j.stopped:
		return ErrClosed
	}
	select {
	case <-w.done:
		return w.err
	case <-j.stopped:
		select {
		case <-w.done:
			return w.err
		default:
			return ErrClosed
		}
	}
}

// Close writes what was submitted and what is owed, as far as the storage lets it, and closes the storage's client.
func (j *Journal) Close(ctx context.Context) error {
	close(j.stop)
	<-j.stopped
	return j.client.Close(ctx)
}

func (j *Journal) run() {
	defer close(j.stopped)
	ticker := time.NewTicker(owedInterval)
	defer ticker.Stop()
	for {
		select {
		case w := <-j.writes:
			j.write(j.gather(w))
		case <-ticker.C:
			if j.owes() {
				j.write(nil)
			}
		case <-j.stop:
			j.finish()
			return
		}
	}
}

// finish writes what is still there to write.
func (j *Journal) finish() {
	for {
		select {
		case w := <-j.writes:
			j.write(j.gather(w))
		default:
			if j.owes() {
				j.write(nil)
			}
			return
		}
	}
}

func (j *Journal) owes() bool { return len(j.owed) > 0 || len(j.unoffer) > 0 }

// gather takes what waits, to be written together.
func (j *Journal) gather(w *write) []*write {
	together := []*write{w}
	for size := len(w.value); len(together) < maxTogether && size < maxBytes; {
		select {
		case w = <-j.writes:
			together = append(together, w)
			size += len(w.value)
		default:
			return together
		}
	}
	return together
}

// write writes all in one batch. If it fails, what leaves is tried once more without what comes in: there may be room for that.
func (j *Journal) write(together []*write) {
	for _, w := range together {
		if w.op == OpDone {
			j.note(w)
		}
	}
	err := j.commit(together)
	errDone := err
	if err != nil && j.owes() {
		errDone = j.commit(nil)
	}
	for _, w := range together {
		if w.op == OpDone {
			w.err = errDone
		} else {
			w.err = err
		}
		if w.err != nil {
			w.number = 0
			j.failed(w.op, w.err)
		}
		close(w.done)
	}
	if errDone != nil && len(together) == 0 {
		j.failed(OpDone, errDone)
	}
}

func (j *Journal) failed(op Operation, err error) {
	if j.opts.Failed != nil {
		j.opts.Failed(op, err)
	}
}

// note changes the state of entries as Done says.
func (j *Journal) note(w *write) {
	for _, p := range w.places {
		e := j.entries[p.Entry]
		if e == nil || int(p.Index) >= e.spans {
			continue
		}
		if e.out == nil {
			e.out = newBits(e.spans)
		}
		if e.out.add(p.Index) {
			e.left--
			j.owed[p.Entry] = struct{}{}
		}
	}
	if _, stored := j.offers[w.offer]; stored {
		j.unoffer[w.offer] = struct{}{}
	}
}

// commit writes what is owed and what comes in.
func (j *Journal) commit(together []*write) error {
	next := j.meta
	ops := make([]*storage.Operation, 0, 2*len(together)+2*len(j.owed)+len(j.unoffer)+1)
	for n := range j.owed {
		e := j.entries[n]
		if e.left > 0 {
			ops = append(ops, storage.SetOperation(doneKey(n), e.out.encode()))
			continue
		}
		ops = append(ops, storage.DeleteOperation(requestKey(n)))
		if e.stored {
			ops = append(ops, storage.DeleteOperation(doneKey(n)))
		}
	}
	for m := range j.unoffer {
		ops = append(ops, storage.DeleteOperation(offerKey(m)))
	}
	for _, w := range together {
		switch w.op {
		case OpAccept:
			w.number = next.requests.next
			next.requests.next++
			ops = append(ops, storage.SetOperation(requestKey(w.number), w.value))
		case OpOffer:
			w.number = next.offers.next
			next.offers.next++
			ops = append(ops, storage.SetOperation(offerKey(w.number), Offer{Segments: w.count, Places: w.places}.encode()))
		case OpDone:
		}
	}
	next = j.advance(next)
	ops = append(ops, storage.SetOperation(metaKey, next.encode()))
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if err := j.client.Batch(ctx, ops...); err != nil {
		return err
	}
	j.written(next, together)
	return nil
}

// advance moves first over what is gone once the batch is written.
func (j *Journal) advance(m meta) meta {
	for ; m.requests.first < j.meta.requests.next; m.requests.first++ {
		if e := j.entries[m.requests.first]; e != nil && e.left > 0 {
			break
		}
	}
	for ; m.offers.first < j.meta.offers.next; m.offers.first++ {
		if _, stored := j.offers[m.offers.first]; stored {
			if _, gone := j.unoffer[m.offers.first]; !gone {
				break
			}
		}
	}
	return m
}

// written makes what was written the state.
func (j *Journal) written(next meta, together []*write) {
	j.meta = next
	for n := range j.owed {
		if e := j.entries[n]; e.left == 0 {
			delete(j.entries, n)
		} else {
			e.stored = true
		}
	}
	clear(j.owed)
	for m := range j.unoffer {
		delete(j.offers, m)
	}
	clear(j.unoffer)
	for _, w := range together {
		switch w.op {
		case OpAccept:
			j.entries[w.number] = &entry{spans: w.spans, left: w.spans}
		case OpOffer:
			j.offers[w.number] = struct{}{}
		case OpDone:
		}
	}
	if j.opts.Worked != nil {
		j.opts.Worked()
	}
}
