package waterfall

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var epoch = time.Unix(1_700_000_000, 0)

func span(id, parent string, from, to int) Span {
	return Span{SpanID: id, ParentSpanID: parent, Op: id[:1], Start: epoch.Add(time.Duration(from) * time.Millisecond), End: epoch.Add(time.Duration(to) * time.Millisecond)}
}

// picture writes rows as "id@depth offset+duration(self)", so that a test shows the whole tree.
func picture(w Waterfall) []string {
	var out []string
	for _, r := range w.Rows {
		orphan := ""
		if r.Orphan {
			orphan = " orphan"
		}
		out = append(out, fmt.Sprintf("%*s%s %g+%g(%g)%s", r.Depth*2, "", r.SpanID, r.Offset, r.Duration, r.Self, orphan))
	}
	return out
}

func TestBuild(t *testing.T) {
	segment := span("s", "elsewhere", 0, 10)
	segment.Segment = true
	noTimes := Span{SpanID: "x", ParentSpanID: "a"}
	tests := map[string]struct {
		spans []Span
		want  []string
	}{
		"nothing": {nil, nil},
		"order of start, not of arrival": {
			[]Span{span("c", "a", 60, 90), span("b", "a", 10, 40), span("a", "", 0, 100)},
			[]string{"a 0+100(40)", "  b 10+30(30)", "  c 60+30(30)"},
		},
		"depth first": {
			[]Span{span("a", "", 0, 100), span("b", "a", 10, 50), span("c", "b", 20, 30), span("d", "a", 55, 60)},
			[]string{"a 0+100(55)", "  b 10+40(30)", "    c 20+10(10)", "  d 55+5(5)"},
		},
		"overlapping children count once": {
			[]Span{span("a", "", 0, 100), span("b", "a", 10, 60), span("c", "a", 40, 80), span("d", "a", 45, 50)},
			[]string{"a 0+100(30)", "  b 10+50(50)", "  c 40+40(40)", "  d 45+5(5)"},
		},
		"children outside their parent": {
			[]Span{span("a", "", 10, 20), span("b", "a", 0, 15), span("c", "a", 18, 40)},
			[]string{"a 10+10(3)", "  b 0+15(15)", "  c 18+22(22)"},
		},
		"of two that start together the longer one is first": {
			[]Span{span("a", "", 0, 10), span("b", "", 0, 20)},
			[]string{"b 0+20(20)", "a 0+10(10)"},
		},
		"missing parent":                 {[]Span{span("a", "", 0, 10), span("b", "gone", 2, 4)}, []string{"a 0+10(10)", "b 2+2(2) orphan"}},
		"a segment's parent is far away": {[]Span{segment}, []string{"s 0+10(10)"}},
		"its own parent":                 {[]Span{span("a", "a", 0, 10)}, []string{"a 0+10(10) orphan"}},
		"a circle": {
			[]Span{span("a", "b", 0, 10), span("b", "a", 1, 9)},
			[]string{"a 0+10(2) orphan", "  b 1+8(8)"},
		},
		"an id that comes twice": {
			[]Span{span("a", "", 0, 10), span("a", "", 5, 8), span("b", "a", 6, 7)},
			[]string{"a 0+10(9)", "  b 6+1(1)", "a 5+3(3)"},
		},
		"ends before it starts": {[]Span{span("a", "", 10, 5), span("b", "a", 11, 12)}, []string{"a 0+0(0)", "  b 1+1(1)"}},
		"without times":         {[]Span{span("a", "", 0, 10), noTimes}, []string{"a 0+10(10)", "  x 0+0(0)"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, picture(Build(tt.spans))) })
	}
}

func TestChildrenAreCounted(t *testing.T) {
	w := Build([]Span{span("a", "", 0, 10), span("b", "a", 1, 2), span("c", "a", 3, 4), span("d", "c", 3, 4)})
	assert.Equal(t, []int{2, 0, 1, 0}, []int{w.Rows[0].Children, w.Rows[1].Children, w.Rows[2].Children, w.Rows[3].Children})
	assert.EqualValues(t, 10, w.Duration)
	assert.Equal(t, epoch, w.Start)
}

func TestBreakdown(t *testing.T) {
	w := Build([]Span{span("http1", "", 0, 100), span("db1", "http1", 10, 40), span("db2", "http1", 50, 80), {SpanID: "z", ParentSpanID: "http1", Start: epoch, End: epoch}})
	assert.Equal(t, []Share{
		{Op: "d", Self: 60, Spans: 2, Part: 0.6},
		{Op: "h", Self: 40, Spans: 1, Part: 0.4},
		{Op: "default", Self: 0, Spans: 1, Part: 0},
	}, w.Breakdown)
	assert.Empty(t, Build(nil).Breakdown)
	assert.Zero(t, Build([]Span{span("a", "", 5, 5)}).Breakdown[0].Part, "no time at all divides by nothing")
}

func TestDeepChainsAreNoRecursion(t *testing.T) {
	const depth = 200_000
	spans := make([]Span, depth)
	for i := range spans {
		spans[i] = Span{SpanID: strconv.Itoa(i), ParentSpanID: strconv.Itoa(i - 1), Start: epoch, End: epoch.Add(time.Duration(depth-i) * time.Millisecond)}
	}
	spans[0].ParentSpanID = ""
	w := Build(spans)
	require.Len(t, w.Rows, depth)
	assert.Equal(t, depth-1, w.Rows[depth-1].Depth)
}

func TestEverySpanIsDrawnOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		spans := make([]Span, random.IntN(12))
		for i := range spans {
			spans[i] = span(strconv.Itoa(random.IntN(8)), strconv.Itoa(random.IntN(10)), random.IntN(20), random.IntN(20))
			spans[i].Ref.Index = i
		}
		w := Build(spans)
		seen := map[int]bool{}
		for i, r := range w.Rows {
			assert.False(t, seen[r.Ref.Index])
			seen[r.Ref.Index] = true
			assert.GreaterOrEqual(t, r.Self, 0.0)
			assert.LessOrEqual(t, r.Self, r.Duration)
			assert.GreaterOrEqual(t, r.Offset, 0.0)
			if i > 0 {
				assert.LessOrEqual(t, r.Depth, w.Rows[i-1].Depth+1)
			}
		}
		assert.Len(t, seen, len(spans))
	}
}

func TestBelow(t *testing.T) {
	other := span("o", "b", 3, 4)
	other.Segment = true
	spans := []Span{span("c", "b", 2, 3), span("a", "", 0, 10), span("b", "a", 1, 9), other, span("p", "o", 3, 4), span("z", "gone", 0, 1)}
	ids := func(list []Span) (out []string) {
		for _, s := range list {
			out = append(out, s.SpanID)
		}
		return out
	}
	assert.Equal(t, []string{"a", "b", "c"}, ids(Below(spans, "a")), "as far as the next segment")
	assert.Equal(t, []string{"o", "p"}, ids(Below(spans, "o")))
	assert.Equal(t, []string{"a", "b"}, ids(Below([]Span{span("a", "b", 0, 1), span("b", "a", 0, 1)}, "a")), "circles end")
	assert.Empty(t, Below(spans, "nothing"))
}
