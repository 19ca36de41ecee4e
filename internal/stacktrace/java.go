package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// javaReader reads what Throwable.printStackTrace, the JVM, Logback, Log4j, java.util.logging and Spring Boot print.
//
//	java_line   what one line says
//	java_head   what the first line of an exception says
//	java_find   where in a text a trace begins
//	java_walk   line by line to its end; java_open: the exceptions on the way
//	java_tree   exceptions and frames from what the walk found
//	java_plain  colours and one-line layouts
var javaReader = reader{language: Java, find: javaFind, parse: javaParse, key: javaKey}

// javaFind gives the bounds of the first trace. It allocates only where the text has colour codes, or holds its frames on one line.
func javaFind(text string, whole bool) (start, end int) {
	if strings.IndexByte(text, '\x1b') >= 0 {
		var colours javaBreaks
		start, end = javaFind(javaPlain(text, colours), whole)
		if start < 0 {
			return -1, -1
		}
		return colours.origin(text, start, false), colours.origin(text, end, true)
	}
	start, end, framed := javaFindLines(text, whole)
	if framed {
		return start, end
	}
	from, to, breaks, ok := javaFindBreaks(text)
	if !ok {
		return start, end
	}
	first, last, framed := javaFindLines(javaPlain(text[from:to], breaks), whole && from == 0)
	if !framed {
		return start, end
	}
	return from + breaks.origin(text[from:to], first, false), from + breaks.origin(text[from:to], last, true)
}

// javaRun walks the trace that find found; original: the offsets are those of in.Text. Where a separate field says the message, a trace that the
// message quotes does not end it.
func javaRun(in Input, start, end int, w *javaWalk) (original bool) {
	text := in.Text[:end]
	if original = strings.IndexByte(text[start:], '\x1b') < 0; !original {
		text, start = javaPlain(text[start:], javaBreaks{}), 0
	}
	start = javaAnchor(in, text, start)
	blank := *w
	blank.whole, blank.class, blank.message = in.Whole, in.Type, in.Message
	*w = blank
	if in.Message != "" && original {
		w.text = in.Text
		if w.run(start); w.met {
			return true
		}
		*w = blank
	}
	w.text = text
	w.run(start)
	if w.framed {
		return original
	}
	if from, to, breaks, ok := javaFindBreaks(text[start:]); ok && from == 0 {
		*w = blank
		w.text = javaPlain(text[start:start+to], breaks)
		w.run(0)
		return false
	}
	return original
}

// javaAnchor moves a start in the midst of a line to the class that a separate field says: the message before it may name others.
func javaAnchor(in Input, text string, start int) int {
	if in.Type == "" || in.Whole || start == 0 || text[start-1] == '\n' {
		return start
	}
	limit := len(text)
	for at := start; at < len(text); {
		l := javaReadLine(text, at)
		if l.mark != javaText {
			limit = l.start
			break
		}
		at = l.next
	}
	for from := strings.LastIndexByte(text[:start], '\n') + 1; from < limit; {
		n := strings.Index(text[from:limit], in.Type)
		if n < 0 {
			break
		}
		n += from
		if n > 0 && javaBefore(text[:n]) && javaClassEnd(text[n:]) == len(in.Type) {
			return n
		}
		from = n + len(in.Type)
	}
	return start
}

// javaParse reads the trace into exceptions.
func javaParse(in Input, start, end int) (Trace, bool) {
	w := javaWalk{keep: true}
	rows := strings.Count(in.Text[start:end], "\n") + 1
	w.rows = make([]javaRow, 0, min(rows, 4*javaMaxFrames))
	original := javaRun(in, start, end, &w)
	if root := &w.nodes[w.top.node]; root.head == root.headEnd && in.Type == "" && in.Message == "" {
		if !w.behead() {
			return Trace{}, false
		}
	}
	t := Trace{Language: Java, Start: start, End: end, Exceptions: javaExceptions(&w, in), ThreadName: w.thread}
	if len(t.Exceptions) == 0 {
		return Trace{}, false // all that is left is a circular reference to what is not in the text
	}
	if original {
		t.Start, t.End = w.from, w.end
	}
	if w.uncaught {
		t.Level = sentry.LevelFatal
	}
	return t, true
}

// behead leaves out a thrown exception whose first line is not in the text: its cause takes its place.
func (w *javaWalk) behead() bool {
	for i := range w.nodes {
		if w.nodes[i].owner == w.top.node && !w.nodes[i].suppressed {
			w.top.node = i
			return true
		}
	}
	return false
}

// javaKey reads the thrown exception's head and innermost frame.
func javaKey(in Input, start, end int) (Key, bool) {
	var w javaWalk
	w.brief = !strings.Contains(in.Text[start:end], "Wrapped by: ")
	javaRun(in, start, end, &w)
	head := w.text[w.top.head:w.top.headEnd]
	if head == "" && in.Type == "" && in.Message == "" {
		return javaKeyOf(in, start, end)
	}
	e := javaNamed(in, head)
	k := Key{Type: e.Type, Message: strings.TrimSpace(e.Value)}
	if w.top.row >= 0 {
		k.place(w.text[w.top.row:w.top.rowEnd])
	}
	return k, true
}

// place fills where the frame says it is.
func (k *Key) place(call string) {
	c, _ := javaParseCall(call, false)
	if c.native && c.file == "" {
		c.file = javaNatives[c.class]
	}
	if c.file == "" {
		k.Function = c.method
		return
	}
	k.File, k.Line = c.file[strings.LastIndexByte(c.file, '/')+1:], c.line
}

// javaKeyOf is the key of what is left of a trace whose first line is not in the text: only the tree says which exception that is.
func javaKeyOf(in Input, start, end int) (Key, bool) {
	t, ok := javaParse(in, start, end)
	if !ok {
		return Key{}, false
	}
	e := &t.Exceptions[len(t.Exceptions)-1]
	k := Key{Type: e.Type, Message: strings.TrimSpace(e.Value)}
	if n := len(e.Frames); n > 0 {
		f := &e.Frames[n-1]
		if k.File, k.Line = f.Filename[strings.LastIndexByte(f.Filename, '/')+1:], f.Lineno; k.File == "" {
			k.Line, k.Function = 0, f.Function
		}
	}
	return k, true
}

// javaNamed makes an exception of what its toString gave and of what separate fields say. io.sentry takes Class.getName and getMessage: so do the
// fields, where the text may have a toString of its own or a localized message.
func javaNamed(in Input, head string) sentry.Exception {
	if strings.Contains(head, "\r\n") {
		head = strings.ReplaceAll(head, "\r\n", "\n")
	}
	class, value, printed := javaReadHead(head)
	switch {
	case in.Type == "" || printed && !javaSameClass(class, in.Type):
		if in.Type == "" && class == "" && in.Message != "" {
			value = in.Message
		}
		return javaException(class, strings.LastIndexByte(class, '.'), value)
	case !printed:
		e := JavaException(in.Type, in.Message)
		if e.Value == "" {
			e.Value = value
		}
		return e
	}
	if in.Message != "" && !strings.HasPrefix(value, in.Message) { // a prefix: the field was cut
		value = in.Message
	}
	return javaException(class, strings.LastIndexByte(class, '.'), value)
}
