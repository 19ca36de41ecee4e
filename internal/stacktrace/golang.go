package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// goReader reads what Go programs print: the runtime's dumps, the stacks of runtime/debug, of loggers and of errors that carry one.
var goReader = reader{language: Go, find: golangFind, parse: golangParse, key: golangKey}

// golangForm is one way of writing a trace.
type golangForm uint8

const (
	golangDumpForm      golangForm = iota // panic: ..., goroutine 1 [running]: ...
	golangPrintedForm                     // goroutine 1 [running]: ..., by runtime/debug.Stack; before it the app's words
	golangCallerForm                      // calls without a header: the place of a log call (zap, hclog)
	golangChainForm                       // github.com/pkg/errors and its kin: messages, each with its calls
	golangXerrorsForm                     // golang.org/x/xerrors
	golangCockroachForm                   // github.com/cockroachdb/errors
	golangErisForm                        // github.com/rotisserie/eris
	golangOopsForm                        // github.com/samber/oops
	golangSourceForm                      // github.com/go-errors/errors, gin's recovery: calls with a line of source
	golangJujuForm                        // github.com/juju/errors
	golangDataForm                        // [{"func": ..., "source": ..., "line": ...}]: zerolog's pkgerrors
	golangRaceForm                        // WARNING: DATA RACE
)

// golangFound is a trace in a text.
type golangFound struct {
	form  golangForm
	start int        // of what belongs to the trace; for most forms the error's message
	t     golangText // at the line where the form's own grammar begins
	head  golangHead // golangDumpForm
	// indent is that of the first call (golangChainForm).
	indent int
	// value is the message above the calls, as in the text: a recovered panic's value, cockroachdb's, oops' or go-errors' first line.
	value string
}

// golangForms: end gives the offset after the trace. parse fills Exceptions, Threads, Level, Message. key is nil where a key
// needs as much reading as the trace itself: the rare forms, whose messages have to be put together anyway.
var golangForms = [...]struct {
	end   func(golangFound) int
	parse func(Input, golangFound) Trace
	key   func(Input, golangFound) Key
}{
	golangDumpForm:      {golangDumpEnd, golangDumpParse, golangDumpKey},
	golangPrintedForm:   {golangPrintedEnd, golangPrintedParse, golangPrintedKey},
	golangCallerForm:    {golangCallerEnd, golangCallerParse, golangCallerKey},
	golangChainForm:     {golangChainEnd, golangChainParse, golangChainKey},
	golangXerrorsForm:   {end: golangXerrorsEnd, parse: golangXerrorsParse},
	golangCockroachForm: {end: golangCockroachEnd, parse: golangCockroachParse},
	golangErisForm:      {end: golangErisEnd, parse: golangErisParse},
	golangOopsForm:      {end: golangOopsEnd, parse: golangOopsParse},
	golangSourceForm:    {end: golangSourceEnd, parse: golangSourceParse},
	golangJujuForm:      {end: golangJujuEnd, parse: golangJujuParse},
	golangDataForm:      {end: golangDataEnd, parse: golangDataParse},
	golangRaceForm:      {end: golangRaceEnd, parse: golangRaceParse},
}

func golangFind(text string, whole bool) (start, end int) {
	f, ok := golangLocate(text, whole)
	if !ok {
		return -1, -1
	}
	return f.start, max(f.start, golangForms[f.form].end(f))
}

func golangParse(in Input, _, end int) (Trace, bool) {
	f, ok := golangLocate(in.Text, in.Whole)
	if !ok {
		return Trace{}, false
	}
	in.Type, in.Message = strings.TrimSpace(in.Type), strings.TrimSpace(in.Message)
	tr := golangForms[f.form].parse(in, f)
	if golangTraceKey(tr) == (Key{}) { // words that look like a trace, and nothing below them
		return Trace{}, false
	}
	tr.Language, tr.End = Go, end
	if tr.Start == 0 {
		tr.Start = f.start
	}
	return tr, true
}

func golangKey(in Input, _, _ int) (Key, bool) {
	f, ok := golangLocate(in.Text, in.Whole)
	if !ok {
		return Key{}, false
	}
	in.Type, in.Message = strings.TrimSpace(in.Type), strings.TrimSpace(in.Message)
	if key := golangForms[f.form].key; key != nil {
		k := key(in, f)
		return k, k != Key{}
	}
	k := golangTraceKey(golangForms[f.form].parse(in, f))
	return k, k != Key{}
}

// golangTraceKey is the key of a trace that was read: the thrown error's type and message, and the innermost frame of the
// outermost error that has a stack.
func golangTraceKey(tr Trace) Key {
	k := Key{Message: tr.Message}
	if len(tr.Exceptions) == 0 && len(tr.Threads) > 0 {
		tr.Exceptions = []sentry.Exception{{Value: tr.Message, Frames: tr.Threads[0].Frames}}
	}
	for i := len(tr.Exceptions) - 1; i >= 0; i-- {
		e := tr.Exceptions[i]
		if i == len(tr.Exceptions)-1 {
			k.Type, k.Message = e.Type, e.Value
		}
		if n := len(e.Frames); n > 0 {
			f := e.Frames[n-1]
			golangKeyFrame(&k, golangCall{function: f.Function, file: f.AbsPath + f.Filename, line: f.Lineno, short: true})
			break
		}
	}
	return k
}

// golangAnchors are words of which every trace has one.
var golangAnchors = [...]string{".go:", ".s:", "goroutine ", "panic: ", "fatal error: ", `"func":`, ".go\""}

// golangAnchor is the offset of the first word that a trace may have, or -1.
func golangAnchor(s string) int {
	first := -1
	for _, a := range golangAnchors {
		limit := s
		if first >= 0 {
			limit = s[:min(len(s), first+len(a))]
		}
		if i := strings.Index(limit, a); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// golangLocate finds the first trace in a text: on lines of its own, or inside a quoted field with its line ends escaped.
func golangLocate(s string, whole bool) (golangFound, bool) {
	if whole {
		if f, ok := golangJujuAt(golangText{s: s}); ok {
			return f, true
		}
	}
	anchor := golangAnchor(s)
	if anchor < 0 {
		return golangFound{}, false
	}
	f, ok := golangScan(golangText{s: s}, anchor, whole)
	if i := strings.Index(s, `\n`); i >= 0 && (!ok || i < f.start) {
		if e, found := golangLocateEscaped(s, i); found && (!ok || e.start < f.start) {
			return e, true
		}
	}
	return f, ok
}

// golangLocateEscaped looks into each quoted piece of text that has an escaped line end, the first of which is at offset i.
func golangLocateEscaped(s string, i int) (golangFound, bool) {
	for floor := 0; ; {
		begin, end := golangQuoted(s, floor, i)
		if anchor := golangAnchor(s[begin:end]); anchor >= 0 {
			if f, ok := golangScan(golangText{s: s[:end], pos: begin, escaped: true}, begin+anchor, false); ok {
				return f, true
			}
		}
		floor = end
		j := strings.Index(s[floor:], `\n`)
		if j < 0 {
			return golangFound{}, false
		}
		i = floor + j
	}
}

// golangQuoted is the piece between quotation marks around offset at, on its line and not before floor; without marks the
// rest of the line.
func golangQuoted(s string, floor, at int) (begin, end int) {
	begin = floor
	for i := at - 1; i >= floor; i-- {
		if s[i] == '\n' || s[i] == '"' && (i == 0 || s[i-1] != '\\') {
			begin = i + 1
			break
		}
	}
	for end = at; end < len(s) && s[end] != '\n'; end++ {
		if s[end] == '\\' {
			end++
		} else if s[end] == '"' && begin > 0 && s[begin-1] == '"' {
			break
		}
	}
	return begin, min(end, len(s))
}

// golangHeadLines is how many lines above the first anchor a trace may begin with: notes of the runtime, a signal.
const golangHeadLines = 8

// golangScan goes through the lines from shortly before the one with the first anchor on, and tries on each what may begin there.
func golangScan(t golangText, anchor int, whole bool) (golangFound, bool) {
	floor := t.pos
	t.pos = golangLineBegin(t, anchor)
	for n := 0; n < golangHeadLines; n++ {
		line, ok := golangBefore(t, t.pos, floor)
		if !ok {
			break
		}
		t.pos = line.begin
	}
	scan := golangScanner{floor: floor, whole: whole}
	for {
		at := t
		line, ok := t.next()
		if !ok {
			return golangFound{}, false
		}
		if line.text == "" {
			continue
		}
		if f, ok := scan.try(at, t, line); ok {
			return f, true
		}
	}
}

// golangLineBegin is the offset of the line that holds offset at.
func golangLineBegin(t golangText, at int) int {
	if t.escaped {
		if i := strings.LastIndex(t.s[t.pos:at], `\n`); i >= 0 {
			return t.pos + i + 2
		}
	} else if i := strings.LastIndexByte(t.s[t.pos:at], '\n'); i >= 0 {
		return t.pos + i + 1
	}
	return t.pos
}
