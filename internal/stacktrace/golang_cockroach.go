package stacktrace

import (
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// github.com/cockroachdb/errors, `%+v`: the whole message, then every wrapper with a number, outermost first, and at the end
// the types. The only text of Go that has them all.
//
//	load 7: shard lost
//	(1) attached stack trace
//	  -- stack trace:
//	  | example.org/depot.Load
//	  | 	/app/depot.go:43
//	  | [...repeated from below...]
//	Wraps: (2) load 7
//	Wraps: (3) attached stack trace
//	...
//	Wraps: (4) shard lost
//	Error types: (1) *withstack.withStack (2) *errutil.withPrefix (3) *withstack.withStack (4) *errutil.leafError
//
// Errors with several causes draw a tree, the last cause first: `└─ Wraps: (3) ...`, one level deeper by two blanks.

// cockroach finds the beginning above the first call.
func (sc golangScanner) cockroach(t golangText, line golangLine) (golangFound, bool) {
	begin := line.begin
	for {
		above, ok := golangBefore(t, begin, sc.floor)
		if !ok {
			return golangFound{}, false
		}
		begin = above.begin
		if strings.HasPrefix(above.text, "(1)") && above.indent == 0 {
			break
		}
		if golangStamped(above.text) {
			return golangFound{}, false
		}
	}
	f := golangFound{form: golangCockroachForm, start: begin, t: t}
	f.t.pos = begin
	for n := 0; n < golangMaxMessageLines; n++ {
		above, ok := golangBefore(t, begin, sc.floor)
		if !ok || above.text == "" {
			break
		}
		begin = above.begin
		if f.start = above.start; !sc.whole && golangStamped(above.text) {
			f.start += golangAfterStamp(above.text)
			break
		}
	}
	f.value = golangTrimEnd(t.s[f.start:f.t.pos], t.escaped)
	return f, true
}

// golangCockroachLayer is one numbered wrapper.
type golangCockroachLayer struct {
	golangLayer
	cut    bool // the stack goes on as the next one does
	depth  int  // in the tree of causes
	parent int  // the layer that wraps it, or -1
	causes int
}

// golangCockroachLayers reads the wrappers if layers is not nil, and the types. end is behind the last line.
func golangCockroachLayers(t golangText, layers *[]golangCockroachLayer, types *string) (end int) {
	for end = t.pos; ; {
		line, ok := t.next()
		if !ok {
			return end
		}
		text, branch := strings.CutPrefix(line.text, "└─ ")
		switch {
		case line.text == "":
			continue
		case branch || line.indent == 0 && (strings.HasPrefix(text, "(1)") || strings.HasPrefix(text, "Wraps: (")):
			if layers != nil {
				golangCockroachAdd(layers, line, text, branch)
			}
		case line.indent > 0:
			if layers != nil && len(*layers) > 0 {
				(*layers)[len(*layers)-1].detail(t, line)
			}
		case strings.HasPrefix(text, "Error types: "):
			*types = text[len("Error types: "):]
			return line.end
		default:
			return end
		}
		end = line.end
	}
}

// golangCockroachMax bounds the wrappers that are read; of a longer chain the innermost are missing.
const golangCockroachMax = 4 * MaxExceptions

func golangCockroachAdd(layers *[]golangCockroachLayer, line golangLine, text string, branch bool) {
	if len(*layers) == golangCockroachMax {
		return
	}
	_, message, _ := strings.Cut(text, ")")
	l := golangCockroachLayer{golangLayer: golangLayer{message: strings.TrimPrefix(message, " "), start: line.start}, parent: len(*layers) - 1}
	if branch {
		l.depth = line.indent/2 + 1
		for l.parent > 0 && (*layers)[l.parent].depth >= l.depth {
			l.parent = (*layers)[l.parent].parent
		}
	}
	if l.parent >= 0 {
		(*layers)[l.parent].causes++
	}
	*layers = append(*layers, l)
}

// detail takes a line below a wrapper's first: the title of its stack, a further line of its text. t is behind the line.
func (l *golangCockroachLayer) detail(t golangText, line golangLine) {
	if line.text != "-- stack trace:" || line.indent != 2*max(1, l.depth) {
		if line.indent == 2*max(1, l.depth)+2 && !l.hasStack && len(l.message) < golangCockroachText {
			l.message += "\n" + line.text
		}
		return
	}
	if next, ok := t.peek(); !ok || next.indent != line.indent+2 {
		return
	}
	l.stack, l.hasStack = golangStack{t: t, shape: golangBare}, true
	st := l.stack
	st.drain()
	after, _ := st.t.peek()
	l.cut = strings.HasPrefix(after.text, "[...repeated from below")
}

// golangCockroachText bounds a wrapper's text of several lines, in bytes.
const golangCockroachText = 4 << 10

func golangCockroachEnd(f golangFound) int {
	var types string
	return golangCockroachLayers(f.t, nil, &types)
}

func golangCockroachParse(in Input, f golangFound) Trace {
	var layers []golangCockroachLayer
	var types string
	golangCockroachLayers(f.t, &layers, &types)
	whole := f.t.string(f.value)
	if in.Message != "" {
		whole = in.Message
	}
	errs := make([]sentry.Exception, len(layers))
	inner := make([]string, len(layers)) // the value of what layer i wraps
	var below []golangCall               // of the next stack
	for i := len(layers) - 1; i >= 0; i-- {
		l := layers[i]
		e := &errs[i]
		e.Type, e.Value = golangNumbered(types, i+1), golangCockroachValue(whole, inner[i], f.t.string(l.message), l)
		if l.parent >= 0 {
			inner[l.parent] = e.Value
		}
		if l.hasStack {
			calls := golangCalls(l.stack)
			if l.cut {
				calls = golangShared(calls, below)
			}
			below, e.Frames = calls, golangCallFrames(calls)
		}
	}
	var tr Trace
	if len(layers) > 0 {
		if i := strings.LastIndex(f.value, errs[0].Value); i > 0 && errs[0].Value != "" {
			tr.Start = f.start + i // what stands before is the app's
		}
	}
	tr.Exceptions = golangCockroachOrder(layers, errs)
	golangThrown(in, &tr)
	return tr
}

// golangCockroachOrder numbers the errors depth first, as sentry-go does, and puts the last of them first.
func golangCockroachOrder(layers []golangCockroachLayer, errs []sentry.Exception) []sentry.Exception {
	order := make([]int, 0, len(layers)) // layers by id
	id := make([]int, len(layers))
	var walk func(i int)
	walk = func(i int) {
		id[i] = len(order)
		order = append(order, i)
		m := &sentry.Mechanism{Type: "generic", HasID: true, ExceptionID: id[i], IsExceptionGroup: layers[i].causes > 1}
		if p := layers[i].parent; p >= 0 {
			m.Type, m.Source, m.HasParent, m.ParentID = "chained", "unwrap", true, id[p]
		}
		errs[i].Mechanism = m
		for n, j := 0, len(layers)-1; j > i; j-- { // the last cause is printed first
			if layers[j].parent != i {
				continue
			}
			if len(order) < MaxExceptions {
				walk(j)
				if layers[i].causes > 1 {
					errs[j].Mechanism.Source = "errors[" + strconv.Itoa(n) + "]"
				}
			}
			n++
		}
	}
	if len(layers) > 0 {
		walk(0)
	}
	out := make([]sentry.Exception, 0, len(order))
	for i := len(order) - 1; i >= 0; i-- {
		out = append(out, errs[order[i]])
	}
	if len(out) == 1 {
		out[0].Mechanism = nil
	}
	return out
}

// golangCockroachValue is Error() of a layer: what it wraps, with its own text in front if it is a prefix. Hints, details and
// stacks add nothing; the whole message tells which it is.
func golangCockroachValue(whole, inner, text string, l golangCockroachLayer) string {
	switch {
	case inner == "" || l.causes > 1:
		return text
	case strings.HasPrefix(text, "attached stack trace"):
		return inner
	}
	if outer := text + ": " + inner; strings.HasSuffix(whole, outer) || l.depth > 0 && strings.Contains(whole, outer) {
		return outer
	}
	return inner
}

// golangNumbered finds the n-th of `(1) *a.T (2) *b.T`.
func golangNumbered(types string, n int) string {
	for types != "" {
		i := strings.IndexByte(types, ')')
		if i < 1 || types[0] != '(' {
			return ""
		}
		this, rest := types[1:i], strings.TrimPrefix(types[i+1:], " ")
		typ, next, _ := strings.Cut(rest, " (")
		if golangDigits(this) == len(this) && len(this) <= 6 && golangAtoi(this) == n {
			return typ
		}
		if types = next; next != "" {
			types = rest[len(typ)+1:]
		}
	}
	return ""
}

func golangAtoi(digits string) (n int) {
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

// golangCalls reads the newest MaxFrames calls.
func golangCalls(st golangStack) []golangCall {
	var calls []golangCall
	for len(calls) < MaxFrames {
		call, ok := st.next()
		if !ok {
			break
		}
		calls = append(calls, call)
	}
	return calls
}

// golangShared adds the calls that both stacks have: those behind the one that runs in the same function, which is where the
// two part; else as many as the inner one has more.
func golangShared(own, inner []golangCall) []golangCall {
	if len(own) == 0 {
		return own
	}
	at := min(len(own), len(inner))
	for i, c := range inner {
		if c.function == own[len(own)-1].function {
			at = i + 1
			break
		}
	}
	return append(own, inner[at:]...)
}
