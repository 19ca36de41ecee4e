package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// golangChainIDs numbers a chain as sentry-go does: the thrown error, which stands last, is 0 and generic, each of the others
// hangs on the one after it. One error alone has no mechanism.
func golangChainIDs(chain []sentry.Exception, source string) {
	if len(chain) < 2 {
		return
	}
	for i := range chain {
		id := len(chain) - 1 - i
		m := &sentry.Mechanism{Type: "generic", HasID: true, ExceptionID: id}
		if id > 0 {
			m.Type, m.Source, m.HasParent, m.ParentID = "chained", source, true, id-1
		}
		chain[i].Mechanism = m
	}
}

// golangThrown applies what separate fields say to the thrown error.
func golangThrown(in Input, tr *Trace) {
	if len(tr.Exceptions) == 0 {
		return
	}
	e := &tr.Exceptions[len(tr.Exceptions)-1]
	if in.Type != "" {
		e.Type = golangTypeName(in.Type)
	}
	if in.Message != "" {
		e.Value = in.Message
	}
}

// golangNoGoroutine is the id of a thread that the text does not name; Relay wants one.
const golangNoGoroutine = "0"

// golangThread makes the thread of a goroutine. Its state keeps the time it has waited and what it is locked to.
func golangThread(g golangGoroutine, t golangText) sentry.Thread {
	if g.id == "" {
		return sentry.Thread{ID: golangNoGoroutine}
	}
	return sentry.Thread{ID: g.id, Name: "goroutine " + g.id, State: t.string(g.state), Main: sentry.TriOf(g.id == "1")}
}

// golangCrash puts a crash or a stack together: one error or message, the goroutine it happened in, the others as threads.
type golangCrash struct {
	goroutine golangGoroutine
	stack     golangStack // the goroutine's, cut
	verdict   golangVerdict
	value     string
	level     sentry.Level
	crashed   bool // the program ended
	none      bool // neither error nor message: only a place
}

// trace reads the other goroutines from d. With a message or nothing the stack is the thread's, with an exception the
// exception's; the thread is then only listed where there are others.
func (c golangCrash) trace(d golangDump) Trace {
	tr := Trace{Level: c.level}
	thread := golangThread(c.goroutine, d.t)
	thread.Crashed, thread.Current = sentry.TriOf(c.crashed), sentry.True
	frames := golangFrames(c.stack)
	alone := c.none || c.verdict.message
	switch {
	case alone:
		thread.Frames = frames
		if !c.none {
			tr.Message = c.value
		}
	default:
		tr.Exceptions = []sentry.Exception{{Type: c.verdict.typ, Value: c.value, Frames: frames}}
	}
	tr.Threads = append(tr.Threads, thread)
	for len(tr.Threads) <= MaxThreads {
		g, ok := d.next()
		if !ok {
			break
		}
		d.done(g.stack)
		if g.id == c.goroutine.id { // a dump that was printed twice
			continue
		}
		other := golangThread(g, d.t)
		other.Crashed, other.Current = sentry.False, sentry.False
		other.Frames = golangFrames(g.stack)
		tr.Threads = append(tr.Threads, other)
	}
	if len(tr.Threads) == 1 && !alone {
		tr.Threads = nil
	} else if !alone {
		tr.Exceptions[0].ThreadID = c.goroutine.id
	}
	return tr
}

// The runtime's dumps.

func golangDumpEnd(f golangFound) int {
	d := golangDump{t: f.t, end: f.head.end}
	switch {
	case !f.head.hasStack:
		d.t.pos = f.head.end
		return d.rest()
	case f.head.bare:
		st := f.head.bareStack()
		st.drain()
		return st.end
	}
	d.t = f.head.stack
	return d.rest()
}

func (h golangHead) bareStack() golangStack {
	return golangStack{t: h.stack, shape: golangBare, blank: true, end: h.stack.pos}
}

// golangCrashOf reads a head and its first goroutine; d stands behind that one.
func golangCrashOf(f golangFound, in Input) (c golangCrash, d golangDump, panics int) {
	last, panics := f.head.last(f.t)
	c = golangCrash{level: sentry.LevelFatal, crashed: true, value: last.text(f.t)}
	if in.Message != "" {
		c.value = in.Message
	}
	d = golangDump{t: f.t}
	switch {
	case f.head.bare:
		c.level, c.crashed = sentry.LevelError, false
		c.stack = f.head.bareStack()
		d.t.pos = len(d.t.s)
	case f.head.hasStack:
		d.t = f.head.stack
		c.goroutine, d = golangCrashed(d)
		c.stack = c.goroutine.stack
	default:
		d.t.pos = len(d.t.s)
		c.stack.t = d.t
	}
	words := ""
	if last.repanicked {
		if rest, w, ok := c.stack.afterPanic(true); ok {
			c.stack, words = rest, w
		}
	} else if call, ok := c.stack.peekPanic(); ok {
		words = call.args
	}
	c.verdict = golangHeadVerdict(last.kind, c, words, panics)
	if last.kind == golangSignal {
		c.verdict = golangVerdict{}
		c.verdict.typ, _, _ = strings.Cut(f.t.s[f.head.from:], ":") // SIGQUIT
	}
	if in.Type != "" {
		c.verdict = golangVerdict{typ: golangTypeName(in.Type), message: golangNoError(in.Type)}
	}
	return c, d, panics
}

// golangHeadVerdict: a fatal error is no panic, and in a chain each panic needs a place of its own, which a message has not.
func golangHeadVerdict(kind golangKind, c golangCrash, words string, panics int) golangVerdict {
	if kind == golangFatal {
		return golangVerdict{typ: "fatal error"}
	}
	culprit, _ := golangInnermost(c.stack)
	v := golangJudge(c.value, words, culprit.function)
	if v.message && panics > 1 {
		v = golangVerdict{typ: golangPanicType}
		if typ := golangTypeOf(c.value); typ != "" {
			v.typ = typ
		}
	}
	return v
}

// golangCrashed is the goroutine that a dump is about: the first. On the scheduler's own stack (goroutine 0: an idle process
// that was told to quit) nothing of the program is to be seen; then it is the first that has calls of the program.
func golangCrashed(d golangDump) (golangGoroutine, golangDump) {
	first, ok := d.next()
	if !ok {
		return golangGoroutine{stack: golangStack{t: golangText{s: d.t.s, pos: len(d.t.s)}}}, d
	}
	d.done(first.stack)
	if _, ok := golangInnermost(first.stack); ok || first.id != "0" {
		return first, d
	}
	for at, n := d, 0; n < MaxThreads; n++ {
		g, ok := at.next()
		if !ok {
			break
		}
		at.done(g.stack)
		if _, ok := golangInnermost(g.stack); ok {
			return g, at
		}
	}
	return first, d
}

// peekPanic is the newest call if it is the builtin panic: GOTRACEBACK=system shows it.
func (st golangStack) peekPanic() (golangCall, bool) {
	call, ok := st.next()
	return call, ok && call.function == "panic"
}

func golangDumpParse(in Input, f golangFound) Trace {
	c, d, panics := golangCrashOf(f, in)
	tr := c.trace(d)
	if panics > 1 && len(tr.Exceptions) == 1 {
		tr.Exceptions = golangPanicChain(f, tr.Exceptions[0], panics)
	}
	return tr
}

// golangPanicChain puts the panics that were being handled before the thrown one, the last MaxExceptions of them. Their
// places are further down in the thrown one's stack.
func golangPanicChain(f golangFound, thrown sentry.Exception, panics int) []sentry.Exception {
	chain := make([]sentry.Exception, 0, min(panics, MaxExceptions))
	skip := max(0, panics-MaxExceptions)
	for at, twice := f.head.from, false; at >= 0 && len(chain) < cap(chain)-1; {
		v, next, ok := f.head.value(f.t, at)
		if !ok {
			break
		}
		if at = next; twice {
			twice = v.twice
			continue
		}
		twice = v.twice
		if skip--; skip >= 0 {
			continue
		}
		e := sentry.Exception{Value: v.text(f.t)}
		if e.Type = golangRuntimeError(e.Value); e.Type == "" {
			e.Type = golangPanicType
			if typ := golangTypeOf(e.Value); typ != "" {
				e.Type = typ
			}
		}
		chain = append(chain, e)
	}
	chain = append(chain, thrown)
	golangChainIDs(chain, golangPanicType)
	return chain
}

func golangDumpKey(in Input, f golangFound) Key {
	c, _, _ := golangCrashOf(f, in)
	k := Key{Message: c.value}
	if !c.verdict.message {
		k.Type = c.verdict.typ
	}
	if call, ok := golangInnermost(c.stack); ok {
		golangKeyFrame(&k, call)
	}
	return k
}
