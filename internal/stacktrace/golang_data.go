package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A stack as JSON, as zerolog's pkgerrors writes it and its console writer leaves it:
//
//	[{"func":"(*Basket).Add","line":"30","source":"cart.go"}, ...]

// golangDataNext reads one object; false at the end of the list. Only strings and numbers are understood.
func golangDataNext(t *golangText) (call golangCall, ok bool) {
	s := t.s[t.pos:]
	i := 0
	for i < len(s) && strings.IndexByte("[, \t", s[i]) >= 0 {
		i++
	}
	if i >= len(s) || s[i] != '{' {
		return call, false
	}
	call.short = true
	for i++; i < len(s); {
		if s[i] == '}' {
			t.pos += i + 1
			return call, golangName(strings.TrimPrefix(call.function, "(*"), true) && golangSourceFile(call.file)
		}
		if strings.IndexByte(", \t:", s[i]) >= 0 {
			i++
			continue
		}
		key, n, ok := golangDataValue(s[i:])
		if !ok || i+n >= len(s) || s[i+n] != ':' {
			return call, false
		}
		i += n + 1
		for i < len(s) && s[i] == ' ' {
			i++
		}
		value, n, ok := golangDataValue(s[i:])
		if !ok {
			return call, false
		}
		i += n
		switch key {
		case "func", "function":
			call.function = value
			call.short = golangPackage(value) == "" || strings.HasPrefix(value, "init.")
		case "source", "file":
			call.file = value
		case "line":
			call.line = golangAtoi(value[:min(golangDigits(value), 9)])
		}
	}
	return call, false
}

// golangDataValue reads a JSON string or number and says how long it is. Escapes stay as they are.
func golangDataValue(s string) (value string, size int, ok bool) {
	if s == "" {
		return "", 0, false
	}
	if s[0] != '"' {
		n := golangDigits(s)
		return s[:n], n, n > 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], i + 1, true
		case '\n':
			return "", 0, false
		}
	}
	return "", 0, false
}

func golangDataEnd(f golangFound) int {
	end := f.start
	for t := f.t; ; {
		_, ok := golangDataNext(&t)
		if !ok {
			if end > f.start && t.pos < len(t.s) && t.s[t.pos] == ']' {
				end++
			}
			return end
		}
		end = t.pos
	}
}

func golangDataParse(in Input, f golangFound) Trace {
	var calls []golangCall
	for len(calls) < MaxFrames {
		call, ok := golangDataNext(&f.t)
		if !ok {
			break
		}
		calls = append(calls, call)
	}
	frames := golangCallFrames(calls)
	if in.Type == "" && in.Message == "" {
		return Trace{Threads: []sentry.Thread{{ID: golangNoGoroutine, Current: sentry.True, Frames: frames}}}
	}
	tr := Trace{Exceptions: []sentry.Exception{{Frames: frames}}}
	golangThrown(in, &tr)
	return tr
}

// The race detector's report. Each access has a stack; the first is the one that found the race. Addresses and goroutines are
// no part of what happened.
//
//	==================
//	WARNING: DATA RACE
//	Read at 0x00c0000180f8 by goroutine 9:
//	  main.(*tally).add()
//	      /app/main.go:7 +0x7d
//
//	Previous write at 0x00c0000180f8 by goroutine 8:
//	...
//	==================

const golangRaceRule = "=================="

func (sc golangScanner) raceBegin(t golangText, line golangLine) int {
	if above, ok := golangBefore(t, line.begin, sc.floor); ok && above.text == golangRaceRule {
		return above.begin
	}
	return line.begin
}

// golangRaceSection reads a title and the stack below it.
func golangRaceSection(t *golangText) (title golangLine, st golangStack, ok bool) {
	for {
		at := *t
		line, more := t.next()
		switch {
		case !more:
			return line, st, false
		case line.text == "":
		case line.indent == 0 && strings.HasSuffix(line.text, ":"):
			st = golangStack{t: *t, end: line.end}
			after := st
			after.drain()
			*t, st.end = after.t, after.end
			return line, st, true
		default:
			*t = at
			return line, st, false
		}
	}
}

func golangRaceEnd(f golangFound) int {
	end := f.t.pos
	for {
		title, st, ok := golangRaceSection(&f.t)
		if !ok {
			if title.text == golangRaceRule {
				return title.end
			}
			return min(end, len(f.t.s))
		}
		end = st.end
	}
}

func golangRaceParse(in Input, f golangFound) Trace {
	tr := Trace{Level: sentry.LevelError}
	for len(tr.Threads) < MaxThreads {
		title, st, ok := golangRaceSection(&f.t)
		if !ok {
			break
		}
		text := strings.TrimSuffix(title.text, ":")
		what, who, _ := strings.Cut(text, " by ")
		if access, _, ok := strings.Cut(what, " at 0x"); ok {
			what = access
		}
		id := golangNoGoroutine
		if i := strings.LastIndexByte(who, ' '); i >= 0 && golangDigits(who[i+1:]) == len(who)-i-1 {
			id = who[i+1:]
		}
		frames := golangFrames(st)
		switch {
		case tr.Exceptions == nil:
			tr.Exceptions = []sentry.Exception{{Type: "DATA RACE", Value: what, ThreadID: id, Frames: frames}}
			frames = nil
		case len(tr.Threads) == 1 && what != "":
			tr.Exceptions[0].Value += " and " + strings.ToLower(what[:1]) + what[1:]
		}
		if who != "" {
			tr.Threads = append(tr.Threads, sentry.Thread{ID: id, Name: text, Current: sentry.TriOf(frames == nil), Frames: frames})
		}
	}
	golangThrown(in, &tr)
	return tr
}
