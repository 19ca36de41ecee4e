package assembly

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"github.com/otelcol-sentry/otelcol-sentry/internal/recent"
)

// remembered is a set of spans that left, bounded: when half of it is new, the older half is forgotten. It holds hashes; two spans have
// the same one once in 2^64.
type remembered struct {
	most   int
	hashes recent.Map[uint64, struct{}]
}

func (r *remembered) add(key spanKey, service uint64) {
	if r.most == 0 {
		return
	}
	r.hashes.Put(hash(key, service), struct{}{}, (r.most+1)/2)
}

func (r *remembered) has(key spanKey, service uint64) bool {
	return r.hashes.Len() > 0 && r.hashes.Has(hash(key, service))
}

func hash(key spanKey, service uint64) uint64 {
	var buf [32]byte
	copy(buf[:], key.trace[:])
	copy(buf[16:], key.span[:])
	binary.LittleEndian.PutUint64(buf[24:], service)
	return xxhash.Sum64(buf[:])
}
