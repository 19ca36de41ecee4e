package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// github.com/samber/oops, `%+v`: the whole message behind "Oops: ", what it knows of the error, then "Stacktrace:" with the
// innermost oops first. Functions come without their package.
//
//	Oops: print label: label gone
//	...
//	Stacktrace:
//	  Oops: label gone
//	    --- at /app/depot.go:61 init.func35()
//	  Thrown: print label
//	    --- at /app/depot.go:61 init.func35()

// golangOopsCall reads `--- at file:line func()`.
func golangOopsCall(s string) (golangCall, bool) {
	rest, ok := strings.CutPrefix(s, "--- at ")
	i := strings.LastIndexByte(rest, ' ')
	if !ok || i < 0 || !strings.HasSuffix(rest, "()") {
		return golangCall{}, false
	}
	file, line, ok := golangLocation(rest[:i])
	return golangCall{function: rest[i+1 : len(rest)-2], file: file, line: line, short: true}, ok
}

const golangOopsBack = 8 << 10 // how far above the stack the whole message is looked for, in bytes

func (sc golangScanner) oops(t golangText, line golangLine) (golangFound, bool) {
	above, ok := golangBefore(t, line.begin, sc.floor)
	if !ok || !strings.HasPrefix(above.text, "Oops: ") {
		return golangFound{}, false
	}
	f := golangFound{form: golangOopsForm, start: above.start, t: t}
	f.t.pos = above.begin
	f.value = above.text[len("Oops: "):]
	from := max(sc.floor, above.begin-golangOopsBack)
	if i := strings.LastIndex(t.s[from:above.begin], "Oops: "); i >= 0 && strings.Contains(t.s[from+i:above.begin], "Stacktrace:") {
		f.start = from + i
		whole := golangText{s: t.s, pos: f.start, escaped: t.escaped}
		first, _ := whole.next()
		f.value = strings.TrimPrefix(first.text, "Oops: ")
	}
	return f, true
}

// golangOopsLayer reads one message and the calls below it.
func golangOopsLayer(t *golangText) (message string, calls []golangCall, end int, ok bool) {
	at := *t
	line, ok := t.next()
	message, isFirst := strings.CutPrefix(line.text, "Oops: ")
	if !isFirst {
		message, ok = strings.CutPrefix(line.text, "Thrown: ")
	}
	if !ok {
		*t = at
		return "", nil, 0, false
	}
	for end = line.end; ; {
		at := *t
		line, _ := t.next()
		call, ok := golangOopsCall(line.text)
		if !ok {
			*t = at
			return message, calls, end, true
		}
		if end = line.end; len(calls) < MaxFrames {
			calls = append(calls, call)
		}
	}
}

func golangOopsEnd(f golangFound) int {
	end := f.t.pos
	for {
		_, _, e, ok := golangOopsLayer(&f.t)
		if !ok {
			return end
		}
		end = e
	}
}

// golangOopsParse: each oops is an exception; the first wraps an error of another type, also where it was made by oops.Errorf.
func golangOopsParse(in Input, f golangFound) Trace {
	whole := f.t.string(f.value)
	if in.Message != "" {
		whole = in.Message
	}
	var messages []string
	var tr Trace
	tr.Exceptions = append(tr.Exceptions, sentry.Exception{})
	for len(tr.Exceptions) < MaxExceptions {
		message, calls, _, ok := golangOopsLayer(&f.t)
		if !ok {
			break
		}
		messages = append(messages, f.t.string(message))
		tr.Exceptions = append(tr.Exceptions, sentry.Exception{Type: "oops.OopsError", Frames: golangCallFrames(calls)})
	}
	for i := len(messages); i > 0; i-- {
		tr.Exceptions[i].Value = whole
		if rest, ok := strings.CutPrefix(whole, messages[i-1]+": "); ok && (i == 1 || strings.HasPrefix(rest, messages[i-2])) {
			whole = rest
		}
	}
	tr.Exceptions[0].Value = whole
	golangChainIDs(tr.Exceptions, "unwrap")
	golangThrown(in, &tr)
	return tr
}

// github.com/go-errors/errors, ErrorStack: `*errors.errorString lamp broke`, then calls with their line of source; gin's
// recovery writes the same calls below the panic's value. Functions come without their package.
//
//	/app/depot.go:39 (0x7b3285)
//		init.func13: return errors.New("lamp broke")

func golangReadSource(t golangText, place golangLine) (call golangCall, after golangStack, ok bool) {
	s := place.text
	i := strings.LastIndex(s, " (0x")
	if i < 0 || !strings.HasSuffix(s, ")") {
		return call, after, false
	}
	if call.file, call.line, ok = golangLocation(s[:i]); !ok || !golangSourceFile(call.file) {
		return call, after, false
	}
	call.short = true
	after = golangStack{t: t, end: place.end}
	if fn, more := t.next(); more && fn.indent > place.indent {
		if name, _, ok := strings.Cut(fn.text, ": "); ok && golangName(name, true) || !ok && strings.HasSuffix(fn.text, ":") {
			call.function = strings.TrimSuffix(name, ":")
			after = golangStack{t: t, end: fn.end}
		} else if strings.HasPrefix(name, "(*") {
			call.function = name
			after = golangStack{t: t, end: fn.end}
		}
	}
	return call, after, true
}

func (sc golangScanner) sources(t golangText, line golangLine) golangFound {
	f := golangFound{form: golangSourceForm, start: line.begin, t: t}
	above, ok := golangBefore(t, line.begin, sc.floor)
	if !ok || above.text == "" {
		return f
	}
	f.start = above.start
	if !sc.whole && golangErrorType(above.text) == "" {
		f.start += golangValueBegin(above.text)
	}
	f.value = t.s[f.start:above.end]
	return f
}

// golangErrorType is the type at the beginning of go-errors' first line, or "".
func golangErrorType(s string) string {
	word := golangWordAt(s)
	name := strings.TrimPrefix(word, "*")
	if i := strings.LastIndexByte(name, '.'); i <= 0 || i+1 == len(name) || len(word) == len(s) || !golangName(name, false) || strings.HasSuffix(name, ":") {
		return ""
	}
	return word
}

func golangSourceEnd(f golangFound) int {
	st := golangStack{t: f.t, shape: golangSources, end: f.t.pos}
	st.drain()
	return st.end
}

func golangSourceParse(in Input, f golangFound) Trace {
	st := golangStack{t: f.t, shape: golangSources}
	calls := golangCalls(st)
	for i, c := range calls {
		if c.function == "gopanic" && strings.HasSuffix(c.file, "/panic.go") {
			calls = calls[i+1:]
			break
		}
	}
	frames := golangCallFrames(calls)
	value := f.t.string(f.value)
	var tr Trace
	if typ := golangErrorType(value); typ != "" {
		value = strings.TrimSpace(value[len(typ):])
		tr.Exceptions = []sentry.Exception{{Type: typ, Value: value}, {Type: "*errors.Error", Value: value, Frames: frames}}
		golangChainIDs(tr.Exceptions, "unwrap")
		golangThrown(in, &tr)
		return tr
	}
	c := golangCrash{value: value, level: sentry.LevelError}
	if in.Message != "" {
		c.value = in.Message
	}
	c.judge(in, "", true)
	e := sentry.Exception{Type: c.verdict.typ, Value: c.value, Frames: frames}
	if c.none || c.verdict.message {
		return Trace{Message: c.value, Level: c.level, Threads: []sentry.Thread{{ID: golangNoGoroutine, Current: sentry.True, Frames: frames}}}
	}
	return Trace{Exceptions: []sentry.Exception{e}, Level: c.level}
}

// github.com/juju/errors, ErrorStack: root first, `func:line: message` a layer, without a message for Trace; an error of
// another package has only its message. It is looked for only where a field holds nothing else: many tools write such lines.
//
//	example.org/depot.Lift:58: rope thin
//	example.org/depot.Lift:59: lift

func golangJujuCall(s string) (call golangCall, message string, ok bool) {
	place, message, ok := strings.Cut(s, ": ")
	if !ok {
		place, message = strings.TrimSuffix(s, ":"), ""
	}
	i := strings.LastIndexByte(place, ':')
	if i <= 0 || golangDigits(place[i+1:]) != len(place)-i-1 || len(place)-i > 9 || len(place) == i+1 {
		return call, "", false
	}
	call.function, call.line = place[:i], golangAtoi(place[i+1:])
	if golangSourceFile(call.function) { // older versions name the file
		call.file, call.function = call.function, ""
		return call, message, strings.Contains(call.file, "/") && !strings.ContainsAny(call.file, " \t\"'`")
	}
	return call, message, golangJujuFunction(call.function)
}

// golangJujuFunction: other languages' tools write `cart.py:24: ...`. A function has its package's path, or is in main.
func golangJujuFunction(name string) bool {
	module := golangPackage(name)
	if module == "" || !golangName(name, false) || strings.IndexByte(name, ':') >= 0 || module != "main" && strings.IndexByte(module, '/') < 0 {
		return false
	}
	switch name[len(module)+1:] {
	case "c", "cc", "cpp", "cxx", "h", "hpp", "cs", "py", "rb", "js", "mjs", "cjs", "jsx", "ts", "mts", "tsx", "java", "kt", "scala", "php", "rs",
		"swift", "ex", "exs", "erl", "lua", "pl", "pm", "sh", "sql", "css", "html", "json", "yml", "yaml", "xml", "txt", "md", "log", "conf", "vue":
		return false
	}
	return true
}

func golangJujuAt(t golangText) (golangFound, bool) {
	f := golangFound{form: golangJujuForm, t: t}
	for n := 0; n < 2; n++ {
		line, ok := t.next()
		if !ok {
			return f, false
		}
		if _, _, ok := golangJujuCall(line.text); ok && line.indent == 0 {
			return f, golangJujuEnd(f) >= len(strings.TrimRight(t.s, " \r\n"))
		}
	}
	return f, false
}

func golangJujuEnd(f golangFound) int {
	end := 0
	for n := 0; ; n++ {
		line, ok := f.t.next()
		if _, _, isCall := golangJujuCall(line.text); !ok || !isCall && n > 0 {
			return end
		}
		end = line.end
	}
}

func golangJujuParse(in Input, f golangFound) Trace {
	var lines []string // the newest
	for {
		line, ok := f.t.next()
		if !ok {
			break
		}
		if len(lines) == MaxExceptions {
			lines = lines[:copy(lines, lines[1:])]
		}
		lines = append(lines, line.text)
	}
	var tr Trace
	value := ""
	for _, line := range lines {
		e := sentry.Exception{Type: "*errors.Err"}
		call, message, isCall := golangJujuCall(line)
		if !isCall {
			e.Type, message = "", line
		} else {
			e.Frames = golangCallFrames([]golangCall{call})
		}
		switch {
		case value == "":
			value = message
		case message != "" && len(value) < golangJujuValue:
			value = message + ": " + value
		}
		e.Value = value
		tr.Exceptions = append(tr.Exceptions, e)
	}
	golangChainIDs(tr.Exceptions, "unwrap")
	golangThrown(in, &tr)
	return tr
}

// golangJujuValue bounds the joined messages, in bytes.
const golangJujuValue = 64 << 10
