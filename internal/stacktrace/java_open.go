package stacktrace

import "strings"

// open begins an exception whose toString starts at l.body.
func (w *javaWalk) open(mark javaMark, l javaLine) {
	node := javaNode{head: l.body, headEnd: l.end, indent: l.indent, owner: -1, below: -1, rows: len(w.rows)}
	if strings.HasPrefix(w.text[l.body:l.end], javaCircularText) {
		node.circular = true
		node.head += len(javaCircularText)
		if node.head < l.end && w.text[node.head] == ' ' { // the JDK had none before 14
			node.head++
		}
	}
	if w.keep {
		w.link(&node, mark)
		w.nodes = append(w.nodes, node)
		w.stack = len(w.nodes) - 1
	}
	w.n++
	w.indent, w.head, w.at = l.indent, node.head, l.next
	w.headLine = l.end
	w.inHead, w.known, w.elided, w.bare, w.rowIndent = true, false, false, false, -1
	if w.n == 1 || mark == javaWrappedBy && l.indent <= w.base {
		w.top = javaTop{node: w.n - 1, head: node.head, headEnd: l.end, row: -1}
	}
	w.knownMessage()
}

// link hangs an exception into the tree by what its caption and its indent say.
func (w *javaWalk) link(node *javaNode, mark javaMark) {
	top := w.stack
	if top < 0 {
		return
	}
	for w.nodes[top].below >= 0 && !w.under(&w.nodes[top], node.indent, mark) {
		top = w.nodes[top].below
	}
	if mark == javaWrappedBy {
		inner := &w.nodes[top]
		node.owner, node.suppressed, node.below = inner.owner, inner.suppressed, inner.below
		inner.owner, inner.suppressed = len(w.nodes), false
		return
	}
	node.owner, node.below, node.suppressed = top, top, mark == javaSuppressed
}

// under reports whether an exception with this indent and caption belongs to the open one. Where someone cut all indents, what follows a
// suppressed exception is taken for its sibling or its owner's cause: the more frequent cases.
func (w *javaWalk) under(open *javaNode, indent int, mark javaMark) bool {
	flat := indent == w.base && open.indent == w.base && mark != javaWrappedBy
	switch {
	case flat && open.suppressed:
		return false
	case mark == javaSuppressed:
		return open.indent < indent || flat
	}
	return open.indent <= indent
}

// knownMessage skips the message where a separate field says it: whatever it holds is then no part of the trace.
func (w *javaWalk) knownMessage() {
	if w.message == "" {
		return
	}
	s := w.text[w.head:]
	n := javaClassEnd(s)
	if n == 0 || !strings.HasPrefix(s[n:], ": ") || w.class == "" && w.n > 1 || w.class != "" && !javaSameClass(s[:n], w.class) {
		return
	}
	rest, ok := strings.CutPrefix(s[n+2:], w.message)
	end := len(w.text) - len(rest)
	l := javaReadLine(w.text, end)
	if !ok || l.start != l.end { // the field was cut, or is a part of the message only
		return
	}
	w.known, w.met, w.headLine, w.at = true, true, end, l.next
}

// javaSameClass compares a binary name with one that may be canonical (Outer.Inner).
func javaSameClass(binary, class string) bool {
	if len(binary) != len(class) {
		return false
	}
	for i := 0; i < len(binary); i++ {
		if binary[i] != class[i] && (binary[i] != '$' || class[i] != '.') {
			return false
		}
	}
	return true
}

// closeHead ends the message at the line that cannot be part of it.
func (w *javaWalk) closeHead(l javaLine) {
	if !w.inHead {
		return
	}
	w.inHead = false
	end := max(javaBreakBefore(w.text, l.start), w.headLine)
	w.setHead(-1, end)
	if !w.known && javaQuotes(w.text[w.head:end]) {
		w.quoting, w.quoted, w.quotedIndent = w.n-1, w.top, w.indent
	}
}

// javaBreakBefore is where the line break begins that ends before the offset.
func javaBreakBefore(text string, at int) int {
	at = max(at-1, 0)
	if at > 0 && text[at-1] == '\r' {
		at--
	}
	return at
}

// javaQuotes reports whether a message ends in a line that names another exception: frames behind it may be that one's.
func javaQuotes(head string) bool {
	n := javaNameEnd(head)
	if last := strings.LastIndexByte(head, '\n'); last > n {
		n = last + 1
	}
	at, sure := javaInlineHead(head[n:])
	if at < 0 || sure {
		return sure
	}
	s := head[n+at:]
	return strings.HasPrefix(s[javaNameEnd(s):], ":")
}

// setHead says where the last exception's toString stands; -1: it begins where it was.
func (w *javaWalk) setHead(head, end int) {
	if w.keep {
		node := &w.nodes[w.n-1]
		node.headEnd = end
		if head >= 0 {
			node.head = head
		}
	}
	if w.top.node == w.n-1 {
		w.top.headEnd = end
	}
}

// call keeps one frame of the last exception.
func (w *javaWalk) call(l javaLine) {
	w.bare = !l.packaged && (w.bare || w.rowIndent < 0)
	w.rowIndent, w.framed = l.indent, true
	w.row(javaRow{at: l.body, end: l.end})
	if w.top.node == w.n-1 && w.top.row < 0 && !javaOwnFrame(w.text[l.body:l.end]) {
		w.top.row, w.top.rowEnd = l.body, l.end
	}
}

func (w *javaWalk) row(r javaRow) {
	if w.keep {
		w.rows = append(w.rows, r)
	}
}
