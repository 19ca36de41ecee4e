package stacktrace

import (
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Error libraries whose text has a shape of its own. Types and values are those that sentry-go sends for the same errors; of
// the outermost error without a stack the SDK adds the place of its own call, which is in no text.

// golang.org/x/xerrors, `%+v`: outermost first, one call each.
//
//	weigh:
//	    example.org/depot.Weigh
//	        /app/depot.go:54
//	  - scale off:
//	    ...
//
// The root is a *xerrors.errorString if it has a call. `%v` in Errorf prints like `%w`; it is taken for the second.

func (sc golangScanner) xerrors(t golangText, line, above golangLine) golangFound {
	f := golangFound{form: golangXerrorsForm, start: above.start, t: t}
	if !sc.whole {
		f.start += golangValueBegin(strings.TrimSuffix(above.text, ":"))
	}
	f.t.pos = min(f.start, line.begin)
	return f
}

// golangXerrorsLayer reads one message with its call, if it has one.
func golangXerrorsLayer(t *golangText, first bool) (l golangLayer, end int, ok bool) {
	at := *t
	line, ok := t.next()
	if !ok || line.text == "" || !first && !strings.HasPrefix(line.text, "- ") {
		*t = at
		return l, 0, false
	}
	l.message, l.start, end = strings.TrimPrefix(line.text, "- "), line.start, line.end
	if _, after, ok := golangReadCall(*t, golangBare); ok && strings.HasSuffix(l.message, ":") {
		l.message = strings.TrimSuffix(l.message, ":")
		l.stack, l.hasStack = golangStack{t: *t, shape: golangBare}, true
		*t, end = after.t, after.end
	}
	return l, end, true
}

func golangXerrorsEnd(f golangFound) int {
	end := f.start
	for n := 0; ; n++ {
		_, e, ok := golangXerrorsLayer(&f.t, n == 0)
		if !ok {
			return end
		}
		end = e
	}
}

func golangXerrorsParse(in Input, f golangFound) Trace {
	var layers []golangLayer // outermost first
	for len(layers) < MaxExceptions {
		l, _, ok := golangXerrorsLayer(&f.t, len(layers) == 0)
		if !ok {
			break
		}
		layers = append(layers, l)
	}
	root := len(layers) - 1
	return golangInward(in, f.t, layers, func(i int) string {
		switch {
		case i < root:
			return "*xerrors.wrapError"
		case layers[i].hasStack:
			return "*xerrors.errorString"
		}
		return ""
	})
}

// golangInward makes a chain of layers that stand outermost first.
func golangInward(in Input, t golangText, layers []golangLayer, typ func(i int) string) Trace {
	var b strings.Builder
	at := make([]int, len(layers))
	for i, l := range layers {
		if i > 0 {
			b.WriteString(": ")
		}
		at[i] = b.Len()
		b.WriteString(t.string(l.message))
	}
	var tr Trace
	for i := len(layers) - 1; i >= 0; i-- {
		e := sentry.Exception{Type: typ(i), Value: b.String()[at[i]:]}
		if layers[i].hasStack {
			e.Frames = golangFrames(layers[i].stack)
		}
		tr.Exceptions = append(tr.Exceptions, e)
	}
	golangChainIDs(tr.Exceptions, "unwrap")
	golangThrown(in, &tr)
	return tr
}

// github.com/rotisserie/eris, ToString with trace: outermost first, calls oldest first, or with inverted options the other way
// round. The root's calls hold those of its wraps. The package is printed without its path.
//
//	run belt
//		inner.Run:/app/inner.go:50
//	belt torn
//		main.main:/app/main.go:29
//		inner.Run:/app/inner.go:49

// golangErisCall reads `func:file:line`.
func golangErisCall(s string) (golangCall, bool) {
	file, line, ok := golangLocation(s)
	if !ok {
		return golangCall{}, false
	}
	fn, file, ok := strings.Cut(file, ":")
	if !ok || !golangSourceFile(file) || !golangName(fn, false) || strings.ContainsAny(fn, "/") {
		return golangCall{}, false
	}
	return golangCall{function: fn, file: file, line: line}, true
}

func golangIsErisCall(s string) bool {
	_, ok := golangErisCall(s)
	return ok
}

func (sc golangScanner) eris(t golangText, line golangLine) (golangFound, bool) {
	above, ok := golangBefore(t, line.begin, sc.floor)
	if !ok || above.text == "" || above.indent >= line.indent {
		return golangFound{}, false
	}
	f := golangFound{form: golangErisForm, start: above.start, t: t}
	if first, ok := golangBefore(t, above.begin, sc.floor); ok && sc.whole && first.begin == sc.floor && first.indent == above.indent {
		f.start = first.start // inverted, an error of another package that eris wrapped stands above
	}
	if !sc.whole {
		f.start += golangValueBegin(above.text)
	}
	f.t.pos = f.start
	return f, true
}

// golangErisLayer reads a message and how many calls follow it; calls are at from.
func golangErisLayer(t *golangText, first bool) (l golangLayer, calls int, end int, ok bool) {
	at := *t
	line, ok := t.next()
	if !ok || line.text == "" || !first && (golangStamped(line.text) || golangIsErisCall(line.text)) {
		*t = at
		return l, 0, 0, false
	}
	l.message, l.start, end = line.text, line.start, line.end
	l.stack.t = *t
	for {
		at := *t
		line, more := t.next()
		if !more || !golangIsErisCall(line.text) {
			*t = at
			break
		}
		calls, end, l.hasStack = calls+1, line.end, true
	}
	if calls == 0 && !first { // an error of another package ends the list
		if next, more := t.peek(); more && next.text != "" {
			*t = at
			return l, 0, 0, false
		}
	}
	return l, calls, end, true
}

func golangErisEnd(f golangFound) int {
	end := f.start
	for n := 0; ; n++ {
		_, _, e, ok := golangErisLayer(&f.t, n == 0)
		if !ok {
			return end
		}
		end = e
	}
}

// golangErisGroup is a message with its calls as they are printed.
type golangErisGroup struct {
	golangLayer
	calls []golangCall
}

func golangErisGroups(t golangText) (groups []golangErisGroup) {
	for len(groups) < MaxExceptions {
		l, calls, _, ok := golangErisLayer(&t, len(groups) == 0)
		if !ok {
			break
		}
		g := golangErisGroup{golangLayer: l}
		for t := l.stack.t; calls > 0; calls-- {
			line, _ := t.next()
			if len(g.calls) == 2*MaxFrames { // the newest may stand last
				g.calls = g.calls[:copy(g.calls, g.calls[MaxFrames:])]
			}
			call, _ := golangErisCall(line.text)
			g.calls = append(g.calls, call)
		}
		groups = append(groups, g)
	}
	return groups
}

func golangErisParse(in Input, f golangFound) Trace {
	groups := golangErisGroups(f.t)
	if len(groups) == 0 {
		return Trace{}
	}
	inverted := golangErisInverted(groups[0].calls, groups[len(groups)-1].calls)
	layers := make([]golangLayer, len(groups)) // outermost first
	frames := make([][]sentry.Frame, len(groups))
	for i, g := range groups {
		to := i
		if inverted {
			to = len(groups) - 1 - i
		} else {
			slices.Reverse(g.calls)
		}
		layers[to] = golangLayer{message: g.message, start: g.start}
		frames[to] = golangCallFrames(g.calls)
	}
	tr := golangInward(in, f.t, layers, func(i int) string {
		switch {
		case frames[i] == nil:
			return ""
		case i == len(frames)-1 || frames[i+1] == nil:
			return "*eris.rootError"
		}
		return "*eris.wrapError"
	})
	for i := range frames {
		tr.Exceptions[len(frames)-1-i].Frames = frames[i]
	}
	return tr
}

// golangErisInverted: the root has the most calls, and main.main is the oldest of them.
func golangErisInverted(first, last []golangCall) bool {
	if len(first) == 0 { // an error of another package is the root
		return len(last) > 0
	}
	if len(first) == len(last) {
		return len(first) > 1 && first[len(first)-1].function == "main.main"
	}
	return len(first) > len(last) && len(last) > 0
}

// golangCallFrames makes frames of calls that were read, newest first.
func golangCallFrames(calls []golangCall) []sentry.Frame {
	var frames []sentry.Frame
	for _, c := range calls[:min(len(calls), MaxFrames)] {
		if !golangDropped(c) {
			frames = append(frames, golangFrame(c))
		}
	}
	golangMain(calls, frames)
	return golangOrder(frames)
}
