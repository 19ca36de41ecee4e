package fields

import (
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// errorNode is one exception of a structured error, what caused it and what it carries along.
type errorNode struct {
	exception sentry.Exception
	under     []errorLink
	// group: the members are exceptions of an ExceptionGroup or AggregateError.
	group bool
}

// errorLink ties an exception to its owner as the language's SDK names the tie.
type errorLink struct {
	node   *errorNode
	kind   string // mechanism.type: chained, suppressed
	source string
}

// maxChain bounds the depth of a structured error; a logger that prints a ring of causes for ever is cut there.
const maxChain = stacktrace.MaxExceptions

// shapes are the structures that loggers give to errors. The first that recognises a value reads it.
var shapes = [...]struct {
	platform string // as Sentry calls the language
	is       func(sentry.Value) bool
	read     func(sentry.Value) *errorNode
}{
	{"java", javaShape, func(v sentry.Value) *errorNode { return javaError(v.MapVal(), nil, 0) }},
	{"python", structlogShape, func(v sentry.Value) *errorNode { return structlogError(v.ListVal(), 0) }},
	{"go", goStackShape, goStack},
	{"go", erisShape, erisError},
	{"php", phpShape, func(v sentry.Value) *errorNode { return phpError(v.MapVal(), 0) }},
}

// structured tells whether a value is an error in a structure that we know.
func structured(v sentry.Value) bool {
	for i := range shapes {
		if shapes[i].is(v) {
			return true
		}
	}
	return false
}

// readStructured reads a structured error into Sentry's order: causes first, the thrown exception last.
func (f *Failure) readStructured(v sentry.Value) {
	for i := range shapes {
		if shapes[i].is(v) {
			f.Exceptions, f.Platform = flatten(shapes[i].read(v)), shapes[i].platform
			return
		}
	}
}

// flatten gives ids depth-first from the thrown exception (0) as the SDKs do, and turns the list round.
func flatten(root *errorNode) []sentry.Exception {
	if root == nil {
		return nil
	}
	if len(root.under) == 0 {
		return []sentry.Exception{root.exception}
	}
	var list []sentry.Exception
	var walk func(n *errorNode, parent int, l errorLink)
	walk = func(n *errorNode, parent int, l errorLink) {
		if len(list) >= stacktrace.MaxExceptions {
			return
		}
		id := len(list)
		m := &sentry.Mechanism{Type: l.kind, HasID: true, ExceptionID: id, HasParent: parent >= 0, ParentID: max(parent, 0), Source: l.source, IsExceptionGroup: n.group}
		e := n.exception
		e.Mechanism = m
		list = append(list, e)
		for _, l := range n.under {
			walk(l.node, id, l)
		}
	}
	walk(root, -1, errorLink{kind: "generic"})
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// get is the first member with one of the keys that holds something.
func get(attrs []sentry.Attr, keys ...string) sentry.Value {
	for _, key := range keys {
		for i := range attrs {
			if attrs[i].Key == key && attrs[i].Value.Kind() != sentry.KindNull {
				return attrs[i].Value
			}
		}
	}
	return sentry.Value{}
}

// integer reads a number that a logger may have written as text.
func integer(v sentry.Value) int {
	switch v.Kind() {
	case sentry.KindInt:
		if n := v.IntVal(); n >= -2 && n < 1<<31 {
			return int(n)
		}
	case sentry.KindDouble:
		if d := v.DoubleVal(); d >= 0 && d < 1<<31 {
			return int(d)
		}
	case sentry.KindString:
		if s := v.Str(); digits(s) == len(s) && len(s) < 10 {
			return atoi(s)
		}
	}
	return 0
}

// reverse turns frames round: loggers of these languages write the innermost first, Sentry wants it last. Too many: the innermost stay.
func reverse(frames []sentry.Frame) []sentry.Frame {
	frames = frames[:min(len(frames), stacktrace.MaxFrames)]
	for i, j := 0, len(frames)-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
	return frames
}

// firstMap is the first element of a list as an object.
func firstMap(v sentry.Value) []sentry.Attr {
	if l := v.ListVal(); len(l) > 0 {
		return l[0].MapVal()
	}
	return nil
}

var javaStacks = []string{"stepArray", "extendedStackTrace", "stackTrace", "stackTraceElements", "stackTraceElementProxyArray"}

// javaShape: logback's JsonEncoder (stepArray), log4j2's JsonLayout and JsonTemplateLayout (extendedStackTrace, stackTrace), a Throwable by Jackson.
func javaShape(v sentry.Value) bool {
	attrs := v.MapVal()
	if attrs == nil {
		return false
	}
	steps := get(attrs, javaStacks...)
	if f := firstMap(steps); f != nil {
		return get(f, "methodName", "method").Kind() == sentry.KindString
	}
	return get(attrs, "className").Kind() == sentry.KindString && steps.Kind() == sentry.KindList ||
		steps.Kind() == sentry.KindNull && get(attrs, "commonElementCount").Kind() == sentry.KindInt
}

// javaError reads one throwable. enclosing are its owner's steps, innermost first: of them it shares as many as commonFrames or commonElementCount says.
func javaError(attrs []sentry.Attr, enclosing []sentry.Frame, depth int) *errorNode {
	message := get(attrs, "message", "localizedMessage").Str()
	n := &errorNode{exception: stacktrace.JavaException(get(attrs, "className", "class", "name").Str(), message)}
	steps := get(attrs, javaStacks...).ListVal()
	frames := make([]sentry.Frame, 0, len(steps))
	for _, step := range steps[:min(len(steps), stacktrace.MaxFrames)] {
		f := step.MapVal()
		line := integer(get(f, "lineNumber", "line"))
		frames = append(frames, stacktrace.JavaFrame(get(f, "className", "class").Str(), get(f, "methodName", "method").Str(), get(f, "fileName", "file").Str(),
			line, line == -2 || get(f, "nativeMethod").BoolVal()))
	}
	common := integer(get(attrs, "commonFrames", "commonElementCount", "commonFramesCount"))
	if common > 0 && common <= len(enclosing) && len(frames)+common <= stacktrace.MaxFrames {
		frames = append(frames, enclosing[len(enclosing)-common:]...)
	}
	if depth < maxChain {
		for _, s := range get(attrs, "suppressed").ListVal() {
			if s := s.MapVal(); s != nil {
				n.under = append(n.under, errorLink{node: javaError(s, frames, depth+1), kind: "suppressed"})
			}
		}
		if c := get(attrs, "cause").MapVal(); len(c) > 0 {
			n.under = append(n.under, errorLink{node: javaError(c, frames, depth+1), kind: "chained"})
		}
	}
	n.exception.Frames = reverse(append([]sentry.Frame(nil), frames...))
	return n
}

// structlogShape: the exceptions of structlog's dict_tracebacks, the thrown one first.
func structlogShape(v sentry.Value) bool {
	f := firstMap(v)
	return f != nil && get(f, "exc_type").Kind() == sentry.KindString
}

// structlogError reads a chain: is_cause says that the exception was the __cause__ of the one before it, else it was its __context__.
func structlogError(chain []sentry.Value, depth int) *errorNode {
	var root, last *errorNode
	for i, v := range chain {
		if i >= maxChain {
			break
		}
		attrs := v.MapVal()
		n := structlogNode(attrs, depth)
		if last == nil {
			root = n
		} else {
			source := "__context__"
			if get(attrs, "is_cause").BoolVal() {
				source = "__cause__"
			}
			last.under = append([]errorLink{{node: n, kind: "chained", source: source}}, last.under...)
		}
		last = n
	}
	return root
}

func structlogNode(attrs []sentry.Attr, depth int) *errorNode {
	value := get(attrs, "exc_value").Str()
	group := get(attrs, "is_group").BoolVal()
	if i := strings.LastIndex(value, " ("); group && i >= 0 && strings.Contains(value[i:], " sub-exception") { // str() of a group counts its members, sentry-sdk does not
		value = value[:i]
	}
	var valueSb220 strings.Builder
	for _, note := range get(attrs, "exc_notes").ListVal() { // PEP 678 notes are part of the value, as sentry-sdk has them
		valueSb220.WriteString("\n" + note.Str())
	}
	value += valueSb220.String()
	kind := get(attrs, "exc_type").Str()
	if module := get(attrs, "exc_module").Str(); module != "" && module != "builtins" && module != "__main__" {
		kind = module + "." + kind
	}
	n := &errorNode{exception: stacktrace.PythonException(kind, value), group: group}
	frames := get(attrs, "frames").ListVal()
	for _, v := range frames[max(0, len(frames)-stacktrace.MaxFrames):] {
		f := v.MapVal()
		if get(f, "filename").Str() == "" { // structlog's "Skipped frames: 12"
			continue
		}
		frame := stacktrace.PythonFrame(get(f, "filename").Str(), get(f, "name").Str(), integer(get(f, "lineno")), get(f, "line").Str())
		frame.Vars = get(f, "locals").MapVal()
		n.exception.Frames = append(n.exception.Frames, frame)
	}
	if depth >= maxChain {
		return n
	}
	for i, member := range get(attrs, "exceptions").ListVal() {
		chain := member.ListVal() // a member is a chain, or an object that holds one as "stacks"
		if chain == nil {
			chain = get(member.MapVal(), "stacks").ListVal()
		}
		if m := structlogError(chain, depth+1); m != nil {
			n.under = append(n.under, errorLink{node: m, kind: "chained", source: "exceptions[" + strconv.Itoa(i) + "]"})
		}
	}
	return n
}

// goStackShape: zerolog/pkgerrors and its kin, a list of {func, line, source}.
func goStackShape(v sentry.Value) bool {
	f := firstMap(v)
	return f != nil && get(f, "func", "function").Kind() == sentry.KindString && get(f, "source", "file").Kind() == sentry.KindString
}

// goStack: pkgerrors' marshaller writes functions without their package and files without their folder.
func goStack(v sentry.Value) *errorNode {
	calls := make([]stacktrace.GoCall, 0, len(v.ListVal()))
	for _, step := range v.ListVal() {
		f := step.MapVal()
		function := get(f, "func", "function").Str()
		calls = append(calls, stacktrace.GoCall{
			Function: function, File: get(f, "source", "file").Str(), Line: integer(get(f, "line")),
			Short: strings.IndexByte(function, '/') < 0 && !qualified(function),
		})
	}
	return &errorNode{exception: sentry.Exception{Frames: stacktrace.GoFrames(calls)}}
}

// qualified: a Go function with its package in front: pkg.Func, pkg.(*T).Method; not Func, (*T).Method, Func.func1.
func qualified(function string) bool {
	i := strings.IndexByte(function, '.')
	return i > 0 && function[0] != '(' && isLower(function[0]) && (i+1 < len(function) && (function[i+1] == '(' || isUpper(function[i+1])) || function[:i] == "main")
}

// erisShape: rotisserie/eris' JSON, {"root":{"message","stack":["function:file:line"]},"wrap":[...]}.
func erisShape(v sentry.Value) bool {
	root := get(v.MapVal(), "root").MapVal()
	return root != nil && get(root, "message").Kind() == sentry.KindString && get(root, "stack").Kind() == sentry.KindList
}

// erisError: the root is the innermost error; wraps follow from the inside out. eris prints the newest call last.
func erisError(v sentry.Value) *errorNode {
	one := func(attrs []sentry.Attr) *errorNode {
		stack := get(attrs, "stack")
		places := stack.ListVal()
		if stack.Kind() == sentry.KindString {
			places = []sentry.Value{stack}
		}
		calls := make([]stacktrace.GoCall, 0, len(places))
		for i := len(places) - 1; i >= 0; i-- {
			calls = append(calls, goPlace(places[i].Str()))
		}
		return &errorNode{exception: sentry.Exception{Value: get(attrs, "message").Str(), Frames: stacktrace.GoFrames(calls)}}
	}
	inner := one(get(v.MapVal(), "root").MapVal())
	for i, w := range get(v.MapVal(), "wrap").ListVal() {
		if i >= maxChain {
			break
		}
		outer := one(w.MapVal())
		outer.under = []errorLink{{node: inner, kind: "chained", source: "unwrap"}}
		inner = outer
	}
	return inner
}

// goPlace reads function:file:line.
func goPlace(s string) (c stacktrace.GoCall) {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && digits(s[i+1:]) == len(s)-i-1 && len(s)-i < 9 {
		c.Line, s = atoi(s[i+1:]), s[:i]
	}
	c.Function, c.File, _ = strings.Cut(s, ":")
	return c
}

// phpShape: Monolog's JsonFormatter, {"class","message","code","file":"path:line","trace":["path:line"],"previous"}.
func phpShape(v sentry.Value) bool {
	attrs := v.MapVal()
	return attrs != nil && get(attrs, "class").Kind() == sentry.KindString && codePlace(get(attrs, "file").Str()).Lineno > 0
}

func phpError(attrs []sentry.Attr, depth int) *errorNode {
	n := &errorNode{exception: sentry.Exception{Type: get(attrs, "class").Str(), Value: get(attrs, "message").Str()}}
	n.exception.Frames = append(n.exception.Frames, codePlace(get(attrs, "file").Str()))
	for _, s := range get(attrs, "trace").ListVal() {
		if f := codePlace(s.Str()); f.Filename != "" && len(n.exception.Frames) < stacktrace.MaxFrames {
			n.exception.Frames = append(n.exception.Frames, f)
		}
	}
	reverse(n.exception.Frames)
	if p := get(attrs, "previous"); depth < maxChain && phpShape(p) {
		n.under = []errorLink{{node: phpError(p.MapVal(), depth+1), kind: "chained", source: "previous"}}
	}
	return n
}
