package binary

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// tracesVariable is the environment variable with the number of traces (make chaos: 30,000). With it the processor waits as long as it does by
// default, else not quite.
const tracesVariable = "SEGMENT_TRACES"

// fewTraces is their number without it.
const fewTraces = 3000

// tracesPerStep is how many traces have spans in one request.
const tracesPerStep = 50

// maxResident is what the process may take at most, in bytes: what the processor holds (128 MiB by default), about as much again for the
// garbage of a Go program, what the exporter's queue holds, decoded, and the program itself.
const maxResident = 512 << 20

// A trace is a call of the shop to the stock, ten spans in five requests; the roots are 0 and 6.
var (
	parents  = [spansPerTrace]int{-1, 0, 0, 2, 0, 4, 1, 6, 7, 6}
	requests = [...][]int{{7, 8}, {2, 3}, {9, 6}, {4, 5}, {1, 0}}
	services = [spansPerTrace]string{
		"shop", "shop", "shop", "shop", "shop", "shop",
		"stock", "stock", "stock", "stock",
	}
)

// lost tells which spans never come: a tenth of each service's roots, some of them of one trace.
func lost(trace, span int) bool {
	return span == 0 && (trace%20 == 3 || trace%20 == 13) || span == 6 && (trace%20 == 5 || trace%20 == 13)
}

// TestSegmentsOfManyRequests sends traces of ten spans, from two services, in five requests each, as fast as they are taken, the roots last
// and some of them not at all. It wants one transaction for each service of each trace, and every span once.
func TestSegmentsOfManyRequests(t *testing.T) {
	traces, waiting := fewTraces, "{idle_timeout: 10s}"
	if text := os.Getenv(tracesVariable); text != "" {
		var err error
		traces, err = strconv.Atoi(text)
		require.NoError(t, err)
		waiting = "{}"
	}
	fake := sentrytest.Start(t)
	arrived := newArrivals(t, traces)
	fake.AnswerWith(arrived.note)
	p := pipeline{grpc: freeAddress(t), http: freeAddress(t), dsn: fake.DSN("7"), segments: waiting}
	c := launch(t, p.yaml())
	c.listening(p.grpc)
	conn, err := grpc.NewClient(p.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()

	begin := time.Now()
	client := ptraceotlp.NewGRPCClient(conn)
	steps := (traces + tracesPerStep - 1) / tracesPerStep
	for step := range steps + len(requests) - 1 {
		for n, spans := range requests { // the requests of a trace are so many steps apart
			first := (step - n) * tracesPerStep
			if td := partsOfTraces(first, min(first+tracesPerStep, traces), spans); td.SpanCount() > 0 {
				send(ctx, t, func() error {
					_, err := client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
					return err
				})
			}
		}
	}
	sent := time.Since(begin)
	arrived.wait(ctx)
	t.Logf("%d traces: all taken after %v, all arrived after %v", traces, sent.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	if runtime.GOOS == "linux" {
		most := mostResident(t, c.cmd.Process.Pid)
		t.Logf("at most %d MiB resident", most>>20)
		assert.Less(t, most, int64(maxResident))
	}
	c.stop() // whatever it had still to send is there now
	arrived.check()
}

// partsOfTraces is a request with these spans of the traces from the first to before the last. Its spans are of one service.
func partsOfTraces(first, last int, spans []int) ptrace.Traces {
	td := ptrace.NewTraces()
	if first < 0 {
		return td
	}
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", services[spans[0]])
	ss := rs.ScopeSpans().AppendEmpty()
	now := time.Now()
	for trace := first; trace < last; trace++ {
		for _, i := range spans {
			if lost(trace, i) {
				continue
			}
			span := ss.Spans().AppendEmpty()
			var id pcommon.TraceID
			binary.BigEndian.PutUint64(id[8:], uint64(trace+1))
			span.SetTraceID(id)
			span.SetSpanID(numbered(trace, i))
			span.SetName(fmt.Sprint("step ", i))
			span.SetKind(ptrace.SpanKindInternal)
			if parents[i] >= 0 {
				span.SetParentSpanID(numbered(trace, parents[i]))
			}
			if i == 0 || i == 6 {
				span.SetKind(ptrace.SpanKindServer)
			}
			span.Attributes().PutStr("db.query.text", "SELECT id, state FROM orders WHERE id = $1")
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(time.Duration(i-20) * time.Millisecond)))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
		}
	}
	return td
}

func numbered(trace, span int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(trace*spansPerTrace+span+1))
	return id
}

// arrivals keeps the books of what came.
type arrivals struct {
	t      *testing.T
	traces int

	mu           sync.Mutex
	all          chan struct{} // closed when every span is there
	missing      int
	spans        []int          // how often, by number
	transactions map[string]int // by trace and service
	rootless     int
	wrong        []string
}

func newArrivals(t *testing.T, traces int) *arrivals {
	a := &arrivals{t: t, traces: traces, all: make(chan struct{}), spans: make([]int, traces*spansPerTrace), transactions: map[string]int{}}
	for trace := range traces {
		for i := range spansPerTrace {
			if !lost(trace, i) {
				a.missing++
			}
		}
	}
	return a
}

// transaction is what is read of one.
type transaction struct {
	Transaction string
	Tags        map[string]string
	Contexts    struct{ Trace spanIDs }
	Spans       []spanIDs
}

type spanIDs struct {
	Trace  string `json:"trace_id"`
	Span   string `json:"span_id"`
	Parent string `json:"parent_span_id"`
}

func (a *arrivals) note(r *sentrytest.Received) (ok sentrytest.Answer) {
	if r.Type() != "transaction" {
		return ok
	}
	var tx transaction
	err := json.Unmarshal(r.Envelope.Items[0].Payload, &tx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.complain("not JSON: %v", err)
		return ok
	}
	root, service := tx.Contexts.Trace, tx.Tags["service.name"]
	a.transactions[root.Trace+" "+service]++
	spans := tx.Spans
	if tx.Transaction == "(root span missing)" {
		a.rootless++
	} else {
		spans = append(spans, root)
	}
	for _, s := range spans {
		a.span(s, root.Trace, service)
	}
	return ok
}

// span notes a span of a transaction.
func (a *arrivals) span(s spanIDs, traceID, service string) {
	number, trace := numberIn(s.Span)-1, numberIn(traceID)-1
	if number < 0 || number >= len(a.spans) || s.Trace != traceID {
		a.complain("span %+v in trace %s", s, traceID)
		return
	}
	i := number % spansPerTrace
	if number/spansPerTrace != trace || services[i] != service {
		a.complain("span %d of trace %d in trace %d of %s", i, number/spansPerTrace, trace, service)
	}
	if parent := numberIn(s.Parent) - 1; parents[i] >= 0 && parent != trace*spansPerTrace+parents[i] || parents[i] < 0 && parent != -1 {
		a.complain("span %d of trace %d below %d", i, trace, parent)
	}
	a.spans[number]++
	if a.spans[number] == 1 {
		if a.missing--; a.missing == 0 {
			close(a.all)
		}
	}
}

func (a *arrivals) complain(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// numberIn is the number at the end of an id; 0 without one.
func numberIn(id string) int {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) < 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(b[len(b)-8:]))
}

// wait waits for the last span.
func (a *arrivals) wait(ctx context.Context) {
	select {
	case <-a.all:
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		require.Fail(a.t, "not all arrived", "%d are missing", a.missing)
	}
}

func (a *arrivals) check() {
	a.mu.Lock()
	defer a.mu.Unlock()
	assert.Empty(a.t, a.wrong)
	rootless := 0
	for number, n := range a.spans {
		trace, i := number/spansPerTrace, number%spansPerTrace
		want := 1
		if lost(trace, i) {
			want = 0
			rootless++
		}
		require.Equal(a.t, want, n, "span %d of trace %d", i, trace)
	}
	assert.Equal(a.t, rootless, a.rootless, "transactions without a root")
	assert.Len(a.t, a.transactions, 2*a.traces)
	for entry, n := range a.transactions {
		require.Equal(a.t, 1, n, entry)
	}
}

// mostResident is the most memory that a process has had, in bytes.
func mostResident(t *testing.T, pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	_, line, found := strings.Cut(string(text), "VmHWM:")
	require.True(t, found)
	var kib int64
	_, err = fmt.Sscan(line, &kib)
	require.NoError(t, err)
	return kib << 10
}
