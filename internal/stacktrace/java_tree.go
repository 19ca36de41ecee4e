package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// javaMaxFrames is io.sentry's limit for one exception (SentryStackTraceFactory): the innermost ones.
const javaMaxFrames = 100

// javaTree turns what a walk found into exceptions.
type javaTree struct {
	*javaWalk
	first, next []int // each node's first suppressed exception, and the next one of the same owner; -1: none
	cause       []int
	total       []int // how many frames a node has in all
}

// javaExceptions gives the exceptions in Sentry's order, innermost cause first. Ids count as io.sentry hands them out, depth first: an exception,
// what is suppressed in it (each with its own), its cause. A list is the reverse of its ids.
func javaExceptions(w *javaWalk, in Input) []sentry.Exception {
	t := javaTree{javaWalk: w}
	t.children()
	order, parents := t.order()
	t.measure()
	out := make([]sentry.Exception, len(order))
	for id, i := range order {
		e := &out[len(order)-1-id]
		node := &t.nodes[i]
		thrown := id == 0
		if thrown {
			*e = javaNamed(in, t.head(i))
		} else {
			*e = javaNamed(Input{}, t.head(i))
		}
		e.Frames = t.frames(i)
		e.Mechanism = &sentry.Mechanism{Type: "chained", HasID: true, ExceptionID: id, HasParent: !thrown, ParentID: max(parents[id], 0)}
		switch {
		case thrown && w.uncaught:
			e.Mechanism.Type, e.Mechanism.Handled = "UncaughtExceptionHandler", sentry.False
		case thrown:
			e.Mechanism.Type = "generic"
		case node.suppressed:
			e.Mechanism.Type = "suppressed"
		}
	}
	return out
}

// children lists each node's suppressed exceptions and its cause.
func (t *javaTree) children() {
	links := make([]int, 3*len(t.nodes))
	for i := range links {
		links[i] = -1
	}
	n := len(t.nodes)
	t.first, t.next, t.cause = links[:n], links[n:2*n], links[2*n:]
	for i := n - 1; i >= 0; i-- {
		switch owner := t.nodes[i].owner; {
		case owner < 0:
		case t.nodes[i].suppressed:
			t.next[i], t.first[owner] = t.first[owner], i
		default:
			t.cause[owner] = i
		}
	}
}

// order walks the tree from the thrown exception. Where the text only names an exception that is its own ancestor, the thrown one stands there
// once more, and others not at all: the SDK wraps the thrown one to say how it was caught, and so meets it twice.
func (t *javaTree) order() (order, parents []int) {
	root := t.top.node
	order, parents = make([]int, 0, min(len(t.nodes), MaxExceptions)), make([]int, 0, min(len(t.nodes), MaxExceptions))
	type visit struct{ node, parent int }
	stack := []visit{{root, -1}}
	again := false
	for len(stack) > 0 && len(order) < MaxExceptions {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		i := v.node
		if t.nodes[i].circular {
			if again || i == root || t.head(i) != t.head(root) {
				continue
			}
			again = true
		}
		id := len(order)
		order, parents = append(order, i), append(parents, v.parent)
		if t.cause[i] >= 0 {
			stack = append(stack, visit{t.cause[i], id})
		}
		from := len(stack)
		for s := t.first[i]; s >= 0 && len(stack)-from < MaxExceptions; s = t.next[s] {
			stack = append(stack, visit{s, id})
		}
		for a, b := from, len(stack)-1; a < b; a, b = a+1, b-1 {
			stack[a], stack[b] = stack[b], stack[a]
		}
	}
	return order, parents
}

// head is what a node's toString printed.
func (t *javaTree) head(i int) string {
	node := &t.nodes[i]
	s := t.text[node.head:node.headEnd]
	if node.circular {
		s = strings.TrimSuffix(strings.TrimRight(s, " \t"), "]")
	}
	return s
}

// own is the range of rows that are printed below the node's head.
func (t *javaTree) own(i int) []javaRow {
	end := len(t.rows)
	if i+1 < len(t.nodes) {
		end = t.nodes[i+1].rows
	}
	return t.rows[t.nodes[i].rows:end]
}

// measure counts the frames of each exception.
func (t *javaTree) measure() {
	t.total = make([]int, len(t.nodes))
	for i := range t.nodes {
		for _, r := range t.own(i) {
			t.total[i] += max(r.count, 1)
		}
	}
}

// common is how many frames the node shares with the exception around it and does not print.
func (t *javaTree) common(i int) int {
	if own := t.own(i); len(own) > 0 && own[len(own)-1].common {
		return own[len(own)-1].count
	}
	return 0
}

// frames gives a node's frames, outermost call first, with those that its text leaves to the exception around it.
func (t *javaTree) frames(i int) []sentry.Frame {
	if t.nodes[i].circular {
		i = t.top.node
	}
	rows := t.collect(i)
	if len(rows) == 0 {
		return nil
	}
	frames := make([]sentry.Frame, len(rows))
	for k, r := range rows {
		c, _ := javaParseCall(t.text[r.at:r.end], false)
		frames[len(rows)-1-k] = JavaFrame(c.class, c.method, c.file, c.line, c.native)
	}
	return frames
}

// collect lists the innermost frames of a node as rows, at most javaMaxFrames, following "... n more" to the enclosing exceptions.
func (t *javaTree) collect(i int) []javaRow {
	rows := make([]javaRow, 0, min(len(t.own(i)), javaMaxFrames))
	skip := 0 // frames of i that lie further in than the ones wanted
	for hops := 0; i >= 0 && hops <= len(t.nodes); hops++ {
		for _, r := range t.own(i) {
			n := max(r.count, 1)
			if r.common {
				break
			}
			if skip >= n {
				skip -= n
				continue
			}
			skip = 0
			if r.end > 0 && !javaOwnFrame(t.text[r.at:r.end]) {
				if rows = append(rows, r); len(rows) == javaMaxFrames {
					return rows
				}
			}
		}
		n := t.common(i)
		if n == 0 {
			break
		}
		around := t.around(i, n)
		if around < 0 {
			break
		}
		skip += t.total[around] - n
		i = around
	}
	return rows
}

// around is the exception whose last n frames are the node's last ones: the one that it is the cause of or suppressed in. Log4j before 2.25 counts
// against the thrown one. Which of the two it was shows in the frame before: what is called from the last common frame is one method, at two of
// its lines; were it the same line, more frames would be common.
func (t *javaTree) around(i, n int) int {
	owner, root := t.nodes[i].owner, t.top.node
	if owner < 0 {
		return -1
	}
	if len(t.own(i)) == 1 && t.total[root] == n && t.head(i) == t.head(root) {
		return root // so it prints a ring of causes
	}
	call, line := t.meets(i, owner, n)
	if root == owner || call && !line {
		return t.holding(owner, n)
	}
	rootCall, rootLine := t.meets(i, root, n)
	if t.total[owner] < n || line && !rootLine || t.packaged(i) && rootCall && !rootLine {
		return t.holding(root, n)
	}
	return t.holding(owner, n)
}

// holding is the node, or -1 where it has fewer than n frames.
func (t *javaTree) holding(node, n int) int {
	if t.total[node] < n {
		return -1
	}
	return node
}

// packaged reports whether the node's frames name their jars, as Log4j's do and the JDK's do not.
func (t *javaTree) packaged(i int) bool {
	own := t.own(i)
	return len(own) > 1 && own[0].end > 0 && t.text[own[0].end-1] == ']'
}

// meets compares the node's last printed frame with the one before the last n of another node: are they in the same method, on the same line?
func (t *javaTree) meets(i, other, n int) (method, line bool) {
	own := t.own(i)
	place := t.total[other] - n - 1
	if len(own) < 2 || own[len(own)-2].end == 0 || place < 0 {
		return false, false
	}
	for _, r := range t.own(other) {
		if place -= max(r.count, 1); place >= 0 {
			continue
		}
		if r.end == 0 {
			break
		}
		last := own[len(own)-2]
		a, _ := javaParseCall(t.text[r.at:r.end], false)
		b, _ := javaParseCall(t.text[last.at:last.end], false)
		method = a.class == b.class && a.method == b.method
		return method, method && a.file == b.file && a.line == b.line
	}
	return false, false
}

// javaOwnFrame reports whether a frame is the SDK's own: io.sentry drops those.
func javaOwnFrame(s string) bool {
	const sdk = "io.sentry."
	if !strings.Contains(s, sdk) {
		return false
	}
	c, _ := javaParseCall(s, false)
	return strings.HasPrefix(c.class, sdk) && !strings.HasPrefix(c.class, "io.sentry.samples.") && !strings.HasPrefix(c.class, "io.sentry.mobile.")
}
