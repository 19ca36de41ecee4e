// Package waterfall puts spans into the order in which a person reads them, and says where the time went.
//
// In: the spans of a transaction or of a whole trace, in any order, with parents that may be missing, repeated or going in circles.
// Out: rows in depth-first order, each with its offset, duration and self time; and the self time summed up by op.
// It must not know: JSON payloads, the store, HTTP, the clock.
package waterfall

import (
	"cmp"
	"slices"
	"time"
)

// Span is one span to place.
type Span struct {
	SpanID       string
	ParentSpanID string
	Op           string
	Name         string
	Status       string
	Origin       string
	Start, End   time.Time
	// Segment marks a transaction, or a streamed span that is one.
	Segment bool
	// Ref is the caller's: it comes back in the row.
	Ref Ref
}

// Ref says where the rest of a span is to be found.
type Ref struct {
	// EventID of the transaction that holds the span; "" for a streamed span.
	EventID string `json:"eventID,omitempty"`
	// Index in the transaction's spans, -1 for the transaction itself; for a streamed span its number in the inbox.
	Index int `json:"index"`
	// ProjectID of the envelope it came in.
	ProjectID string `json:"projectID"`
}

// Row is one line of the waterfall. Times are in milliseconds.
type Row struct {
	SpanID       string `json:"spanID"`
	ParentSpanID string `json:"parentSpanID,omitempty"`
	Op           string `json:"op"`
	Name         string `json:"name"`
	Status       string `json:"status,omitempty"`
	Origin       string `json:"origin,omitempty"`
	Segment      bool   `json:"segment,omitempty"`
	// Orphan marks a span whose parent did not come.
	Orphan   bool `json:"orphan,omitempty"`
	Depth    int  `json:"depth"`
	Children int  `json:"children"`
	// Offset is counted from the start of the waterfall.
	Offset   float64 `json:"offset"`
	Duration float64 `json:"duration"`
	// Self is the part of the duration in which no child was running.
	Self float64 `json:"self"`
	Ref  Ref     `json:"ref"`
}

// Share is the time that spans of one op took by themselves.
type Share struct {
	Op    string  `json:"op"`
	Self  float64 `json:"self"`
	Spans int     `json:"spans"`
	// Part of all self time, 0 to 1. Spans that ran side by side count each.
	Part float64 `json:"part"`
}

// Waterfall is what is drawn.
type Waterfall struct {
	Start     time.Time `json:"start"`
	Duration  float64   `json:"duration"`
	Rows      []Row     `json:"rows"`
	Breakdown []Share   `json:"breakdown"` // largest first
}

// Build places the spans. It takes O(n log n) time.
func Build(spans []Span) Waterfall {
	w := Waterfall{Rows: make([]Row, 0, len(spans)), Breakdown: []Share{}}
	if len(spans) == 0 {
		return w
	}
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b Span) int {
		return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End)) // of two that start together the longer one is outside
	})
	var end time.Time
	w.Start, end = bounds(spans)
	w.Duration = ms(end.Sub(w.Start))

	t := newTree(spans)
	for _, root := range t.roots {
		t.walk(root, &w)
	}
	for i := range spans {
		if !t.seen[i] { // what is left hangs in circles, or below one
			t.walk(t.cutCircle(i), &w)
		}
	}
	w.Breakdown = breakdown(w.Rows)
	return w
}

// Below gives a span and those under it as far as the next segments: what one service did for one call.
func Below(spans []Span, root string) []Span {
	children := map[string][]int{}
	var list []Span
	for i := range spans {
		if spans[i].SpanID == root && list == nil {
			list = append(list, spans[i])
		} else if !spans[i].Segment {
			children[spans[i].ParentSpanID] = append(children[spans[i].ParentSpanID], i)
		}
	}
	for at := 0; at < len(list); at++ {
		id := list[at].SpanID
		for _, child := range children[id] {
			list = append(list, spans[child])
		}
		delete(children, id) // an id that comes twice, or a circle, has no children the second time
	}
	return list
}

// bounds leaves out spans without times: they are drawn at the start, with no length.
func bounds(spans []Span) (start, end time.Time) {
	for i := range spans {
		if s := spans[i].Start; !s.IsZero() && (start.IsZero() || s.Before(start)) {
			start = s
		}
		if e := spans[i].End; e.After(end) {
			end = e
		}
	}
	if end.Before(start) {
		end = start
	}
	return start, end
}

// tree holds indexes into the sorted spans, so children are in order of their start.
type tree struct {
	spans    []Span
	children [][]int
	parent   []int // -1: none
	roots    []int
	orphan   []bool
	seen     []bool
}

func newTree(spans []Span) *tree {
	t := &tree{
		spans:    spans,
		children: make([][]int, len(spans)),
		parent:   make([]int, len(spans)),
		orphan:   make([]bool, len(spans)),
		seen:     make([]bool, len(spans)),
	}
	byID := make(map[string]int, len(spans))
	for i := range spans {
		if _, repeated := byID[spans[i].SpanID]; !repeated {
			byID[spans[i].SpanID] = i
		}
	}
	for i := range spans {
		parent, found := byID[spans[i].ParentSpanID]
		t.parent[i] = -1
		switch {
		case spans[i].ParentSpanID == "":
			t.roots = append(t.roots, i)
		case !found:
			// The parent of a segment is in another service, which may not report here: that is no gap.
			t.orphan[i] = !spans[i].Segment
			t.roots = append(t.roots, i)
		default:
			t.parent[i] = parent
			t.children[parent] = append(t.children[parent], i)
		}
	}
	return t
}

// cutCircle finds the circle above a span and makes its first span an orphan. Parents lead nowhere else from what no root leads to.
func (t *tree) cutCircle(from int) int {
	slow, fast := t.parent[from], t.parent[t.parent[from]]
	for slow != fast {
		slow, fast = t.parent[slow], t.parent[t.parent[fast]]
	}
	first := slow
	for at := t.parent[slow]; at != slow; at = t.parent[at] {
		first = min(first, at) // the spans are sorted by their start
	}
	above := t.parent[first]
	t.children[above] = slices.DeleteFunc(t.children[above], func(child int) bool { return child == first })
	t.orphan[first] = true
	return first
}

// walk appends a span and all below it. Depth is only bounded by the number of spans, hence no recursion.
func (t *tree) walk(root int, w *Waterfall) {
	type step struct{ span, depth int }
	stack := []step{{root, 0}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.seen[at.span] {
			continue
		}
		t.seen[at.span] = true
		children := t.children[at.span]
		w.Rows = append(w.Rows, t.row(at.span, at.depth, w.Start))
		for _, child := range slices.Backward(children) {
			stack = append(stack, step{child, at.depth + 1})
		}
	}
}

func (t *tree) row(i, depth int, start time.Time) Row {
	s := &t.spans[i]
	r := Row{
		SpanID: s.SpanID, ParentSpanID: s.ParentSpanID,
		Op: s.Op, Name: s.Name, Status: s.Status, Origin: s.Origin, Segment: s.Segment,
		Orphan: t.orphan[i], Depth: depth, Children: len(t.children[i]), Ref: s.Ref,
	}
	if !s.Start.IsZero() {
		r.Offset = ms(s.Start.Sub(start))
	}
	r.Duration = ms(duration(s))
	r.Self = ms(t.self(i))
	return r
}

func duration(s *Span) time.Duration {
	if s.Start.IsZero() || s.End.Before(s.Start) {
		return 0
	}
	return s.End.Sub(s.Start)
}

// self sweeps over the children, which are in order of their start.
func (t *tree) self(i int) time.Duration {
	s := &t.spans[i]
	self, covered := duration(s), s.Start
	if self == 0 {
		return 0
	}
	for _, c := range t.children[i] {
		from, to := t.spans[c].Start, t.spans[c].End
		if from.Before(covered) {
			from = covered
		}
		if to.After(s.End) {
			to = s.End
		}
		if to.After(from) {
			self -= to.Sub(from)
			covered = to
		}
	}
	return self
}

func breakdown(rows []Row) []Share {
	total := 0.0
	byOp := map[string]*Share{}
	for i := range rows {
		op := rows[i].Op
		if op == "" {
			op = "default" // Relay's word for a span without op
		}
		share := byOp[op]
		if share == nil {
			share = &Share{Op: op}
			byOp[op] = share
		}
		share.Self += rows[i].Self
		share.Spans++
		total += rows[i].Self
	}
	shares := make([]Share, 0, len(byOp))
	for _, share := range byOp {
		if total > 0 {
			share.Part = share.Self / total
		}
		shares = append(shares, *share)
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Self, a.Self), cmp.Compare(a.Op, b.Op))
	})
	return shares
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
