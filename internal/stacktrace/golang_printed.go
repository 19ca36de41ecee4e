package stacktrace

import (
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Stacks that a program prints of itself: runtime/debug.Stack in a deferred function, net/http's "panic serving", and the bare
// list of calls that a logger adds.

func golangPrintedEnd(f golangFound) int {
	d := golangDump{t: f.t}
	return d.rest()
}

// golangPrintedCrash reads the first goroutine; d stands behind it.
func golangPrintedCrash(in Input, f golangFound) (golangCrash, golangDump) {
	d := golangDump{t: f.t}
	g, _ := d.next()
	d.done(g.stack)
	c := golangCrash{goroutine: g, value: f.t.string(f.value)}
	if in.Message != "" {
		c.value = in.Message
	}
	rest, words, panicked := g.stack.afterPanic(false)
	c.stack = rest
	if !panicked {
		c.stack = g.stack.afterPrinters()
	} else if f.value != "" {
		c.level = sentry.LevelError // somebody recovered and went on
	}
	if typ, ok := c.observed(); ok && in.Type == "" && golangRuntimeError(c.value) == "" {
		c.verdict = golangVerdict{typ: typ, message: typ == ""}
		return c, d
	}
	c.judge(in, words, panicked)
	return c, d
}

// observed understands how Kubernetes' utilruntime logs a panic: `Observed a panic: <%#v> (<%v>)`, and since 1.31
// `"Observed a panic" panic="<%v>" panicGoValue="<%#v>"`. %#v tells the type; "" is a string's.
func (c *golangCrash) observed() (typ string, ok bool) {
	text, syntax := "", ""
	if _, rest, found := strings.Cut(c.value, " panicGoValue="); found {
		text, syntax = golangQuotedPrefix(c.value), golangQuotedPrefix(rest)
		if text == "" || syntax == "" {
			return "", false
		}
		text, syntax = golangUnescape(text), golangUnescape(syntax)
	} else if text, syntax = golangSyntaxAndText(c.value); text == "" {
		return "", false
	}
	if typ = golangSyntaxType(syntax); typ == "" && syntax[0] != '"' && syntax[0] != '`' {
		return "", false
	}
	c.value = text
	return typ, true
}

// golangQuotedPrefix is what the quotation marks at the beginning of s hold, still escaped.
func golangQuotedPrefix(s string) string {
	q, err := strconv.QuotedPrefix(s)
	if err != nil || q[0] != '"' {
		return ""
	}
	return q[1 : len(q)-1]
}

// golangSyntaxAndText takes `<%#v> (<%v>)` apart.
func golangSyntaxAndText(v string) (text, syntax string) {
	if v == "" || v[len(v)-1] != ')' {
		return "", ""
	}
	n := 0
	if q, err := strconv.QuotedPrefix(v); err == nil {
		n = len(q)
	} else if n = strings.Index(v, "} (") + 1; n == 0 {
		n = strings.Index(v, ") (") + 1
	}
	if n == 0 || !strings.HasPrefix(v[n:], " (") {
		return "", ""
	}
	return v[n+2 : len(v)-1], v[:n]
}

// golangSyntaxType is the type of a value in Go syntax: &errors.errorString{...}, runtime.boundsError{...}, (*errors.errorString)(0xc0001).
func golangSyntaxType(syntax string) string {
	name, pointer := strings.CutPrefix(syntax, "&")
	if i := strings.IndexByte(name, '{'); i > 0 && golangName(name[:i], false) {
		if pointer {
			return "*" + name[:i]
		}
		return name[:i]
	}
	if inner, ok := strings.CutPrefix(syntax, "("); ok {
		if i := strings.Index(inner, ")("); i > 0 && golangName(strings.TrimPrefix(inner[:i], "*"), false) {
			return inner[:i]
		}
	}
	return ""
}

// judge decides what a stack that was printed belongs to: the error that separate fields name, a recovered panic, or nothing.
func (c *golangCrash) judge(in Input, words string, panicked bool) {
	switch {
	case golangNoError(in.Type):
		c.verdict.message = true
	case in.Type != "":
		c.verdict.typ = golangTypeName(in.Type)
	case panicked && c.value != "":
		culprit, _ := golangInnermost(c.stack)
		c.verdict = golangJudge(c.value, words, culprit.function)
	case panicked:
		c.verdict.typ = golangPanicType
	}
	c.none = !panicked && in.Type == "" && in.Message == "" || c.verdict.message && c.value == ""
}

func (c golangCrash) key() Key {
	var k Key
	if !c.none {
		k.Message = c.value
		if !c.verdict.message {
			k.Type = c.verdict.typ
		}
	}
	if call, ok := golangInnermost(c.stack); ok {
		golangKeyFrame(&k, call)
	}
	return k
}

func golangPrintedParse(in Input, f golangFound) Trace {
	c, d := golangPrintedCrash(in, f)
	return c.trace(d)
}

func golangPrintedKey(in Input, f golangFound) Key {
	c, _ := golangPrintedCrash(in, f)
	return c.key()
}

// golangCallerCrash reads a list of calls without a header.
func golangCallerCrash(in Input, f golangFound) golangCrash {
	st := golangStack{t: f.t, shape: golangBare, end: f.t.pos}
	c := golangCrash{value: in.Message}
	rest, _, panicked := st.afterPanic(false)
	if c.stack = rest; !panicked {
		c.stack = st.afterPrinters()
	}
	c.judge(in, "", panicked)
	return c
}

func golangCallerEnd(f golangFound) int {
	st := golangStack{t: f.t, shape: golangBare, end: f.t.pos}
	st.drain()
	return st.end
}

func golangCallerParse(in Input, f golangFound) Trace {
	c := golangCallerCrash(in, f)
	return c.trace(golangDump{t: golangText{s: f.t.s, pos: len(f.t.s)}})
}

func golangCallerKey(in Input, f golangFound) Key {
	return golangCallerCrash(in, f).key()
}
