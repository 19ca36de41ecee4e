package translate

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// MadeTraceID is the trace id of a record that has none, and in whose attributes and body none is found. Sentry demands one of each log; Relay invents a
// random one per record. This one is made of the record and where it comes from, so that a retry sends the same, and so that an event made of the
// same record can be shown beside its log. Records that are equal in all, time included, have the same.
func MadeTraceID(res pcommon.Resource, scope pcommon.InstrumentationScope, rec plog.LogRecord) sentry.TraceID {
	var s logSource
	s.resource(res)
	s.scope(scope)
	return s.traceID(rec)
}

// logSource is where records come from, hashed once for all of them.
type logSource struct{ ofResource, hash uint64 }

func (s *logSource) resource(res pcommon.Resource) { s.ofResource = segment.ResourceKey(res) }

func (s *logSource) scope(scope pcommon.InstrumentationScope) {
	s.hash = mixed(s.ofResource, xxhash.Sum64String(scope.Name()))
}

func (s *logSource) traceID(rec plog.LogRecord) (id sentry.TraceID) {
	h := mixed(s.hash, uint64(rec.Timestamp()))
	h = mixed(h, uint64(rec.ObservedTimestamp()))
	h = mixed(h, uint64(rec.SeverityNumber()))
	h = mixed(h, hashOf(rec.Body(), 0))
	for key, v := range rec.Attributes().All() {
		if !strings.HasPrefix(key, internalPrefix) {
			h = mixed(mixed(h, xxhash.Sum64String(key)), hashOf(v, 0))
		}
	}
	binary.BigEndian.PutUint64(id[:8], max(h, 1))
	binary.BigEndian.PutUint64(id[8:], mixed(h, ^h))
	return id
}

// hashOf hashes a value and what is in it.
func hashOf(v pcommon.Value, depth int) uint64 {
	h := uint64(v.Type())
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return mixed(h, xxhash.Sum64String(v.Str()))
	case pcommon.ValueTypeBool:
		if v.Bool() {
			h = ^h
		}
	case pcommon.ValueTypeInt:
		return mixed(h, uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		return mixed(h, math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		for i := range v.Bytes().Len() {
			h = h*31 + uint64(v.Bytes().At(i))
		}
	case pcommon.ValueTypeSlice:
		for _, element := range v.Slice().All() {
			if depth < maxLogDepth {
				h = mixed(h, hashOf(element, depth+1))
			}
		}
	case pcommon.ValueTypeMap:
		for key, member := range v.Map().All() {
			if depth < maxLogDepth {
				h = mixed(mixed(h, xxhash.Sum64String(key)), hashOf(member, depth+1))
			}
		}
	case pcommon.ValueTypeEmpty:
	}
	return h
}

// mixed hashes two numbers into one; their order counts. The two halves of a product, folded, depend on every bit of its factors (the step of wyhash).
func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xc2b2ae3d27d4eb4f)
	return hi ^ lo
}
