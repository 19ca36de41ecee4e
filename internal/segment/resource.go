package segment

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxHashDepth is how deep nested attribute values are looked into; values that differ only below are taken for equal.
const maxHashDepth = 16

// ResourceKey is the identity of a resource: equal for equal attributes in any order, and different otherwise (but for 1 in 2^64). Batches put several
// ResourceSpans of one service side by side, so the index of a resource is no identity.
func ResourceKey(res pcommon.Resource) uint64 { return hashMap(res.Attributes(), 0) }

// hashMap adds up the hashes of the members: the order does not matter.
func hashMap(m pcommon.Map, depth int) uint64 {
	sum := uint64(m.Len())
	for key, v := range m.All() {
		sum += mix(xxhash.Sum64String(key), hashValue(v, depth))
	}
	return sum
}

func hashValue(v pcommon.Value, depth int) uint64 {
	kind := uint64(v.Type())
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return mix(kind, xxhash.Sum64String(v.Str()))
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return mix(kind, 1)
		}
	case pcommon.ValueTypeInt:
		return mix(kind, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		return mix(kind, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		return mix(kind, xxhash.Sum64(v.Bytes().AsRaw()))
	case pcommon.ValueTypeMap:
		if depth < maxHashDepth {
			return mix(kind, hashMap(v.Map(), depth+1))
		}
	case pcommon.ValueTypeSlice:
		if depth < maxHashDepth {
			return mix(kind, hashSlice(v.Slice(), depth+1))
		}
	case pcommon.ValueTypeEmpty:
	}
	return mix(kind, 0)
}

func hashSlice(s pcommon.Slice, depth int) uint64 {
	h := uint64(s.Len())
	for _, v := range s.All() {
		h = mix(h, hashValue(v, depth))
	}
	return h
}

func mix(a, b uint64) uint64 {
	var buf [16]byte
	binary.LittleEndian.PutUint64(buf[:8], a)
	binary.LittleEndian.PutUint64(buf[8:], b)
	return xxhash.Sum64(buf[:])
}
