package sentrysegmentprocessor

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Traces as two services make them: the entry of each with four spans below it; that of the second hangs below a span of the first.
const (
	perService  = 5
	perTrace    = 2 * perService
	traceBatch  = 100 // traces whose spans travel together
	requestsPer = 5   // requests that the spans of a trace come in
)

// workload makes the requests of traces from first on: the spans below the entries first, both entries in the last request. Without root
// the first service's entry is lost.
type workload struct {
	text string
	lost func(trace int) bool
}

func (w workload) requests(first int) (out [requestsPer]ptrace.Traces, spans int) {
	for i := range out {
		out[i] = ptrace.NewTraces()
		for service := range 2 {
			rs := out[i].ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", [...]string{"shop", "stock"}[service])
			rs.Resource().Attributes().PutStr("k8s.pod.name", "pod-6c9d7b8f5-x7z2p")
			to := rs.ScopeSpans().AppendEmpty()
			to.Scope().SetName("io.opentelemetry.spring-webmvc-6.0")
			for trace := first; trace < first+traceBatch; trace++ {
				n := requestsPer - 1 - i // the entry is number 0
				if n == 0 && service == 0 && w.lost(trace) {
					continue
				}
				w.span(to.Spans().AppendEmpty(), trace, service, n)
				spans++
			}
		}
	}
	return out, spans
}

func (w workload) span(span ptrace.Span, trace, service, n int) {
	id := func(service, n int) pcommon.SpanID {
		return pcommon.SpanID{1, byte(service), byte(n), 3: byte(trace), 4: byte(trace >> 8)}
	}
	var traceID pcommon.TraceID
	binary.BigEndian.PutUint64(traceID[:], uint64(trace)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint32(traceID[12:], uint32(trace)+1)
	span.SetTraceID(traceID)
	span.SetSpanID(id(service, n))
	span.SetName("GET /orders/{id}")
	for _, key := range [...]string{"http.request.method", "url.path", "server.address", "network.protocol.name", "thread.name", "user.agent"} {
		span.Attributes().PutStr(key, w.text)
	}
	span.Attributes().PutInt("http.response.status_code", 200)
	switch {
	case n > 0:
		span.SetParentSpanID(id(service, 0))
		span.SetFlags(0x101)
	case service == 1:
		span.SetParentSpanID(id(0, 1))
		span.SetFlags(0x301)
		span.SetKind(ptrace.SpanKindServer)
	default:
		span.SetKind(ptrace.SpanKindServer)
	}
}

// ledger is a next consumer that remembers which request each span came in.
type ledger struct {
	mu       sync.Mutex
	requests int
	of       map[[2]int][]int // trace, service -> the request of each span
	peak     func()
}

func (l *ledger) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (l *ledger) ConsumeTraces(_ context.Context, td ptrace.Traces) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peak()
	l.requests++
	for _, span := range spansOf(td) {
		trace := span.TraceID()
		id := span.SpanID()
		key := [2]int{int(binary.BigEndian.Uint32(trace[12:])) - 1, int(id[1])}
		l.of[key] = append(l.of[key], l.requests)
	}
	return nil
}

// 30,000 traces whose ten spans come in five requests, the roots last, from two services, as fast as they can be sent, a tenth of the
// roots lost: each service's part of each trace leaves once, whole, and what is held stays within the configuration.
func TestThirtyThousandTraces(t *testing.T) {
	const senders, maxBytes = 8, 48 << 20
	for name, tt := range map[string]struct {
		traces int
		opt    option
	}{
		"wait for room":  {30_000, blocking},
		"are refused":    {10_000, func(*Config) {}},
		"several shards": {10_000, func(cfg *Config) { cfg.BlockOnOverflow = true; cfg.Shards = 3 }},
	} {
		t.Run(name, func(t *testing.T) {
			traces := tt.traces
			dice := rand.New(rand.NewPCG(1, 2))
			lost := map[int]bool{}
			for trace := range traces {
				if dice.IntN(10) == 0 {
					lost[trace] = true
				}
			}
			w := workload{text: "some text of the length of others", lost: func(trace int) bool { return lost[trace] }}
			var p *segmentProcessor
			most := int64(0)
			to := &ledger{of: map[[2]int][]int{}, peak: func() { most = max(most, p.budget.bytes()) }}
			r := startWith(t, to, nil, tt.opt, func(cfg *Config) {
				cfg.MaxBytes = maxBytes
				cfg.WaitAfterRoot = 200 * time.Millisecond
				cfg.IdleTimeout = 3 * time.Second
			})
			p = r.p

			before := heapInUse()
			begin := time.Now()
			var wg sync.WaitGroup
			given := make([]int, senders)
			for sender := range senders {
				wg.Go(func() {
					for first := sender * traceBatch; first < traces; first += senders * traceBatch {
						requests, spans := w.requests(first)
						given[sender] += spans
						for _, td := range requests {
							for p.ConsumeTraces(t.Context(), td) != nil {
								runtime.Gosched()
							}
						}
					}
				})
			}
			wg.Wait()
			took := time.Since(begin)
			require.Eventually(t, func() bool { return p.spans.Load() == 0 }, time.Minute, 10*time.Millisecond)
			after := heapInUse()
			total := 0
			for _, n := range given {
				total += n
			}
			t.Logf("%d spans in %v (%.0f a second, made and sent on %d CPUs), %d requests out, at most %d MiB held",
				total, took.Round(time.Millisecond), float64(total)/took.Seconds(), runtime.GOMAXPROCS(0), to.requests, most>>20)

			require.Len(t, to.of, 2*traces)
			for key, requests := range to.of {
				want := perService
				if key[1] == 0 && lost[key[0]] {
					want--
				}
				require.Len(t, requests, want, "trace %d, service %d", key[0], key[1])
				for _, n := range requests {
					require.Equal(t, requests[0], n, "trace %d, service %d leaves whole", key[0], key[1])
				}
			}
			assert.Equal(t, int64(2*traces), r.value("segments"))
			assert.Zero(t, r.value("segments", "late"))
			assert.LessOrEqual(t, most, int64(maxBytes+maxBytes/12), "max_bytes, and a request's copies of its resources")
			assert.Less(t, after-before, int64(maxBytes), "what has left is not held")
			r.balanced()
			r.shutdown()
		})
	}
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
