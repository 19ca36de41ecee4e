package translate

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// corpus reads the requests that collectors received from instrumented programs, by the name of the run.
func corpus(t testing.TB) map[string][]ptrace.Traces {
	files, err := filepath.Glob("../../../../testdata/corpus/otlp/*/traces.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string][]ptrace.Traces{}
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 64<<20)
		run := filepath.Base(filepath.Dir(file))
		for lines.Scan() {
			td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(lines.Bytes())
			require.NoError(t, err)
			out[run] = append(out[run], td)
		}
		require.NoError(t, lines.Err())
		require.NoError(t, f.Close())
	}
	return out
}

// Telemetry of real programs: every span comes out once, with its parent, and nothing needs repair; first request by request, then all of a run as
// one, as if somebody had waited for whole traces. Of those the names are few; with -v they are listed.
func TestCorpus(t *testing.T) {
	statuses := map[string]int{}
	for run, requests := range corpus(t) {
		t.Run(run, func(t *testing.T) {
			whole := ptrace.NewTraces()
			for _, td := range requests {
				checkRequest(t, td, func(*sentry.Transaction) {})
				td.ResourceSpans().MoveAndAppendTo(whole.ResourceSpans())
			}
			names := map[string]int{}
			checkRequest(t, whole, func(tx *sentry.Transaction) {
				statuses[tx.Trace.Status]++
				names[fmt.Sprintf("%-6s %-14s %s", tx.Source, tx.Trace.Op, tx.Name)]++
				assert.NotRegexp(t, `\d{2,}|[0-9a-f]{8}-`, tx.Name, "no ids in names")
			})
			assert.Less(t, len(names), 70)
			for name, n := range names {
				t.Logf("%4d  %s", n, name)
			}
		})
	}
	for _, status := range []string{"ok", "internal_error", "not_found"} {
		assert.Contains(t, statuses, status)
	}
}

func checkRequest(t *testing.T, td ptrace.Traces, see func(*sentry.Transaction)) {
	t.Helper()
	var split segment.Splitter
	var spans Spans
	out := map[string]int{}
	for _, seg := range split.Split(td) {
		tx, fixed := spans.Transaction(td, seg, nil, 0)
		require.Zero(t, fixed)
		require.NotEmpty(t, tx.Name)
		require.NotEmpty(t, tx.Trace.Op)
		see(tx)
		if !seg.Rootless() {
			out[key(tx.Trace.TraceID, tx.Trace.SpanID, tx.Trace.ParentSpanID)]++
		}
		checkData(t, tx.Trace.Data)
		for i := range tx.Spans {
			s := &tx.Spans[i]
			require.NotEmpty(t, s.Description)
			require.NotEmpty(t, s.Op)
			require.NotEmpty(t, s.Status)
			out[key(s.TraceID, s.SpanID, s.ParentSpanID)]++
			checkData(t, s.Data)
		}
	}
	require.Equal(t, spansOf(td), out)
}

func key(trace sentry.TraceID, span, parent sentry.SpanID) string {
	return trace.String() + span.String() + parent.String()
}

func spansOf(td ptrace.Traces) map[string]int {
	out := map[string]int{}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				out[key(sentry.TraceID(s.TraceID()), sentry.SpanID(s.SpanID()), sentry.SpanID(s.ParentSpanID()))]++
			}
		}
	}
	return out
}

func checkData(t *testing.T, data []sentry.Attr) {
	t.Helper()
	keys := make([]string, 0, len(data))
	for _, a := range data {
		require.NotEqual(t, sentry.KindNull, a.Value.Kind(), a.Key)
		require.False(t, strings.HasPrefix(a.Key, internalPrefix))
		keys = append(keys, a.Key)
	}
	slices.Sort(keys)
	require.Len(t, slices.Compact(keys), len(data), "no key twice: %v", keys)
}

// The inputs of the golden files: each is a rule of docs/mapping.md, none loses a span, and only those that are meant to be broken need repair.
func TestGoldenInputs(t *testing.T) {
	mapping, err := os.ReadFile("../../../../docs/mapping.md")
	require.NoError(t, err)
	inputs, err := filepath.Glob("../../testdata/traces/*/input.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	for _, input := range inputs {
		name := filepath.Base(filepath.Dir(input))
		assert.Contains(t, string(mapping), "`"+name+"`", "a rule of docs/mapping.md")
		td, err := golden.ReadTraces(input)
		require.NoError(t, err, name)
		require.NotZero(t, td.SpanCount(), name)
		n, total := 0, Repairs{}
		var split segment.Splitter
		var spans Spans
		for _, seg := range split.Split(td) {
			tx, fixed := spans.Transaction(td, seg, nil, now)
			total.Add(fixed)
			n += len(tx.Spans)
			if !seg.Rootless() {
				n++
			}
		}
		assert.Equal(t, td.SpanCount(), n, name)
		broken := strings.HasPrefix(name, "repair-") || name == "links" || name == "segment-cycle"
		assert.Equal(t, broken, total != Repairs{}, "%s: %+v", name, total)
	}
}

// FuzzTransaction: whatever a client sends as a request gives transactions with valid ids and ordered times, and every span in one of them.
func FuzzTransaction(f *testing.F) {
	broken := newTrace()
	broken.span(f, 1, 2, "a", internal, attrs{"sentry.op": "x", "l": []any{1, "b"}})
	broken.span(f, 2, 1, "b", server, attrs{"http.target": "?", "http.method": "", "net.host.port": "y"}).SetEndTimestamp(0)
	for _, td := range []ptrace.Traces{benchTrace(f, 3).td, broken.td, ptrace.NewTraces()} {
		b, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(f, err)
		f.Add(b)
	}
	var split segment.Splitter
	var spans Spans
	f.Fuzz(func(t *testing.T, data []byte) {
		td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(data)
		if err != nil {
			return
		}
		n := 0
		for _, seg := range split.Split(td) {
			if !seg.Rootless() {
				n++
			}
			for part := range seg.Parts(3) {
				tx, _ := spans.Transaction(td, part, nil, 1)
				require.False(t, tx.Trace.TraceID.IsZero() || tx.Trace.SpanID.IsZero())
				require.NotZero(t, tx.Start)
				require.LessOrEqual(t, tx.Start, tx.End)
				for _, s := range tx.Spans {
					n++
					require.False(t, s.TraceID.IsZero() || s.SpanID.IsZero())
					require.NotZero(t, s.Start)
					require.LessOrEqual(t, s.Start, s.End)
				}
			}
		}
		require.Equal(t, td.SpanCount(), n)
	})
}

// Nothing that real programs say of their spans is lost: each attribute is in the data, under its key or the one that Sentry's conventions put in its
// place, but for what names a person.
func TestNothingIsLost(t *testing.T) {
	for run, requests := range corpus(t) {
		attributes, withheld := 0, map[string]bool{}
		for _, td := range requests {
			split := segment.Splitter{Streamed: true}
			var spans Spans
			var streams Streams
			segments := split.Split(td)
			streams.Begin(StreamOptions{}, td, segments, 0)
			for trace := range streams.Traces() {
				for _, at := range trace.Segments {
					seg := segments[at]
					for i := range 1 + len(seg.Spans) {
						from := seg.Root
						if i > 0 {
							from = seg.Spans[i-1]
						}
						streamed, _ := streams.Span(at, i)
						tx, _ := spans.Transaction(td, seg, nil, 0)
						data := tx.Trace.Data
						if i > 0 {
							data = tx.Spans[i-1].Data
						}
						for key := range from.Attributes().All() {
							if discretionOf(key) == hidden || discretionOf(key) == hiddenServed && from.Kind() == server {
								withheld[key] = true
								continue
							}
							attributes++
							if u, known := spanKeys[key]; known && u.rename {
								key = currentKeys[u.current]
							}
							require.True(t, hasKey(data, key), "%s of %s", key, from.Name())
							require.True(t, hasKey(streamed.Attributes, key), "%s of %s, streamed", key, from.Name())
						}
					}
				}
			}
		}
		t.Logf("%s: %d attributes, withheld: %v", run, attributes, slices.Sorted(maps.Keys(withheld)))
	}
}

func hasKey(list []sentry.Attr, key string) bool {
	return slices.ContainsFunc(list, func(a sentry.Attr) bool { return a.Key == key })
}
