package stacktrace

import "strings"

// javaNode is one exception as it is printed; offsets are into the text, indexes into javaWalk's nodes and rows.
type javaNode struct {
	head, headEnd int // what its toString gave
	indent        int // of its first line
	owner         int // whose cause it is, or in which it is suppressed; -1: it was thrown
	below         int // the open exception that it is printed under; -1: none
	rows          int // its first row
	suppressed    bool
	circular      bool // only named: it is its own ancestor
}

// javaRow is one frame as printed (end > 0), or count frames that are not: the last ones of the enclosing trace (common) or lost ones.
type javaRow struct {
	at, end int
	count   int
	common  bool
}

// javaTop is the exception that was thrown, as far as it is read.
type javaTop struct {
	node          int
	head, headEnd int
	row, rowEnd   int // its innermost frame; row is -1 as long as none is read
}

// javaWalk reads a printed Throwable line by line. It knows nothing about frames but where they stand.
type javaWalk struct {
	text  string
	whole bool // nothing else stands in the text
	keep  bool // nodes and rows are wanted, else only end and top
	brief bool // to be left as soon as top cannot change
	// class and message are what separate fields say of the thrown exception.
	class, message string

	from  int // where it began
	at    int // the line to read next
	end   int // where the last line ends that belongs to the trace
	nodes []javaNode
	rows  []javaRow
	top   javaTop

	uncaught bool
	thread   string // of an uncaught exception

	n         int // exceptions read
	stack     int // the innermost open one
	base      int // indent of the first
	indent    int // of the last
	head      int // where the last one's toString begins
	headLine  int // where its first line ends
	rowIndent int // of its frames, -1: none yet
	inHead    bool
	known     bool // where its message ends was said by a separate field
	met       bool // so was some exception's
	framed    bool // frames were read
	elided    bool // it ended in "... n more"
	bare      bool // its frames name no jar
	// A message may quote a trace. quoting is the last exception whose message ends in the head of another one, -1: none; quoted is what top was then.
	quoting      int
	quoted       javaTop
	quotedIndent int
}

// run reads the trace whose head begins at start.
func (w *javaWalk) run(start int) {
	w.begin(start)
	for w.at < len(w.text) {
		if l := javaReadLine(w.text, w.at); !w.take(l) {
			break
		}
		if w.brief && w.top.row >= 0 && w.quoting < 0 {
			return
		}
	}
	if w.inHead { // no frames followed
		if w.whole {
			w.headLine = max(w.headLine, len(strings.TrimRight(w.text, "\r\n")))
		}
		w.end = max(w.end, w.headLine)
		w.setHead(-1, w.headLine)
	}
}

// begin opens the first exception: behind "Exception in thread", a caption that survived where the text was cut, or without any head.
func (w *javaWalk) begin(start int) {
	w.stack, w.quoting, w.from, w.end = -1, -1, start, start
	l := javaReadLine(w.text, start)
	w.base = l.indent
	switch l.mark {
	case javaText, javaCircular:
		l.body += w.inThread(w.text[l.body:l.end])
		w.open(javaText, l)
		if class, thread, ok := javaLastWords(w.text[l.body:l.end]); ok {
			w.uncaught, w.thread, w.inHead, w.end = true, thread, false, l.end
			w.top.head += len(javaLast)
			w.setHead(w.top.head, w.top.head+len(class))
		}
	case javaCausedBy, javaWrappedBy, javaSuppressed:
		w.open(javaText, l)
	default: // its frames are all that is left
		w.base = max(l.indent-1, 0)
		w.open(javaText, javaLine{start: start, end: start, next: start, body: start, indent: w.base})
		w.inHead = false
	}
}

// inThread reads `Exception in thread "main" `; the result is its length. A name may hold quotes: it ends where an exception begins.
func (w *javaWalk) inThread(s string) int {
	rest, ok := strings.CutPrefix(s, javaInThread)
	if !ok {
		return 0
	}
	at := 0
	for from := 0; ; {
		quote := strings.Index(rest[from:], "\" ")
		if quote < 0 {
			break
		}
		from += quote + 2
		exception := javaHeadLine(rest[from:]) != javaNot
		if !w.uncaught || exception {
			w.uncaught, w.thread, at = true, rest[:from-2], len(javaInThread)+from
		}
		if exception {
			break
		}
	}
	return at
}

const (
	javaInThread = "Exception in thread \""
	javaLast     = "Exception: "
	javaLastMid  = " thrown from the UncaughtExceptionHandler in thread \""
)

// javaLastWords reads `Exception: java.lang.StackOverflowError thrown from the UncaughtExceptionHandler in thread "main"`.
func javaLastWords(s string) (class, thread string, ok bool) {
	s, ok = strings.CutPrefix(s, javaLast)
	if !ok {
		return "", "", false
	}
	class, thread, ok = strings.Cut(s, javaLastMid)
	return class, strings.TrimSuffix(thread, "\""), ok && javaNameEnd(class) == len(class)
}

// take reads one line; false: it is not part of the trace any more.
func (w *javaWalk) take(l javaLine) bool {
	switch l.mark {
	case javaText:
		return w.takeText(l)
	case javaCallLine:
		if w.quotes(l) {
			if w.quoting < 0 {
				return false
			}
			w.unquote(l)
		}
		w.closeHead(l)
		if l.count > 0 {
			w.row(javaRow{count: l.count})
		}
		w.call(l)
	case javaCommon, javaLeftOut:
		w.closeHead(l)
		w.row(javaRow{at: l.body, count: l.count, common: l.mark == javaCommon})
		w.elided = l.mark == javaCommon
	default:
		if w.inHead && !javaOpens(w.text[l.body:l.end]) {
			return w.takeText(l)
		}
		w.closeHead(l)
		w.end = l.end
		w.open(l.mark, l)
		return true
	}
	w.end, w.at = l.end, l.next
	return true
}

// quotes reports whether a frame shows that the frames before it were none of this exception's: the JDK prints none behind "... n more", none
// further to the left; and Logback and Log4j name the jar in all of an exception's frames or in none.
func (w *javaWalk) quotes(l javaLine) bool {
	if w.inHead || w.rowIndent < 0 {
		return w.elided
	}
	return w.elided || l.indent < w.rowIndent || l.packaged && w.bare && w.quoting == w.n-1
}

// javaOpens reports whether what stands behind a caption is an exception and not a message's own text.
func javaOpens(s string) bool {
	if strings.HasPrefix(s, javaCircularText) {
		return true
	}
	for i := range javaToStrings {
		if first, _, _ := strings.Cut(javaToStrings[i].prefix, "\n"); strings.HasPrefix(s, first) {
			return true
		}
	}
	s = s[javaHash(s):]
	n := javaNameEnd(s)
	if n == 0 {
		return false
	}
	lower := s[0] >= 'a' && s[0] <= 'z' && strings.IndexByte(s[:n], '.') < 0
	return javaEnding(s[:n]) || javaClassEnd(s) > 0 && !lower
}

// takeText reads a line without a mark: a message goes on, a quoted trace has ended, or the trace has.
func (w *javaWalk) takeText(l javaLine) bool {
	line := w.text[l.start:l.end]
	if w.inHead {
		if w.n > 1 && !w.whole && (javaRecordStart(line) || javaHeadAt(w.text, l) == javaSurely && !javaGoesOn(w.text[:l.start])) {
			return false
		}
		w.at = l.next
		return true
	}
	if w.sibling(l) {
		return true
	}
	if call := w.bridge(l); call.mark == javaCallLine && w.quoting >= 0 {
		w.unquote(call)
		w.at = call.start
		return true
	}
	if l.next == len(w.text) && l.end == l.next && strings.HasPrefix(line[l.indent:], "at ") && l.indent > 0 {
		w.end = l.end // the frame at which the text was cut
	}
	return false
}

// sibling reads what Log4j 2.25's %rEx makes of a second suppressed exception: its first line lost caption and indent, its frames did not.
func (w *javaWalk) sibling(l javaLine) bool {
	if w.indent <= w.base || l.indent > 0 || javaHeadAt(w.text, l) == javaNot || l.next == len(w.text) {
		return false
	}
	next := javaReadLine(w.text, l.next)
	if next.mark != javaCallLine && next.mark != javaCommon || next.indent != w.rowIndent {
		return false
	}
	l.indent = w.indent
	w.end = l.end
	w.open(javaSuppressed, l)
	return true
}

// bridge finds the frame with which the trace goes on behind lines that are no part of it.
func (w *javaWalk) bridge(l javaLine) javaLine {
	if w.quoting < 0 {
		return l
	}
	for l.mark == javaText {
		if javaHeadAt(w.text, l) != javaNot || !w.whole && javaRecordStart(w.text[l.start:l.end]) || l.next == len(w.text) {
			break
		}
		l = javaReadLine(w.text, l.next)
	}
	return l
}

// unquote gives all that was read since the message began which quotes a trace back to that message.
func (w *javaWalk) unquote(l javaLine) {
	w.n, w.indent = w.quoting+1, w.quotedIndent
	if w.keep {
		w.nodes = w.nodes[:w.n]
		w.rows = w.rows[:w.nodes[w.n-1].rows]
		w.stack = w.n - 1
	}
	if w.top.node >= w.quoting {
		w.top = w.quoted
		if w.top.node == w.quoting {
			w.top.row = -1
		}
	}
	w.setHead(-1, javaBreakBefore(w.text, l.start))
	w.inHead, w.elided, w.bare, w.rowIndent = false, false, false, -1
}
