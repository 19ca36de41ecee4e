package journal

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// How many values are read at once: as many as may be expected to have about readBytes together.
const (
	mostAtOnce = 256
	readBytes  = 1 << 20
)

// Offers are the requests that an earlier process was handing on when it ended, in the order of that time. To be called before Run.
func (j *Journal) Offers(ctx context.Context) ([]Offer, error) {
	var offers []Offer
	err := j.read(ctx, j.meta.offers, offerKey, func(m uint64, value []byte) error {
		j.offers[m] = struct{}{}
		offer, err := decodeOffer(m, value)
		if err != nil {
			j.damaged(offerKey(m))
			j.unoffer[m] = struct{}{}
			return nil
		}
		offers = append(offers, offer)
		return nil
	})
	return offers, err
}

// Forget drops an offer of which nothing is left. To be called before Run.
func (j *Journal) Forget(offer uint64) { j.unoffer[offer] = struct{}{} }

// Restore gives each stored request, with the set of its spans that were handed on. To be called before Run.
func (j *Journal) Restore(ctx context.Context, yield func(number uint64, td ptrace.Traces, out Bits)) error {
	return j.read(ctx, j.meta.requests, requestKey, func(n uint64, value []byte) error {
		done, err := j.client.Get(ctx, doneKey(n))
		if err != nil {
			return fmt.Errorf("reading the journal, key %q: %w", doneKey(n), err)
		}
		e := &entry{stored: done != nil}
		j.entries[n] = e
		td, err := decodeRequest(value)
		if err != nil {
			j.damaged(requestKey(n))
			j.owed[n] = struct{}{} // nothing is left of it
			return nil
		}
		e.spans = td.SpanCount()
		e.left = e.spans
		if done != nil {
			if e.out, err = decodeBits(done, e.spans); err != nil {
				j.damaged(doneKey(n))
			}
			for i := range e.spans {
				if e.out.Has(uint32(i)) {
					e.left--
				}
			}
		}
		if e.left == 0 {
			j.owed[n] = struct{}{}
			return nil
		}
		yield(n, td, e.out)
		return nil
	})
}

// read gives the values of a range of numbers that are there.
func (j *Journal) read(ctx context.Context, numbers span, key func(uint64) string, each func(uint64, []byte) error) error {
	atOnce := uint64(1)
	for first := numbers.first; first < numbers.next; {
		ops := make([]*storage.Operation, min(atOnce, numbers.next-first))
		for i := range ops {
			ops[i] = storage.GetOperation(key(first + uint64(i)))
		}
		if err := j.client.Batch(ctx, ops...); err != nil {
			return fmt.Errorf("reading the journal, keys from %q: %w", key(first), err)
		}
		size := 0
		for i, op := range ops {
			size += len(op.Value)
			if op.Value == nil {
				continue
			}
			if err := each(first+uint64(i), op.Value); err != nil {
				return err
			}
		}
		first += uint64(len(ops))
		if size <= readBytes/2 {
			atOnce = min(2*atOnce, mostAtOnce)
		} else {
			atOnce = max(atOnce/2, 1)
		}
	}
	return nil
}

func (j *Journal) damaged(key string) {
	if j.opts.Damaged != nil {
		j.opts.Damaged(key)
	}
}
