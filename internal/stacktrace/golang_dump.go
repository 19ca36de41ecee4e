package stacktrace

import "strings"

// golangHead is what the runtime prints before the goroutines: `panic: ...` with the panics that led to it, `fatal error: ...`,
// a signal.
type golangHead struct {
	from, to int // the lines of the values, in bytes; from is at the first "panic: "
	kind     golangKind
	stack    golangText // at the header of the first goroutine
	hasStack bool
	bare     bool // chi's recoverer: a stack without a goroutine's header
	end      int  // without a stack: where the head ends
}

type golangKind uint8

const (
	golangPanic golangKind = iota
	golangFatal
	golangSignal
)

// golangValue is one line "panic: ..." of a head.
type golangValue struct {
	raw        string // as in the text
	kind       golangKind
	repanicked bool // recovered and panicked with again: the stack has the first panic's place further down
	twice      bool // the next value is the same one again, as Go before 1.23 prints it
}

// golangStarter recognises the lines that begin a value and says how long their words are.
func golangStarter(s string) (kind golangKind, size int) {
	switch {
	case strings.HasPrefix(s, "panic: "):
		return golangPanic, len("panic: ")
	case strings.HasPrefix(s, "fatal error: "):
		return golangFatal, len("fatal error: ")
	case strings.HasPrefix(s, "SIG"): // SIGQUIT: quit
		i := 3
		for i < len(s) && s[i] >= 'A' && s[i] <= 'Z' {
			i++
		}
		if i > 3 && strings.HasPrefix(s[i:], ": ") {
			return golangSignal, i + 2
		}
	}
	return 0, 0
}

// golangHeadNote recognises the other lines of a head.
func golangHeadNote(s string) bool {
	for _, prefix := range [...]string{
		"[signal ", "runtime: ", "unexpected fault address ", "PC=0x", "signal arrived during ", "instruction bytes:", "panic during ",
		"stack trace unavailable", "fatal: ",
	} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// golangMaxValueLines bounds the lines of a value that nothing marks as such: before Go 1.23 they are not indented.
const golangMaxValueLines = 64

// golangReadHead reads a head that begins at the text's next line; opening: nothing stands before it. False: it is none, or
// nothing proves it.
func golangReadHead(t golangText, opening bool) (golangHead, bool) {
	r := golangHeadReader{head: golangHead{from: -1}, t: t}
	for n := 0; r.head.from >= 0 || n < golangHeadLines; n++ {
		at := r.t
		line, ok := r.t.next()
		if !ok || !r.take(at, line) {
			break
		}
	}
	h := r.head
	switch {
	case h.from < 0:
		return h, false
	case h.hasStack:
		h.close(h.stack.pos)
		return h, true
	}
	h.close(h.end)
	return h, r.proven || golangSelfEvident(t, h, opening)
}

type golangHeadReader struct {
	head   golangHead
	t      golangText // behind the line that is taken
	proven bool       // by a line that only the runtime writes
	loose  int        // lines since the last one that surely belongs to the head
}

// take adds a line to the head; false where the head ends.
func (r *golangHeadReader) take(at golangText, line golangLine) bool {
	h := &r.head
	if golangHeadNote(line.text) || line.text == "runtime stack:" {
		r.note(line)
		return true
	}
	if kind, size := golangStarter(line.text); size > 0 && (h.from < 0 || h.to == 0 && golangNested(r.t.s, line)) {
		if h.from < 0 {
			h.from = line.start
		}
		h.kind, h.end = kind, line.end
		if line.indent > 0 {
			r.loose = 0
		} else { // one after runtime.Goexit, hardly more
			r.loose += golangMaxValueLines / 8
		}
		return r.loose <= golangMaxValueLines
	}
	if h.from < 0 {
		return false
	}
	if h.to == 0 && line.text != "" && golangTabbed(r.t.s, line) { // a value's next line
		h.end, r.loose = line.end, 0
		return true
	}
	if _, _, ok := golangHeader(line.text); ok {
		h.stack, h.hasStack = at, true
	} else if _, _, ok := golangReadCall(at, golangBare); ok && line.indent > 0 {
		h.stack, h.hasStack, h.bare = at, true, true
	}
	r.loose++
	return !h.hasStack && r.loose <= golangMaxValueLines && !golangStamped(line.text)
}

// note takes a line that ends the values.
func (r *golangHeadReader) note(line golangLine) {
	if r.head.from >= 0 {
		r.head.close(line.begin)
		r.head.end, r.proven = line.end, true
	}
	if line.text == "runtime stack:" {
		st := golangStack{t: r.t, end: line.end}
		st.drain()
		r.t, r.head.end = st.t, st.end
	}
}

// close ends the values.
func (h *golangHead) close(at int) {
	if h.to == 0 {
		h.to = at
	}
}

// golangSelfEvident accepts a head without a stack (GOTRACEBACK=none): a text of the runtime's own, or a "panic: " at the very
// beginning of what was logged.
func golangSelfEvident(t golangText, h golangHead, opening bool) bool {
	v, _, _ := h.value(t, h.from)
	raw := strings.Trim(v.raw, " \r\n")
	switch h.kind {
	case golangFatal:
		return golangFatalText(raw)
	case golangPanic:
		return opening || v.repanicked || golangRuntimeError(raw) != "" || golangTypeOf(raw) != ""
	}
	return false
}

// golangTabbed reports whether a line is indented by one tab.
func golangTabbed(s string, line golangLine) bool {
	return strings.HasPrefix(s[line.begin:], "\t") || strings.HasPrefix(s[line.begin:], `\t`)
}

// golangNested reports whether a line that begins like a value's is one: nested panics are indented by one tab, those after
// runtime.Goexit are not.
func golangNested(s string, line golangLine) bool {
	return line.begin == line.start || golangTabbed(s, line) && line.indent == 1
}

// value reads the value whose words begin at offset at. next is where the following one begins, or -1.
func (h golangHead) value(t golangText, at int) (v golangValue, next int, ok bool) {
	kind, size := golangStarter(t.s[at:h.to])
	if size == 0 {
		return v, -1, false
	}
	v.kind = kind
	begin, end := at+size, h.to
	t.s, t.pos, next = t.s[:h.to], begin, -1
	for n := 0; ; n++ {
		line, more := t.next()
		if !more {
			break
		}
		if _, size := golangStarter(line.text); n > 0 && size > 0 && golangNested(t.s, line) {
			end, next = line.begin, line.start
			break
		}
	}
	v.raw = golangTrimEnd(t.s[begin:end], t.escaped)
	for _, mark := range [...]string{" [recovered, repanicked]", " [recovered]"} {
		if raw, cut := strings.CutSuffix(v.raw, mark); cut {
			v.raw, v.twice = raw, h.same(t, raw, next)
			v.repanicked = v.twice || mark == " [recovered, repanicked]"
			break
		}
	}
	return v, next, true
}

// same reports whether the value that begins at offset next has the same text: before Go 1.23 the runtime printed a value that
// was panicked with again a second time.
func (h golangHead) same(t golangText, raw string, next int) bool {
	if next < 0 {
		return false
	}
	_, size := golangStarter(t.s[next:])
	rest, ok := strings.CutPrefix(t.s[next+size:h.to], raw)
	return ok && (strings.HasPrefix(rest, " [recovered") || golangTrimEnd(rest, t.escaped) == "" || rest[0] == '\n' && strings.HasPrefix(strings.TrimLeft(rest, "\r\n\t"), "panic: "))
}

func golangTrimEnd(s string, escaped bool) string {
	for {
		cut := strings.TrimRight(s, " \t\r\n")
		if escaped {
			cut = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(cut, `\n`), `\r`), `\t`)
		}
		if len(cut) == len(s) {
			return s
		}
		s = cut
	}
}

// last is the value that ended the program, and how many there were: a value that was panicked with again counts once.
func (h golangHead) last(t golangText) (v golangValue, n int) {
	for at := h.from; at >= 0; {
		this, next, ok := h.value(t, at)
		if !ok {
			break
		}
		if v.twice {
			this.repanicked = true
		} else {
			n++
		}
		v, at = this, next
	}
	return v, n
}

// text is the value as the program wrote it. The runtime indents its further lines by a tab (Go >= 1.23).
func (v golangValue) text(t golangText) string {
	s := v.raw
	if t.escaped && strings.IndexByte(s, '\\') >= 0 {
		s, t.escaped = golangUnescape(s), false
	}
	if n := strings.Count(s, "\n"); n > 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		if strings.Count(s, "\n\t") == n {
			s = strings.ReplaceAll(s, "\n\t", "\n")
		}
	}
	return t.string(s)
}

// golangHeader reads `goroutine 7 gp=0x... m=0 mp=0x... [chan receive, 5 minutes, locked to thread]:`.
func golangHeader(s string) (id, state string, ok bool) {
	rest, ok := strings.CutPrefix(s, "goroutine ")
	if !ok || !strings.HasSuffix(rest, "]:") {
		return "", "", false
	}
	n := golangDigits(rest)
	open := strings.Index(rest, " [")
	if n == 0 || n > 20 || open < n {
		return "", "", false
	}
	if between := rest[n:open]; between != "" && !strings.HasPrefix(between, " gp=") && !strings.HasPrefix(between, " m=") {
		return "", "", false
	}
	return rest[:n], rest[open+2 : len(rest)-2], true
}

// golangDump reads the goroutines of a dump one after the other.
type golangDump struct {
	t   golangText
	end int // offset after the last line that belongs to the dump
}

// golangGoroutine is one of them.
type golangGoroutine struct {
	id, state string
	stack     golangStack
}

// next reads on to the next goroutine; its stack must have been handed to done before. False: there is none.
func (d *golangDump) next() (golangGoroutine, bool) {
	for {
		at := d.t
		line, ok := d.t.next()
		if !ok {
			return golangGoroutine{}, false
		}
		if id, state, ok := golangHeader(line.text); ok {
			d.end = line.end
			return golangGoroutine{id: id, state: state, stack: golangStack{t: d.t, end: line.end}}, true
		}
		switch {
		case line.text == "":
		case line.text == "runtime stack:":
			st := golangStack{t: d.t, end: line.end}
			st.drain()
			d.done(st)
		case golangTrailer(line.text):
			d.end = line.end
		default:
			d.t = at
			return golangGoroutine{}, false
		}
	}
}

// done takes the stack of a goroutine, which may have been read in part.
func (d *golangDump) done(st golangStack) {
	st.drain()
	d.t, d.end = st.t, st.end
}

// golangTrailer recognises what stands between and after the goroutines: registers, the signals of GOTRACEBACK=crash, go run's
// last words.
func golangTrailer(s string) bool {
	if _, size := golangStarter(s); size > 0 && strings.HasPrefix(s, "SIG") || golangHeadNote(s) || s == "-----" {
		return true
	}
	if n, ok := strings.CutPrefix(s, "exit status "); ok {
		return golangDigits(n) == len(n)
	}
	i := strings.IndexByte(s, ' ') // rax    0xca
	return i > 0 && i <= 7 && strings.HasPrefix(strings.TrimLeft(s[i:], " "), "0x") && s[0] >= 'a' && s[0] <= 'z'
}

// rest reads to the end of the dump.
func (d *golangDump) rest() int {
	for {
		g, ok := d.next()
		if !ok {
			return d.end
		}
		d.done(g.stack)
	}
}
