package sentrysegmentprocessor

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

// number is the attribute that tells spans apart whatever their ids are.
const number = "number"

// facts of a span that must not change on its way.
type facts struct {
	trace        pcommon.TraceID
	span, parent pcommon.SpanID
	service      uint64
	scope        string
}

// forest makes random traces over several services, and what is to arrive of them. broken: ids repeat, point nowhere, or are missing.
func forest(r *rand.Rand, n int, broken bool) (td ptrace.Traces, want map[int64]facts) {
	td = ptrace.NewTraces()
	services := 1 + r.IntN(3)
	for i := range services {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutInt("service", int64(i))
		rs.ScopeSpans().AppendEmpty()
		rs.ScopeSpans().AppendEmpty().Scope().SetName("b")
	}
	for i := range n {
		span := td.ResourceSpans().At(r.IntN(services)).ScopeSpans().At(r.IntN(2)).Spans().AppendEmpty()
		span.Attributes().PutInt(number, int64(i))
		span.SetTraceID(pcommon.TraceID{byte(1 + i%3), 15: byte(i % 3)})
		span.SetSpanID(testID(i + 1))
		if i > 2 && r.IntN(10) > 0 {
			span.SetParentSpanID(testID(1 + i%3 + 3*r.IntN(i/3)))
		}
		if r.IntN(3) == 0 {
			span.SetKind(ptrace.SpanKind(r.IntN(6)))
		}
		if broken {
			span.SetSpanID(testID(r.IntN(n)))
			span.SetParentSpanID(testID(r.IntN(n + 3)))
		}
	}
	want = map[int64]facts{}
	for _, got := range factsOf(td) {
		want[got.number] = got.facts
	}
	return td, want
}

func testID(i int) pcommon.SpanID { return pcommon.SpanID{byte(i), byte(i >> 8)} }

type numbered struct {
	number int64
	facts
}

func factsOf(td ptrace.Traces) (out []numbered) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				out = append(out, numbered{numberOf(span), facts{
					span.TraceID(), span.SpanID(), span.ParentSpanID(), segment.ResourceKey(rs.Resource()), ss.Scope().Name(),
				}})
			}
		}
	}
	return out
}

func numberOf(span ptrace.Span) int64 {
	v, _ := span.Attributes().Get(number)
	return v.Int()
}

// requests cuts traces into random requests, in random order.
func requests(r *rand.Rand, td ptrace.Traces) []ptrace.Traces {
	out := make([]ptrace.Traces, 1+r.IntN(1+td.SpanCount()))
	for i := range out {
		out[i] = ptrace.NewTraces()
		td.CopyTo(out[i])
	}
	in := map[int64]int{}
	for _, span := range spansOf(td) {
		in[numberOf(span)] = r.IntN(len(out))
	}
	for i, one := range out {
		keepSpans(one, func(span ptrace.Span) bool { return in[numberOf(span)] == i })
	}
	return out
}

// arrived is what reaches Sentry: the exporter makes transactions of each request, and Sentry drops those whose id it knows.
type arrived struct {
	t        *testing.T
	times    map[int64]int  // each span's arrivals
	spans    map[int64]bool // in transactions that Sentry kept
	requests map[int64]int  // the request of each span, by number of the request
	known    map[transaction]bool
	want     map[int64]facts
	n        int
	mu       sync.Mutex // shards are concurrent
}

// transaction is what its id is made of.
type transaction struct {
	trace   pcommon.TraceID
	root    pcommon.SpanID
	service uint64
}

func newArrived(t *testing.T, want map[int64]facts) *arrived {
	return &arrived{
		t: t, want: want, times: map[int64]int{}, spans: map[int64]bool{}, requests: map[int64]int{}, known: map[transaction]bool{},
	}
}

func (a *arrived) request(td ptrace.Traces) {
	a.n++
	for _, got := range factsOf(td) {
		require.Equal(a.t, a.want[got.number], got.facts)
		a.times[got.number]++
		a.requests[got.number] = a.n
	}
	var splitter segment.Splitter
	for _, seg := range splitter.Split(td) {
		id := transaction{seg.Root.TraceID(), seg.Root.SpanID(), segment.ResourceKey(td.ResourceSpans().At(seg.Root.Resource).Resource())}
		if seg.Rootless() {
			id.root = seg.StandIn
		}
		if a.known[id] {
			continue
		}
		a.known[id] = true
		a.spans[numberOf(seg.Root.Span)] = true
		for _, span := range seg.Spans {
			a.spans[numberOf(span.Span)] = true
		}
	}
}

// Spans that come in time leave once, and each segment in one request.
func TestRandomForestsInTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		bubble(t, func(t *testing.T) {
			td, want := forest(r, r.IntN(80), false)
			to := &sink{}
			rig := start(t, to, nil, func(cfg *Config) {
				cfg.Shards = 1 + r.IntN(4)
				cfg.MaxRequestBytes = int64(1 + r.IntN(50_000))
			})
			for _, one := range requests(r, td) {
				require.NoError(t, rig.p.ConsumeTraces(t.Context(), one))
			}
			pass(31 * time.Second)
			a := newArrived(t, want)
			for _, td := range to.gotTraces() {
				a.request(td)
			}
			require.Len(t, a.times, len(want))
			for _, n := range a.times {
				require.Equal(t, 1, n)
			}
			var splitter segment.Splitter
			for _, seg := range splitter.Split(td) {
				for _, span := range seg.Spans {
					require.Equal(t, a.requests[numberOf(seg.Root.Span)], a.requests[numberOf(span.Span)])
				}
			}
			rig.empty()
			rig.balanced()
			rig.shutdown()
		})
	}
}

// trouble makes the next consumer refuse now and then: all, or a part.
func trouble(from *rand.Rand) func(context.Context, ptrace.Traces) error {
	r := rand.New(rand.NewPCG(from.Uint64(), from.Uint64())) // it is asked by another goroutine
	return func(_ context.Context, td ptrace.Traces) error {
		switch r.IntN(4) {
		case 0:
			return errBusy
		case 1:
			trace := byte(1 + r.IntN(3))
			return refuseTrace(trace)(context.Background(), td)
		}
		return nil
	}
}

// taker is a sink that notes what of a refused request it has taken.
func (a *arrived) taker(to *sink, answer func(context.Context, ptrace.Traces) error) {
	to.answerWith(func(ctx context.Context, td ptrace.Traces) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		err := answer(ctx, td)
		switch rest, partly := restOf(err); {
		case err == nil:
			a.request(td)
		case partly:
			left := map[int64]bool{}
			for _, span := range spansOf(rest) {
				left[numberOf(span)] = true
			}
			taken := ptrace.NewTraces()
			td.CopyTo(taken)
			keepSpans(taken, func(span ptrace.Span) bool { return !left[numberOf(span)] })
			a.request(taken)
		}
		return err
	})
}

// Whatever the order, the time, the memory and the next consumer do: without a crash each span arrives exactly once.
func TestRandomForestsInTrouble(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 100 {
		bubble(t, func(t *testing.T) {
			td, want := forest(r, r.IntN(80), round%2 == 0)
			to := &sink{}
			a := newArrived(t, want)
			a.taker(to, trouble(r))
			var store *storagetest.Storage
			if round%3 == 0 {
				store = storagetest.New()
			}
			rig := start(t, to, store, func(cfg *Config) {
				cfg.Shards = 1 + r.IntN(4)
				cfg.MaxRequestBytes = int64(1 + r.IntN(50_000))
				cfg.RememberedSpans = r.IntN(100)
			})
			for _, one := range requests(r, td) {
				for rig.p.ConsumeTraces(t.Context(), one) != nil { // spans without ids pass, or not
				}
				pass(time.Duration(r.Int64N(int64(4 * time.Second))))
			}
			pass(2 * time.Minute)
			require.Len(t, a.times, len(want))
			for _, n := range a.times {
				require.Equal(t, 1, n)
			}
			rig.empty()
			rig.balanced()
			rig.shutdown()
			if store != nil {
				require.Subset(t, []string{"meta"}, store.Keys())
			}
		})
	}
}

// Random crashes, at any moment, also while the next consumer takes a request: each span that was acknowledged arrives at least once,
// and in a transaction that Sentry does not drop as a repeat.
func TestRandomForestsAndCrashes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	crashes := 0
	for range 200 {
		bubble(t, func(t *testing.T) {
			td, want := forest(r, r.IntN(80), false)
			to, store := &sink{}, storagetest.New()
			a := newArrived(t, want)
			var rig *rig
			live := func() {
				rig = start(t, to, store, func(cfg *Config) {
					cfg.Shards = 1 + r.IntN(3)
					cfg.MaxRequestBytes = int64(1 + r.IntN(50_000))
				})
			}
			var after atomic.Pointer[storagetest.Storage] // of a crash
			answer, dice := trouble(r), rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
			troubled := atomic.Bool{}
			troubled.Store(true)
			a.taker(to, func(ctx context.Context, td ptrace.Traces) error {
				switch {
				case after.Load() != nil:
					return storagetest.ErrDead
				case !troubled.Load():
					return nil
				}
				err := answer(ctx, td)
				if dice.IntN(8) == 0 {
					after.Store(store.After())
				}
				return err
			})
			crash := func() {
				crashes++
				after.CompareAndSwap(nil, store.After())
				_ = rig.p.Shutdown(cancelled())
				store = after.Swap(nil)
				live()
			}
			live()
			for _, one := range requests(r, td) {
				if r.IntN(6) == 0 {
					store.Fail(func(ops []*storage.Operation) error { // nothing can be accepted for a while
						for _, op := range ops {
							if strings.HasPrefix(op.Key, "r/") && op.Type == storage.Set {
								return errDisk
							}
						}
						return nil
					})
				}
				for rig.p.ConsumeTraces(t.Context(), one) != nil { // the sender tries again
					store.FailAll(nil)
					if after.Load() != nil {
						crash()
					}
				}
				pass(time.Duration(r.Int64N(int64(4 * time.Second))))
				if r.IntN(10) == 0 || after.Load() != nil {
					crash()
				}
			}
			for range 2 {
				pass(time.Minute)
				if after.Load() != nil {
					crash()
				}
			}
			troubled.Store(false)
			pass(time.Minute)
			if after.Load() != nil {
				crash()
				pass(time.Minute)
			}
			require.Len(t, a.times, len(want))
			require.Len(t, a.spans, len(want), "no span is dropped with a repeat")
			rig.shutdown()
			require.Subset(t, []string{"meta"}, store.Keys())
		})
	}
	require.Greater(t, crashes, 100)
}
