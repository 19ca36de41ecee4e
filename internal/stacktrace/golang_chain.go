package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// github.com/pkg/errors, pingcap/errors, emperror: `%+v` prints the root error first, each layer's message on a line and, where
// the layer has one, its stack below:
//
//	root            errors.New: *fundamental, with a stack. An error of another package: none
//	  calls
//	message         WithMessage: no stack. Wrap: WithMessage, then WithStack, hence a stack
//	  calls
//
// sentry-go makes an exception of each layer, two of a Wrap, each with its own stack; values are the layers' Error(), so outer
// ones hold the inner ones. A stack that is no error's, because a logger appended the place of its call (zap, hclog), leaves
// the last call out, which is runtime.goexit.

// golangCallers is the most calls that pkg/errors keeps: such a stack need not reach runtime.goexit.
const golangCallers = 32

// golangLayer is one message, one stack, or both.
type golangLayer struct {
	message  string // as in the text
	start    int
	stack    golangStack
	hasStack bool
}

// golangOwnStack reports whether the stack is an error's own.
func golangOwnStack(st golangStack) bool {
	n, last := st.drain()
	return last.function == "runtime.goexit" || n == golangCallers
}

// chain finds where the trace with the call at the given line begins: at the call, or at the root error's message above it.
func (sc golangScanner) chain(at golangText, line golangLine) golangFound {
	f := golangFound{form: golangCallerForm, start: line.begin, t: at, indent: line.indent}
	if !golangOwnStack(golangStack{t: at, shape: golangBare}) {
		return f
	}
	f.form = golangChainForm
	begin := line.begin
	for n := 0; n < golangMaxMessageLines; n++ {
		above, ok := golangBefore(at, begin, sc.floor)
		if !ok || above.text == "" || above.indent < line.indent || golangSourceLine(above.text) || golangRule(above.text) {
			break
		}
		begin = above.begin
		if f.start = above.start; sc.whole {
			continue
		}
		if i := golangAfterStamp(above.text); i > 0 || golangStamped(above.text) {
			f.start += i
			break
		}
	}
	if begin == line.begin {
		return f // nothing above: the message is a field's
	}
	if !sc.whole {
		first, _ := golangText{s: at.s, pos: f.start, escaped: at.escaped}.peek()
		f.start += golangAfterIntro(first.text)
	}
	f.t.pos = f.start
	return f
}

// golangChain walks the layers, root first.
type golangChain struct {
	t      golangText
	end    int  // offset after the last line that belongs to the chain
	indent int  // of messages and calls
	stack  bool // one was read
	over   bool
	// merge takes all lines above a stack for one message. pkg/errors marks neither a message of two lines nor an error whose
	// message stands alone; the second is far more usual (Wrap of an error without a stack).
	merge bool
}

// next reads a layer; false at the end of the chain.
func (c *golangChain) next() (l golangLayer, ok bool) {
	if c.over {
		return l, false
	}
	st := golangStack{t: c.t, shape: golangBare}
	if _, _, ok := golangReadCall(c.t, golangBare); ok { // WithStack, or a stack without its error's message
		return c.finish(golangLayer{stack: st, hasStack: true}, st)
	}
	if c.stack && !c.goesOn() {
		c.over = true
		return l, false
	}
	for {
		at := c.t
		line, more := c.t.next()
		if !more || l.message != "" && line.indent <= c.indent && line.text != "" && !c.merge {
			c.t = at
			return l, l.message != ""
		}
		if l.message == "" {
			l.start = line.start
		}
		l.message, c.end = c.t.s[l.start:max(l.start, line.end)], line.end
		if _, _, ok := golangReadCall(c.t, golangBare); ok && l.message != "" {
			l.stack, l.hasStack = golangStack{t: c.t, shape: golangBare}, true
			return c.finish(l, l.stack)
		}
	}
}

// finish reads over a layer's stack. One that is no error's belongs to no layer and ends the chain.
func (c *golangChain) finish(l golangLayer, st golangStack) (golangLayer, bool) {
	n, last := st.drain()
	own := last.function == "runtime.goexit" || n == golangCallers
	c.t, c.end = st.t, st.end
	c.over = !own
	if !own && c.stack {
		l.stack, l.hasStack = golangStack{}, false
		return l, l.message != ""
	}
	c.stack = true
	return l, true
}

// goesOn looks whether what follows a stack are messages of further layers: lines up to another stack, or, for layers without
// one, a few lines up to the end of the text.
func (c *golangChain) goesOn() bool {
	for t, n := c.t, 0; ; n++ {
		if _, _, ok := golangReadCall(t, golangBare); ok {
			return n > 0
		}
		line, ok := t.next()
		if !ok {
			return n > 0 && n <= golangMaxTrailing
		}
		if line.text == "" || line.indent < c.indent || n > golangMaxMessageLines || golangRule(line.text) || golangStamped(line.text) || strings.HasPrefix(line.text, "exit status ") ||
			line.text == ">" || strings.HasPrefix(line.text, "goroutine ") {
			return false
		}
	}
}

// golangMaxTrailing is how many lines at the end of a text may be the messages of layers without a stack.
const golangMaxTrailing = 3

func golangChainEnd(f golangFound) int {
	c := golangChain{t: f.t, end: f.t.pos, indent: f.indent}
	for {
		if _, ok := c.next(); !ok {
			return c.end
		}
	}
}

// golangChainLayers reads the newest MaxExceptions layers; root tells whether the first is among them.
func golangChainLayers(f golangFound, merge bool) (layers []golangLayer, root bool) {
	c := golangChain{t: f.t, end: f.t.pos, indent: f.indent, merge: merge}
	root = true
	for {
		l, ok := c.next()
		if !ok {
			return layers, root
		}
		if len(layers) == MaxExceptions {
			layers, root = layers[:copy(layers, layers[1:])], false
		}
		layers = append(layers, l)
	}
}

// golangChainParse makes the exceptions of a chain, the newest MaxExceptions of its layers' errors.
func golangChainParse(in Input, f golangFound) Trace {
	layers, root := golangChainLayers(f, false)
	value := golangChainValue(in, f.t, layers)
	if in.Message != "" && value.text != in.Message {
		merged, mergedRoot := golangChainLayers(f, true)
		if v := golangChainValue(in, f.t, merged); v.text == in.Message {
			layers, root, value = merged, mergedRoot, v
		}
	}
	var tr Trace
	if root && len(layers) > 0 && value.root > 0 {
		tr.Start = layers[0].start + value.root
	}
	for i, l := range layers {
		e := sentry.Exception{Value: value.of(i)}
		if i == 0 && root {
			if l.hasStack {
				e.Type, e.Frames = "*errors.fundamental", golangFrames(l.stack)
			}
			tr.Exceptions = append(tr.Exceptions, e)
			continue
		}
		if l.message != "" {
			e.Type = "*errors.withMessage"
			tr.Exceptions = append(tr.Exceptions, e)
		}
		if l.hasStack {
			e.Type, e.Frames = "*errors.withStack", golangFrames(l.stack)
			tr.Exceptions = append(tr.Exceptions, e)
		}
	}
	tr.Exceptions = golangNewest(tr.Exceptions)
	golangChainIDs(tr.Exceptions, "unwrap")
	golangThrown(in, &tr)
	return tr
}

// golangNewest keeps the last MaxExceptions.
func golangNewest(chain []sentry.Exception) []sentry.Exception {
	return chain[max(0, len(chain)-MaxExceptions):]
}

// golangValues are the values of a chain's layers. Each ends as the ones inside it, so that one text holds all.
type golangValues struct {
	text string
	at   []int // where layer i's value begins
	root int   // how much of the root's message in the text was the app's, not the error's
}

func (v golangValues) of(i int) string { return v.text[v.at[i]:] }

// golangChainValue joins the layers' messages, outermost first. What a field says of the outermost error tells how much of the
// root's line is its message: without it the app's own words before it cannot always be told apart.
func golangChainValue(in Input, t golangText, layers []golangLayer) golangValues {
	v := golangValues{at: make([]int, len(layers))}
	var b strings.Builder
	first := true
	for i := len(layers) - 1; i >= 0; i-- {
		v.at[i] = b.Len()
		if layers[i].message == "" {
			continue
		}
		if !first {
			b.WriteString(": ")
			v.at[i] = b.Len()
		}
		first = false
		b.WriteString(t.string(layers[i].message))
	}
	v.text = b.String()
	for i := len(layers) - 1; i > 0; i-- { // a stack without a message has the value of what it wraps
		if layers[i].message == "" {
			v.at[i] = -1
		}
	}
	for i := 1; i < len(layers); i++ {
		if v.at[i] < 0 {
			v.at[i] = v.at[i-1]
		}
	}
	v.trust(in.Message, t, layers)
	return v
}

// trust takes the outermost value from a field, if the text says the same behind the app's words.
func (v *golangValues) trust(message string, t golangText, layers []golangLayer) {
	if message == "" || len(layers) == 0 || v.text == message {
		return
	}
	outer := v.text[:v.at[0]]
	root, ok := strings.CutPrefix(message, outer)
	if have := v.text[v.at[0]:]; ok && root != "" && strings.HasSuffix(have, root) {
		if !t.escaped {
			v.root = len(layers[0].message) - len(root)
		}
		v.text = message
	}
}

func golangChainKey(in Input, f golangFound) Key {
	c := golangChain{t: f.t, end: f.t.pos, indent: f.indent}
	k := Key{Type: golangTypeName(in.Type), Message: in.Message}
	var messages [MaxExceptions]string // of the newest layers, the n-th at n modulo the length
	var last golangLayer
	n := 0
	for {
		l, ok := c.next()
		if !ok {
			break
		}
		messages[n%MaxExceptions] = l.message
		n++
		last = l
		if call, ok := golangInnermost(l.stack); ok {
			golangKeyFrame(&k, call)
		}
	}
	if in.Type == "" {
		k.Type = golangLayerType(last, n)
		if n > 1 && k.Message != "" && golangJoin(f.t, messages[:min(n, MaxExceptions)], n) != k.Message {
			return golangTraceKey(golangChainParse(in, f)) // the field may have divided the lines otherwise
		}
	}
	if k.Message == "" && n == 1 {
		k.Message = f.t.string(last.message)
	} else if k.Message == "" {
		k.Message = golangJoin(f.t, messages[:min(n, MaxExceptions)], n)
	}
	return k
}

// golangJoin puts n layers' messages together, the outermost first; ring holds the newest. It allocates once.
func golangJoin(t golangText, ring []string, n int) string {
	size := 0
	for _, m := range ring {
		size += len(m) + 2
	}
	var b strings.Builder
	b.Grow(size)
	for i := range ring {
		if m := ring[(n-1-i)%len(ring)]; m != "" {
			if b.Len() > 0 {
				b.WriteString(": ")
			}
			b.WriteString(t.string(m))
		}
	}
	return b.String()
}

// golangLayerType is the type of the n-th layer's outermost error.
func golangLayerType(l golangLayer, n int) string {
	switch {
	case n == 1 && l.hasStack:
		return "*errors.fundamental"
	case n == 1:
		return ""
	case l.hasStack:
		return "*errors.withStack"
	}
	return "*errors.withMessage"
}
