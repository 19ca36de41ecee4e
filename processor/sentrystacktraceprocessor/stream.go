package sentrystacktraceprocessor

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
)

// stream is the lines that one pipe of one program gave.
type stream struct {
	mu     sync.Mutex
	gone   bool // forgotten: look it up again
	id     uint64
	origin plog.ScopeLogs // resource and scope of the records, which has none itself
	res    plog.ResourceLogs
	lines  *join.Stream[*held]
	parts  []part       // of a line whose end has not come
	size   int          // bytes of the parts
	stored bool         // the storage has something of it
	seen   atomic.Int64 // when the last record came
}

// held is a line's record. It is the request's own until that is acknowledged.
type held struct {
	rec   plog.LogRecord
	owned bool
	more  int // how many records are part of it already
}

// part is a record that is part of a line, and when it came.
type part struct {
	join.Line[*held]
	at int64
}

// hasher names streams.
type hasher struct {
	digest *xxhash.Digest
	keys   []string
	size   [8]byte
}

func newHasher() *hasher { return &hasher{digest: xxhash.New()} }

func (h *hasher) text(s string) {
	binary.LittleEndian.PutUint64(h.size[:], uint64(len(s)))
	_, _ = h.digest.Write(h.size[:])
	_, _ = h.digest.WriteString(s)
}

// origin hashes what the records of a scope share.
func (h *hasher) origin(res pcommon.Resource, scope pcommon.InstrumentationScope) uint64 {
	h.digest.Reset()
	h.keys = h.keys[:0]
	for k := range res.Attributes().All() {
		h.keys = append(h.keys, k)
	}
	slices.Sort(h.keys)
	for _, k := range h.keys {
		v, _ := res.Attributes().Get(k)
		h.text(k)
		h.text(v.AsString())
	}
	h.text(scope.Name())
	h.text(scope.Version())
	return h.digest.Sum64()
}

// stream hashes what tells a record's stream from others of the same origin.
func (h *hasher) stream(origin uint64, rec plog.LogRecord, keys []string, prefix string) uint64 {
	h.digest.Reset()
	binary.LittleEndian.PutUint64(h.size[:], origin)
	_, _ = h.digest.Write(h.size[:])
	h.text(prefix)
	for _, k := range keys {
		if v, ok := rec.Attributes().Get(k); ok {
			h.text(k)
			h.text(v.AsString())
		}
	}
	return h.digest.Sum64()
}

// restart makes the stream anew with the records given.
func (s *stream) restart(limits join.Limits, lines []join.Line[*held], now int64) {
	s.lines, s.parts, s.size = join.NewStream[*held](limits), nil, 0
	for _, l := range lines {
		s.push(l.Text, l.Value, limits.Bytes, now)
	}
}

// push takes a record. A line that came in parts is one record once its last part is there, or as much of it as maxBytes allow.
func (s *stream) push(text string, h *held, maxBytes int, now int64) {
	marked, more := partOf(h.rec)
	if !marked {
		s.endParts()
		s.pushLine(text, h, now)
		return
	}
	if len(s.parts) == 0 && !more { // the last part of a line is most often the only one
		s.pushLine(text, h, now)
		return
	}
	s.parts = append(s.parts, part{join.Line[*held]{Text: text, Value: h}, now})
	s.size += len(text)
	if !more || s.size >= maxBytes {
		s.endParts()
	}
}

func (s *stream) pushLine(text string, h *held, now int64) {
	if _, isLine := lineOf(h.rec); isLine {
		s.lines.Push(text, h, now)
	} else {
		s.lines.PushWhole(text, h, now)
	}
}

// endParts makes one line of the parts that are there.
func (s *stream) endParts() {
	if len(s.parts) == 0 {
		return
	}
	first := s.parts[0]
	whole := &held{rec: plog.NewLogRecord(), owned: true, more: len(s.parts) - 1}
	first.Value.rec.CopyTo(whole.rec)
	var rest strings.Builder
	for _, p := range s.parts[1:] {
		rest.WriteString(p.Text)
	}
	setText(whole.rec, rest.String())
	unmark(whole.rec)
	s.parts, s.size = nil, 0
	s.pushLine(first.Text+rest.String(), whole, first.at)
}

// heldLines are the records that are held.
func (s *stream) heldLines() []join.Line[*held] {
	lines := slices.Collect(s.lines.Held)
	for _, p := range s.parts {
		lines = append(lines, p.Line)
	}
	return lines
}

// empty tells that nothing is held.
func (s *stream) empty() bool { return s.lines.Len() == 0 && len(s.parts) == 0 }

// expire completes what came before since.
func (s *stream) expire(since int64) {
	if len(s.parts) > 0 && s.parts[0].at <= since {
		s.endParts()
	}
	s.lines.Expire(since)
}

// flush completes everything.
func (s *stream) flush() {
	s.endParts()
	s.lines.Flush()
}

// own makes the records that are held the stream's own.
func (s *stream) own() {
	for _, l := range s.heldLines() {
		if h := l.Value; !h.owned {
			rec := plog.NewLogRecord()
			h.rec.CopyTo(rec)
			h.rec, h.owned = rec, true
		}
	}
}

// take appends a copy of each record that is complete and gives how many records became part of another.
func (s *stream) take(out *output) (joined int) {
	for lines, ok := s.lines.Next(); ok; lines, ok = s.lines.Next() {
		rec := out.of(s).AppendEmpty()
		lines[0].Value.rec.CopyTo(rec)
		out.lines += len(lines)
		joined += lines[0].Value.more
		if len(lines) == 1 {
			continue
		}
		size := 0
		for _, l := range lines[1:] {
			size += 1 + len(l.Text)
			joined += 1 + l.Value.more
		}
		var rest strings.Builder
		rest.Grow(size)
		for _, l := range lines[1:] {
			rest.WriteByte('\n')
			rest.WriteString(l.Text)
		}
		setText(rec, rest.String())
	}
	return joined
}

// state is what has to be stored.
func (s *stream) state() ([]byte, error) {
	if s.empty() {
		return nil, nil
	}
	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	s.res.CopyTo(rl)
	sl := rl.ScopeLogs().AppendEmpty()
	s.origin.CopyTo(sl)
	for _, l := range s.heldLines() {
		l.Value.rec.CopyTo(sl.LogRecords().AppendEmpty())
	}
	return (&plog.ProtoMarshaler{}).MarshalLogs(logs)
}

// output is a request that is being built.
type output struct {
	logs  plog.Logs
	to    map[*stream]plog.LogRecordSlice
	lines int
}

func newOutput() *output {
	return &output{logs: plog.NewLogs(), to: map[*stream]plog.LogRecordSlice{}}
}

// of gives where the records of a stream go.
func (o *output) of(s *stream) plog.LogRecordSlice {
	to, ok := o.to[s]
	if !ok {
		rl := o.logs.ResourceLogs().AppendEmpty()
		s.res.CopyTo(rl)
		sl := rl.ScopeLogs().AppendEmpty()
		s.origin.CopyTo(sl)
		to = sl.LogRecords()
		o.to[s] = to
	}
	return to
}
