package breadcrumb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = 1
	stream = 7
	minute = sentry.Time(time.Minute)
	later  = sentry.Time(1 << 62)
)

var start = sentry.Time(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano())

func crumb(n int) Crumb {
	return Crumb{Owner: owner, Stream: stream, Time: start + sentry.Time(n), Severity: 9, Logger: "l", Text: fmt.Sprint("line ", n)}
}

func ofTrace(n int, trace byte) Crumb {
	c := crumb(n)
	c.Trace = sentry.TraceID{trace}
	return c
}

func texts(crumbs []Crumb) []string {
	out := []string{}
	for _, c := range crumbs {
		out = append(out, c.Text)
	}
	return out
}

func TestTheLastOfAStream(t *testing.T) {
	s := New(20)
	for i := range 100 {
		s.Add([]Crumb{crumb(i), {Owner: owner, Stream: 8, Text: "another's", Time: start}}, start)
	}
	assert.Equal(t, []string{"line 99", "line 98", "line 97"}, texts(s.OfStream(nil, stream, false, later, 3)))
	assert.Equal(t, []string{"line 79", "line 78"}, texts(s.OfStream(nil, stream, false, start+79, 2)), "what came after is no breadcrumb")
	assert.Len(t, s.OfStream(nil, stream, false, later, 1000), 32, "the next power of two")
	assert.Empty(t, s.OfStream(nil, 9, false, later, 3))
	assert.Empty(t, s.OfStream(nil, 0, false, later, 3))
	s.Add([]Crumb{ofTrace(100, 1), crumb(101)}, start)
	assert.Equal(t, []string{"line 101", "line 99"}, texts(s.OfStream(nil, stream, true, later, 2)), "without those of traces")
}

func TestACrumbComesBackAsItWent(t *testing.T) {
	s := New(20)
	c := Crumb{
		Owner: owner, Stream: stream, Trace: sentry.TraceID{1}, Time: start, Observed: true, Severity: 13, Kind: 2,
		Logger: "com.acme.Shop", Text: "payment failed", Type: "IllegalStateException", Value: "no stock",
	}
	s.Add([]Crumb{c}, start)
	assert.Equal(t, []Crumb{c}, s.OfStream(nil, stream, false, later, 9))
	assert.Equal(t, []Crumb{c}, s.OfTrace(nil, owner, c.Trace, later, 9))

	long := strings.Repeat("x", 5000)
	s.Add([]Crumb{{Owner: owner, Stream: stream, Logger: long, Text: long, Type: long, Value: long}}, start)
	got := s.OfStream(nil, stream, false, later, 1)[0]
	assert.Equal(t, []int{maxLogger, maxText, maxType, maxValue}, []int{len(got.Logger), len(got.Text), len(got.Type), len(got.Value)})
}

func TestTheLastOfATrace(t *testing.T) {
	s := New(4)
	for i := range 40 { // four traces, mixed, in two streams
		c := ofTrace(i, byte(1+i%4))
		c.Stream = uint64(stream + i%2)
		if i%8 >= 4 {
			c.Stream ^= 1
		}
		s.Add([]Crumb{c}, start+sentry.Time(i))
	}
	trace := sentry.TraceID{1}
	assert.Equal(t, []string{"line 36", "line 32", "line 28", "line 24"}, texts(s.OfTrace(nil, owner, trace, later, 4)), "of both streams")
	assert.Equal(t, []string{"line 8", "line 4", "line 0"}, texts(s.OfTrace(nil, owner, trace, start+10, 4)))
	assert.Empty(t, s.OfTrace(nil, 2, trace, later, 4), "another project's")
	assert.Empty(t, s.OfTrace(nil, owner, sentry.TraceID{9}, later, 4))
	assert.Empty(t, s.OfTrace(nil, owner, sentry.TraceID{}, later, 4))
}

// A stream that carries many traces at once keeps more, so that each finds its own; one that does not keeps no more than it needs.
func TestARingGrowsWithItsTraces(t *testing.T) {
	s := New(4)
	for i := range 10_000 {
		s.Add([]Crumb{ofTrace(i, byte(1+i%100))}, start+sentry.Time(i))
	}
	assert.Len(t, s.OfTrace(nil, owner, sentry.TraceID{100}, later, 100), 6, "512 slots, 100 traces")
	assert.Equal(t, maxSlots, slotsOf(s, stream))

	s = New(4)
	for i := range 10_000 {
		s.Add([]Crumb{ofTrace(i, byte(1+i%100))}, start+sentry.Time(i)*minute)
	}
	assert.Equal(t, 4, slotsOf(s, stream), "what it overwrites is old")
	s = New(4)
	for i := range 10_000 {
		s.Add([]Crumb{crumb(i)}, start)
	}
	assert.Equal(t, 4, slotsOf(s, stream), "no traces")
}

func slotsOf(s *Store, stream uint64) int { return len(s.rings[stream].Value.(*ring).slots) }

func TestMemoryIsBounded(t *testing.T) {
	s := New(8)
	s.limit = 256 << 10
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		c := ofTrace(i, byte(random.IntN(256)))
		c.Stream = uint64(1 + random.IntN(100))
		c.Text = strings.Repeat("x", random.IntN(3000))
		s.Add([]Crumb{c}, start+sentry.Time(i))
		require.LessOrEqual(t, s.bytes, s.limit+maxSlots*(slotBytes+3000))
	}
	sum := 0
	for _, e := range s.rings {
		r := e.Value.(*ring)
		bytes := len(r.slots) * slotBytes
		for i := range r.slots {
			bytes += cap(r.slots[i].text)
		}
		assert.Equal(t, bytes, r.bytes)
		sum += bytes
	}
	assert.Equal(t, sum, s.bytes, "the books are right")
	assert.Equal(t, len(s.rings), s.recent.Len())
}

func TestTheLeastRecentlyHeardOfLeavesFirst(t *testing.T) {
	s := New(4)
	s.limit = 3*(4*slotBytes+2*typicalText) + typicalText
	add := func(stream uint64, trace byte) {
		c := ofTrace(int(stream), trace)
		c.Stream = stream
		s.Add([]Crumb{c}, start)
	}
	add(1, 1)
	add(2, 2)
	add(3, 3)
	add(1, 1)
	add(4, 4)
	assert.Len(t, s.OfStream(nil, 1, false, later, 9), 2)
	assert.Empty(t, s.OfStream(nil, 2, false, later, 9))
	assert.Empty(t, s.OfTrace(nil, owner, sentry.TraceID{2}, later, 9), "its memory is another's")
	assert.Len(t, s.OfStream(nil, 3, false, later, 9), 1)
	assert.Len(t, s.OfTrace(nil, owner, sentry.TraceID{4}, later, 9), 1)
}

// TestEveryTraceFindsItsOwn, and nothing but that, whatever is overwritten in between.
func TestEveryTraceFindsItsOwn(t *testing.T) {
	s := New(8)
	s.limit = 64 << 10
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 50_000 {
		c := crumb(i)
		c.Owner = uint32(random.IntN(2))
		c.Stream = uint64(1 + random.IntN(20))
		c.Trace = sentry.TraceID{byte(random.IntN(250)), 8: byte(random.IntN(3))}
		s.Add([]Crumb{c}, start+sentry.Time(i)*sentry.Time(time.Millisecond))
		got := s.OfTrace(nil, c.Owner, c.Trace, later, 5)
		if !c.Trace.IsZero() {
			require.Equal(t, c.Text, got[0].Text)
		}
		for k := range got {
			require.Equal(t, c.Trace, got[k].Trace)
			require.Equal(t, c.Owner, got[k].Owner)
			require.True(t, k == 0 || got[k-1].Time > got[k].Time)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	s := New(8)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				c := ofTrace(i, byte(i%7+1))
				c.Stream = uint64(1 + (i+w)%5)
				s.Add([]Crumb{c}, start+sentry.Time(i))
				s.OfTrace(nil, owner, c.Trace, later, 20)
				s.OfStream(nil, c.Stream, false, later, 20)
			}
		})
	}
	wg.Wait()
	assert.NotEmpty(t, s.OfStream(nil, 1, false, later, 20))
}

func TestAddAllocatesNothing(t *testing.T) {
	s := New(20)
	crumbs := manyCrumbs()
	for range 20 {
		s.Add(crumbs, start)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.Add(crumbs, start) }))
}

// manyCrumbs of 10 streams and 40 traces.
func manyCrumbs() []Crumb {
	var out []Crumb
	for i := range 1000 {
		c := ofTrace(i, byte(1+i%40))
		c.Stream = uint64(1 + i/100)
		c.Text = strings.Repeat("words ", 20)
		out = append(out, c)
	}
	return out
}

func BenchmarkAdd(b *testing.B) {
	s := New(20)
	crumbs := manyCrumbs()
	b.ReportAllocs()
	for b.Loop() {
		s.Add(crumbs, start)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(crumbs)), "ns/crumb")
}
