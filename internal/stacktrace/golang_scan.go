package stacktrace

import "strings"

// golangScanner tries what may begin on a line.
type golangScanner struct {
	floor int // offset before which nothing is looked at
	whole bool
	tried int // offset up to which lines belong to a head that nothing proves
}

// try recognises a trace on the line that at will read next; t is behind it.
func (sc *golangScanner) try(at, t golangText, line golangLine) (golangFound, bool) {
	s := line.text
	if golangHeadBegins(s) && line.begin >= sc.tried && !golangTabbed(at.s, line) { // a tab: part of a head above
		h, ok := golangReadHead(at, line.begin == sc.floor)
		if ok {
			return golangFound{form: golangDumpForm, start: sc.headBegin(at, line), t: at, head: h}, true
		}
		sc.tried = h.end
	}
	if strings.HasSuffix(s, "]:") {
		if i := strings.LastIndex(s, "goroutine "); i >= 0 {
			if _, _, ok := golangHeader(s[i:]); ok && golangStackFollows(t) {
				return sc.printed(t, line, i), true
			}
		}
	}
	if s == "WARNING: DATA RACE" {
		return golangFound{form: golangRaceForm, start: sc.raceBegin(at, line), t: t}, true
	}
	if i := strings.Index(s, `[{"func":`); i >= 0 {
		if f := (golangFound{form: golangDataForm, start: line.start + i, t: golangText{s: at.s, pos: line.start + i, escaped: at.escaped}}); golangDataEnd(f) > f.start {
			return f, true
		}
	}
	return sc.tryCall(at, line)
}

func golangHeadBegins(s string) bool {
	_, size := golangStarter(s)
	return size > 0 || strings.HasPrefix(s, "runtime: ") || strings.HasPrefix(s, "unexpected fault address ")
}

// tryCall recognises the traces that begin with a call, or with messages above one.
func (sc golangScanner) tryCall(at golangText, line golangLine) (golangFound, bool) {
	switch {
	case strings.HasPrefix(line.text, "--- at "):
		if _, ok := golangOopsCall(line.text); ok {
			return sc.oops(at, line)
		}
	case line.indent > 0 && golangIsErisCall(line.text):
		return sc.eris(at, line)
	case strings.HasSuffix(line.text, ")") && strings.Contains(line.text, " (0x"):
		if _, _, ok := golangReadCall(at, golangSources); ok {
			return sc.sources(at, line), true
		}
	}
	if _, _, ok := golangReadCall(at, golangBare); !ok {
		return golangFound{}, false
	}
	before, ok := golangBefore(at, line.begin, sc.floor)
	switch {
	case ok && before.text == "-- stack trace:":
		return sc.cockroach(at, line)
	case ok && line.indent >= 4 && strings.HasSuffix(before.text, ":") && before.indent < line.indent:
		return sc.xerrors(at, line, before), true
	}
	return sc.chain(at, line), true
}

// headBegin is where a head begins: the runtime's notes above it belong to it.
func (sc golangScanner) headBegin(t golangText, line golangLine) int {
	begin := line.begin
	for {
		before, ok := golangBefore(t, begin, sc.floor)
		if !ok || !strings.HasPrefix(before.text, "runtime: ") && !strings.HasPrefix(before.text, "unexpected fault address ") {
			return begin
		}
		begin = before.begin
	}
}

// golangStackFollows reports whether the next line goes on with a goroutine: the words `goroutine 1 [running]:` alone prove nothing.
func golangStackFollows(t golangText) bool {
	if _, _, ok := golangReadCall(t, golangRuntime); ok {
		return true
	}
	line, ok := t.next()
	return ok && (strings.HasPrefix(line.text, "created by ") || strings.HasPrefix(line.text, "goroutine running on other thread") ||
		strings.HasPrefix(line.text, "non-Go function"))
}

// golangMaxMessageLines bounds how far above a stack its message is looked for.
const golangMaxMessageLines = 16

// printed is a stack that a program printed of itself. Where it has a panic, the words before it end in the panic's value.
func (sc golangScanner) printed(t golangText, line golangLine, header int) golangFound {
	start := line.start + header
	f := golangFound{form: golangPrintedForm, start: start, t: golangText{s: t.s, pos: start, escaped: t.escaped}}
	if sc.whole {
		return f
	}
	if _, _, panicked := (golangStack{t: t}).afterPanic(false); !panicked {
		return f
	}
	if header > 0 && strings.TrimSpace(line.text[:header]) != "" {
		f.start = line.start + golangValueBegin(line.text[:header])
	} else {
		f.start = sc.valueAbove(t, line)
	}
	f.value = golangTrimEnd(t.s[f.start:start], t.escaped)
	if f.value == "" {
		f.start = start
	}
	return f
}

// valueAbove looks for the line that announces a panic's value, among those above a stack; else the value is what the line
// right above says.
func (sc golangScanner) valueAbove(t golangText, line golangLine) int {
	begin, first := line.begin, line.begin
	for n := 0; n < golangMaxMessageLines; n++ {
		above, ok := golangBefore(t, begin, sc.floor)
		if !ok || golangSourceLine(above.text) {
			break
		}
		begin = above.begin
		if i := golangRecovery(above.text); i >= 0 {
			return above.start + i
		}
		if n == 0 {
			first = above.start + golangValueBegin(above.text)
		}
		if golangStamped(above.text) {
			break
		}
	}
	return first
}

// golangValueBegin is where a value or a message begins in a log line: behind the stamp and the app's introduction. A line
// without a stamp is taken whole.
func golangValueBegin(s string) int {
	if i := golangRecovery(s); i >= 0 {
		return i
	}
	i := golangAfterStamp(s)
	if i > 0 {
		i += golangAfterIntro(s[i:])
	}
	return i
}
