package translate

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

const (
	hour = 60 * minute
	day  = 24 * hour
	now  = 1_795_291_200_000_000_000 // 2026-11-21T20:00:00Z
)

func TestTransactionsOutsideOfWhatSentryTakes(t *testing.T) {
	type times struct{ start, end int }
	for name, tc := range map[string]struct {
		root, child         times // against now
		wantRoot, wantChild times
		age                 int
	}{
		"recent":                           {times{-hour, -minute}, times{-hour, -minute}, times{-hour, -minute}, times{-hour, -minute}, 0},
		"child outside its parent":         {times{-hour, -minute}, times{-2 * hour, minute}, times{-hour, -minute}, times{-2 * hour, minute}, 0},
		"old: ends now, lasts as long":     {times{-30 * day, -30*day + hour}, times{-30*day + minute, -30*day + 2*minute}, times{-hour, 0}, times{-59 * minute, -58 * minute}, 1},
		"ahead":                            {times{2 * hour, 3 * hour}, times{2 * hour, 3 * hour}, times{-hour, 0}, times{-hour, 0}, 1},
		"a little ahead":                   {times{0, minute}, times{0, minute}, times{0, minute}, times{0, minute}, 0},
		"begun too early, ended just now":  {times{-6 * day, -minute}, times{-2 * minute, -minute}, times{-maxTransactionAge, -minute}, times{-2 * minute, -minute}, 1},
		"lasts longer than Sentry looks":   {times{-40 * day, -20 * day}, times{-40 * day, -20 * day}, times{-maxTransactionAge, 0}, times{-maxTransactionAge, 0}, 2},
		"a child that nobody would take":   {times{-hour, -minute}, times{-50 * day, -49 * day}, times{-hour, -minute}, times{-hour, -hour}, 1},
		"a child that will be in a year":   {times{-hour, -minute}, times{-hour, 365 * day}, times{-hour, -minute}, times{-hour, -minute}, 1},
		"an old segment and a recent part": {times{-30 * day, -30*day + hour}, times{-hour, -minute}, times{-hour, 0}, times{0, 0}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrace()
			for i, in := range []times{tc.root, tc.child} {
				s := tr.span(t, byte(i+1), byte(i), "n", internal, nil)
				s.SetStartTimestamp(pcommon.Timestamp(now + in.start))
				s.SetEndTimestamp(pcommon.Timestamp(now + in.end))
			}
			var sp segment.Splitter
			seg := sp.Split(tr.td)
			require.Len(t, seg, 1)
			tx, fixed := new(Spans).Transaction(tr.td, seg[0], nil, now)
			assert.Equal(t, tc.wantRoot, times{int(tx.Start) - now, int(tx.End) - now})
			assert.Equal(t, tc.wantChild, times{int(tx.Spans[0].Start) - now, int(tx.Spans[0].End) - now})
			assert.Equal(t, Repairs{Age: tc.age}, fixed)
			if tc.wantRoot != tc.root {
				assert.Equal(t, []sentry.Tag{{Key: "time", Value: "of receipt"}}, tx.Tags)
				stated := pcommon.Timestamp(now + tc.root.start).AsTime().Format("2006-01-02T15:04:05Z")
				assert.Equal(t, map[string]any{"sentry.original_time": stated}, plain(t, tx.Trace.Data))
			} else {
				assert.Empty(t, tx.Tags)
				assert.Empty(t, tx.Trace.Data)
			}
		})
	}
}

// Whatever the times, what comes out is in order and in the window.
func TestAnyTimesAreMadeSendable(t *testing.T) {
	check := func(root, child [2]uint64, near bool) bool {
		tr := newTrace()
		for i, in := range [][2]uint64{root, child} {
			s := tr.span(t, byte(i+1), byte(i), "n", internal, nil)
			if near {
				in[0], in[1] = now+in[0]%(20*day)-10*day, now+in[1]%(20*day)-10*day
			}
			s.SetStartTimestamp(pcommon.Timestamp(in[0]))
			s.SetEndTimestamp(pcommon.Timestamp(in[1]))
		}
		var sp segment.Splitter
		tx, _ := new(Spans).Transaction(tr.td, sp.Split(tr.td)[0], nil, now)
		w := around(now, maxTransactionAge, maxTransactionLead)
		return w.takes(tx.Start, tx.End) && w.takes(tx.Spans[0].Start, tx.Spans[0].End)
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 2000}))
	for _, at := range []uint64{0, 1, now, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		for _, end := range []uint64{0, 1, now, math.MaxInt64, math.MaxUint64} {
			require.True(t, check([2]uint64{at, end}, [2]uint64{end, at}, false), "%d %d", at, end)
		}
	}
}

// An id that is made depends on what the span says alone: not on what else is in the request, nor where it stands.
func TestMadeIDsAreTheSpansOwn(t *testing.T) {
	ids := func(names ...string) map[string][]sentry.SpanID {
		tr := newTrace()
		tr.span(t, 1, 0, "root", internal, nil)
		for _, name := range names {
			tr.span(t, 0, 1, name, internal, attrs{"a": name})
		}
		tx, _ := tr.only(t)
		out := map[string][]sentry.SpanID{}
		for _, s := range tx.Spans {
			out[s.Description] = append(out[s.Description], s.SpanID)
		}
		return out
	}
	all := ids("a", "b", "c", "c", "d")
	seen := map[sentry.SpanID]bool{}
	for _, list := range all {
		for _, id := range list {
			assert.False(t, id.IsZero() || seen[id])
			seen[id] = true
		}
	}
	assert.Equal(t, all, ids("d", "c", "b", "c", "a"))
	assert.Equal(t, all["b"], ids("b")["b"])
	assert.Equal(t, all["c"], ids("x", "c", "c")["c"])
	assert.Equal(t, all["c"][:1], ids("c")["c"])

	differ := func(change func(tr trace)) sentry.SpanID {
		tr := newTrace()
		tr.span(t, 1, 0, "root", internal, nil)
		s := tr.span(t, 0, 1, "a", internal, attrs{"a": "a"})
		event(t, s, "e", attrs{"k": 1})
		s.Links().AppendEmpty().SetSpanID(pcommon.SpanID{1})
		change(tr)
		tx, _ := tr.only(t)
		return tx.Spans[0].SpanID
	}
	same := differ(func(trace) {})
	for name, change := range map[string]func(trace){
		"name":      func(tr trace) { tr.scope.Spans().At(1).SetName("b") },
		"attribute": func(tr trace) { tr.scope.Spans().At(1).Attributes().PutStr("a", "b") },
		"time":      func(tr trace) { tr.scope.Spans().At(1).SetEndTimestamp(9999) },
		"event":     func(tr trace) { tr.scope.Spans().At(1).Events().At(0).Attributes().PutInt("k", 2) },
		"link":      func(tr trace) { tr.scope.Spans().At(1).Links().At(0).SetSpanID(pcommon.SpanID{2}) },
		"state":     func(tr trace) { tr.scope.Spans().At(1).TraceState().FromRaw("x=y") },
		"message":   func(tr trace) { tr.scope.Spans().At(1).Status().SetMessage("m") },
	} {
		assert.NotEqual(t, same, differ(change), name)
	}
}
