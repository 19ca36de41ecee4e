package stacktrace

import "strings"

// nodeTrace is one trace of a text: what stands before the thrown error, the error, and where all that belongs to it ends.
type nodeTrace struct {
	nodeOpening
	thrown  nodeBlock
	end     int
	trailer bool // "Node.js v20.1.0": the process died of it
}

// nodeRead reads the trace that starts at start. It copies nothing. False: nothing there is an error.
func nodeRead(text string, start int, in *Input) (nodeTrace, bool) {
	t := nodeTrace{nodeOpening: nodeOpen(text, start)}
	t.announced(text)
	bounds := nodeOneLine
	switch {
	case t.pretty >= 0:
		bounds = nodeNested
	case in.Whole || t.arrow:
		bounds = nodeAll
	}
	t.thrown = nodeReadBlock(text, t.header, in.Message, bounds)
	if !t.thrown.named && in.Whole {
		t.thrown.setName(text, in.Type)
	}
	if t.uncaught && t.thrown.framed {
		t.thrown.cutSource(text)
	}
	if b := &t.thrown; b.named && !b.name.certain && !b.bracket && !(b.framed && (in.Whole || t.arrow || nodeClassName(text[b.name.start:b.name.end]))) {
		b.named, b.message = false, b.name.head // a thrown text, or a message without a name, that happens to start as a name does
	}
	t.end = t.thrown.stop
	for pos := t.end; ; {
		part, at := nodeNextPart(text, pos)
		switch part {
		case nodeCausePart:
			cause := nodeReadBlock(text, at, "", nodeOneLine)
			pos = cause.stop
		case nodeThrownPart:
			run := nodeReadRun(text, at)
			if pos = run.end; !t.thrown.framed {
				t.thrown.run, t.thrown.framed = run, true
			}
		case nodeHintPart, nodeTrailerPart:
			l := nodeLineAt(text, at)
			t.trailer = t.trailer || part == nodeTrailerPart
			pos = l.end
		default:
			t.finish(text)
			return t, t.thrown.named || t.thrown.framed || t.arrow || t.uncaught
		}
		t.end = pos
	}
}

// announced reads what winston puts before an error that it caught for the process.
func (t *nodeTrace) announced(text string) {
	line := nodeLineStart(text, t.start)
	if strings.TrimSpace(text[line:t.start]) == "" {
		line = max(nodePreviousLine(text, line, 0), 0)
	}
	before := text[line:t.start]
	t.uncaught = t.uncaught || strings.Contains(before, "uncaughtException: ")
	t.rejection = t.rejection || strings.Contains(before, "unhandledRejection: ")
}

// setName takes a name with blanks in it ("Validation Error") where a field says that it is one, or its end does.
func (b *nodeBlock) setName(text, name string) {
	s := b.message
	line, _, _ := strings.Cut(text[s:b.end], "\n")
	if words, _, ok := strings.Cut(line, ": "); name == "" && ok && len(words) <= 60 && nodeErrorWord(words) {
		name = words
	}
	rest, ok := strings.CutPrefix(text[s:b.end], name)
	if name == "" || !ok || rest != "" && rest[0] != ':' {
		return
	}
	b.name, b.named = nodeName{head: s, start: s, end: s + len(name), certain: true}, true
	b.message += len(name)
	if rest != "" {
		b.message++
	}
	if strings.HasPrefix(rest, ": ") {
		b.message++
	}
}

// cutSource cuts the source line and the caret that Deno prints between the message and the frames of an uncaught error.
func (b *nodeBlock) cutSource(text string) {
	caret := strings.LastIndexByte(text[b.message:b.end], '\n')
	if caret < 0 || !nodeCaretLine(nodeTrim(text[b.message+caret+1:b.end])) {
		return
	}
	if source := strings.LastIndexByte(text[b.message:b.message+caret], '\n'); source >= 0 {
		b.end = b.message + source
	}
}

// finish draws the conclusions that need the whole.
func (t *nodeTrace) finish(text string) {
	kind := t.errorType(text)
	t.rejection = t.rejection || kind == nodeRejectionType
	// A SyntaxError's own stack begins with an arrow, whoever prints it.
	t.uncaught = t.uncaught || t.trailer || t.arrow && kind != "SyntaxError"
	if t.object >= 0 {
		inner := nodeLineAt(text, t.pretty).indent
		t.end = nodeObjectEnd(text, t.pretty, inner)
	}
}

// placed tells whether the arrow is the only place that is known of the error. Node's own file is none.
func (t *nodeTrace) placed() bool {
	return t.arrow && !t.thrown.framed && (!t.thrown.named || nodeInApp(t.file))
}

// nodeRejectionType is what Node throws for a rejection that is no error.
const nodeRejectionType = "UnhandledPromiseRejection"

// errorType is the thrown error's type as its header says it, "" where it has none.
func (t *nodeTrace) errorType(text string) string {
	if !t.thrown.named {
		return ""
	}
	return text[t.thrown.name.start:t.thrown.name.end]
}

// nodePart is what may follow an error.
type nodePart uint8

const (
	nodeEndPart     nodePart = iota
	nodeCausePart            // "caused by: ", at: its header
	nodeThrownPart           // "Thrown at:", at: the line of its first frame
	nodeHintPart             // "(Use `node --trace-uncaught ...`"
	nodeTrailerPart          // "Node.js v20.1.0"
)

// nodeNextPart tells what stands behind pos.
func nodeNextPart(text string, pos int) (nodePart, int) {
	if pos < 0 || pos >= len(text) {
		return nodeEndPart, 0
	}
	l := nodeLineAt(text, pos)
	if !l.blank() || l.next > len(text) {
		return nodeEndPart, 0
	}
	at := nodeFirstContent(text, l.next)
	if at >= len(text) {
		return nodeEndPart, 0
	}
	l = nodeLineAt(text, at)
	c := text[l.start:l.end]
	switch {
	case nodeCausedBy(c) > 0:
		return nodeCausePart, at + nodeCausedBy(c)
	case strings.HasPrefix(c, nodeCauseKey):
		return nodeCausePart, at + len(nodeCauseKey)
	case c == "Thrown at:" && l.next <= len(text) && nodeFramesFollow(text, l.next):
		return nodeThrownPart, l.next
	case strings.HasPrefix(c, nodeHint):
		return nodeHintPart, at
	case strings.HasPrefix(c, "Node.js v"):
		return nodeTrailerPart, at
	}
	return nodeEndPart, 0
}

// nodeObjectEnd returns the end of an object whose lines, of which one starts at pos, have this indent.
func nodeObjectEnd(text string, pos, indent int) int {
	end := pos
	for pos <= len(text) {
		l := nodeLineAt(text, pos)
		if !l.blank() {
			if l.indent < indent {
				if text[l.start] == '}' {
					end = l.start + 1
				}
				break
			}
			end = l.end
		}
		pos = l.next
	}
	return end
}
