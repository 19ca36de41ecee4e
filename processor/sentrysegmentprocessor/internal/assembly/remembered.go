package assembly

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// remembered is a set of spans that left, bounded: when half of it is new, the older half is forgotten. It holds hashes; two spans have
// the same one once in 2^64.
type remembered struct {
	most       int
	young, old map[uint64]struct{}
}

func (r *remembered) add(key spanKey, service uint64) {
	if r.most == 0 {
		return
	}
	if len(r.young) >= (r.most+1)/2 {
		r.young, r.old = r.old, r.young
		clear(r.young)
	}
	if r.young == nil {
		r.young = make(map[uint64]struct{})
	}
	r.young[hash(key, service)] = struct{}{}
}

func (r *remembered) has(key spanKey, service uint64) bool {
	if len(r.young) == 0 {
		return false
	}
	h := hash(key, service)
	if _, ok := r.young[h]; ok {
		return true
	}
	_, ok := r.old[h]
	return ok
}

func hash(key spanKey, service uint64) uint64 {
	var buf [32]byte
	copy(buf[:], key.trace[:])
	copy(buf[16:], key.span[:])
	binary.LittleEndian.PutUint64(buf[24:], service)
	return xxhash.Sum64(buf[:])
}
