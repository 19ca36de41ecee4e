package stacktrace

import "strings"

// A block is one error: header, message, frames, properties. Reading one finds where its parts stand and copies nothing.

// nodeRun is an unbroken run of frame lines.
type nodeRun struct {
	start  int // of its first line
	end    int // behind its last frame
	next   int // where the line behind it starts
	indent int
	opens  bool // " {" follows: the error's properties
	closed bool // something else follows in the same line
}

// nodeReadRun reads the frames from the line at start on, which is one.
func nodeReadRun(text string, start int) nodeRun {
	r := nodeRun{start: start, next: start, indent: -1}
	for r.next <= len(text) && !r.closed {
		l := nodeLineAt(text, r.next)
		c := text[l.start:l.end]
		call, kind := nodeSplitFrame(c)
		switch {
		case kind == nodeNoFrame && !nodeFold(c):
			return r
		case r.indent < 0:
			r.indent = l.indent
		case l.indent != r.indent && !strings.HasPrefix(c, nodeMapped):
			return r
		}
		r.end, r.next = l.end, l.next
		if call.rest != "" {
			r.end = nodeTrimEnd(text[:l.end-len(call.rest)], l.start)
			r.opens, r.closed = call.rest == "{", true
		}
	}
	return r
}

// nodeMapped is what Node up to 14 prints below a frame whose source is mapped.
const nodeMapped = "-> "

// nodeFold tells the lines that stand for frames: "... 6 lines matching cause stack trace ..." and its like (util.inspect, events).
func nodeFold(c string) bool {
	return strings.HasPrefix(c, nodeMapped) ||
		(strings.HasPrefix(c, "... ") || strings.HasPrefix(c, "[... ")) && strings.Contains(c, "lines matching ")
}

// nodeBlock is where the parts of one error stand.
type nodeBlock struct {
	name     nodeName
	named    bool
	bracket  bool // "[Name: message]": util.inspect's form of an error without frames
	message  int
	end      int // of the message; all is read up to stop
	indent   int // what util.inspect or a logger put before every further line
	run      nodeRun
	framed   bool
	props    int // the properties' first line; 0: none
	propsEnd int
	stop     int
}

// nodeBounds says how far a block without frames may reach.
type nodeBounds uint8

const (
	nodeOneLine nodeBounds = iota // its first line
	nodeNested                    // the lines that are not indented less than its first
	nodeAll                       // everything up to a word of the runtime
)

// nodeReadBlock reads the error whose header starts at pos. message: what it is said to be elsewhere, or "".
func nodeReadBlock(text string, pos int, message string, bounds nodeBounds) nodeBlock {
	l := nodeLineAt(text, pos)
	b := nodeBlock{message: l.start, end: l.end, stop: l.end}
	b.indent = nodeLineAt(text, nodeLineStart(text, pos)).indent
	if l.start < l.end && text[l.start] == '[' && b.readBracket(text, l, bounds) {
		return b
	}
	next := l.next
	if _, kind := nodeSplitFrame(text[l.start:l.end]); kind == nodeFrame {
		b.end, next = l.start, nodeLineStart(text, l.start)
	} else if b.name, b.named = nodeNameAt(text, l.start, l.end); b.named {
		b.message = b.name.message
	}
	if end := nodeExactEnd(text, b.message, message); end >= 0 {
		b.end, b.stop, next = end, end, nodeLineAt(text, end).next
	}
	b.readFrames(text, next, bounds)
	return b
}

// readFrames finds the frames below the message, which ends where they begin. A message may itself hold what looks like frames: those are
// its own where more frames follow without a header of their own.
func (b *nodeBlock) readFrames(text string, pos int, bounds nodeBounds) {
	last := b.end
	for pos <= len(text) {
		l := nodeLineAt(text, pos)
		if l.blank() {
			pos = l.next
			continue
		}
		c := text[l.start:l.end]
		if bounds == nodeNested && l.indent < b.indent {
			break
		}
		if _, kind := nodeSplitFrame(c); kind == nodeFrame {
			run := nodeReadRun(text, pos)
			if again := nodeMoreFrames(text, run, b.named); again >= 0 {
				last, pos = nodeTrimEnd(text[:again-1], b.message), again
				continue
			}
			b.end = last
			b.setFrames(text, run)
			return
		}
		if nodeStops(c) {
			break
		}
		last, pos = l.end, l.next
	}
	if bounds != nodeOneLine {
		b.end = last
	}
	b.stop = b.end
}

// setFrames ends the block behind its frames, the place of an event emitter, and the properties.
func (b *nodeBlock) setFrames(text string, run nodeRun) {
	b.run, b.framed, b.stop = run, true, run.end
	opens, next := run.opens, run.next
	if !run.closed && next <= len(text) {
		if l := nodeLineAt(text, next); strings.HasPrefix(text[l.start:l.end], nodeEmitted) && l.next <= len(text) {
			emitted := nodeReadRun(text, l.next)
			b.stop, opens, next = max(l.end, emitted.end), emitted.opens, emitted.next
		}
	}
	if opens {
		b.readProps(text, next)
	}
}

// nodeEmitted starts the frames that Node adds where an "error" event had no listener.
const nodeEmitted = "Emitted 'error' event"

// readProps finds the line that closes the properties.
func (b *nodeBlock) readProps(text string, pos int) {
	indent := -1
	b.props = pos
	for pos <= len(text) {
		l := nodeLineAt(text, pos)
		switch {
		case l.blank():
		case indent < 0:
			indent = l.indent
		case l.indent < indent:
			b.propsEnd = pos
			if text[l.start] == '}' {
				b.stop = l.start + 1
			}
			return
		}
		if !l.blank() {
			b.stop = l.end
		}
		pos = l.next
	}
	b.propsEnd = len(text)
}

// nodeInspected tells what else util.inspect prints as "[Name: ...]".
func nodeInspected(name string) bool {
	switch name {
	case "Function", "AsyncFunction", "GeneratorFunction", "AsyncGeneratorFunction", "Getter", "Setter", "String", "Number", "Boolean", "BigInt",
		"Symbol", "Object", "Array", "Module", "Circular", "Arguments":
		return true
	}
	return false
}

// nodeBracketLines is how many lines the message of an error in brackets may have.
const nodeBracketLines = 30

// readBracket reads "[Name: message]", which may span lines and have properties.
func (b *nodeBlock) readBracket(text string, l nodeLine, bounds nodeBounds) bool {
	first := strings.TrimSuffix(text[l.start:l.end], ",")
	end := l.start + len(first)
	if name := nodeWordEnd(text[:end], l.start+1); name == end-1 && text[name] == ']' && name > l.start+1 {
		// "[TypeError]": deeper than util.inspect goes
		b.name = nodeName{head: l.start + 1, start: l.start + 1, end: name, message: name, alone: true, certain: nodeErrorWord(text[l.start+1 : name])}
		b.named, b.bracket, b.message, b.end, b.stop = true, true, name, name, end
		return b.name.certain
	}
	name, ok := nodeNameAt(text, l.start+1, end)
	if !ok || name.alone || nodeInspected(text[name.start:name.end]) {
		return false
	}
	for n := 0; n < nodeBracketLines; n++ {
		c := strings.TrimSuffix(text[l.start:l.end], ",")
		closed := strings.HasSuffix(c, "]")
		if closed || strings.HasSuffix(c, "] {") {
			b.name, b.named, b.bracket = name, true, true
			b.message, b.stop = name.message, l.start+len(c)
			b.end = b.stop - 1
			if !closed {
				b.end = b.stop - len("] {")
				b.readProps(text, l.next)
			}
			return true
		}
		if l.next > len(text) {
			return false
		}
		l = nodeLineAt(text, l.next)
		if bounds == nodeNested && l.indent < b.indent || nodeStops(c) {
			return false
		}
	}
	return false
}

// nodeExactEnd returns where the known message ends, if the text holds it and frames, or nothing, follow it; else -1.
func nodeExactEnd(text string, pos int, message string) int {
	if message == "" || !strings.HasPrefix(text[pos:], message) {
		return -1
	}
	end := pos + len(message)
	l := nodeLineAt(text, end)
	if !l.blank() {
		return -1
	}
	if l.next > len(text) || nodeFramesFollow(text, l.next) {
		return end
	}
	l = nodeLineAt(text, l.next)
	if nodeStops(text[l.start:l.end]) {
		return end
	}
	return -1
}

// nodeFramesFollow tells whether the next line with something in it is a frame.
func nodeFramesFollow(text string, pos int) bool {
	pos = nodeFirstContent(text, pos)
	l := nodeLineAt(text, pos)
	_, kind := nodeSplitFrame(text[l.start:l.end])
	return kind == nodeFrame
}

// nodeStops tells the lines that end a message and are no part of it.
func nodeStops(c string) bool {
	if c == "" || strings.IndexByte("cC[EFTN(", c[0]) < 0 {
		return false
	}
	for _, start := range [...]string{nodeCauseKey, nodeErrorsKey, nodeEmitted, "Thrown at:", "From previous event:", "Node.js v", nodeHint} {
		if strings.HasPrefix(c, start) {
			return true
		}
	}
	return nodeCausedBy(c) > 0
}

const (
	nodeCauseKey  = "[cause]: "
	nodeErrorsKey = "[errors]: ["
	nodeHint      = "(Use `node --trace-"
)

// nodeCausedBy returns the length of "caused by: " at the start of a line, in any case (pino, verror, nested-error-stacks, Deno).
func nodeCausedBy(c string) int {
	const words = "caused by: "
	if len(c) > len(words) && strings.EqualFold(c[:len(words)], words) {
		return len(words)
	}
	return 0
}

// nodeMoreLines is how many lines may stand between what looks like frames in a message and the error's own frames.
const nodeMoreLines = 60

// nodeMoreFrames returns the line where frames go on behind a run that thus belongs to a message, or -1. An error without a name has no more of
// them behind a blank line: those are the next one's.
func nodeMoreFrames(text string, run nodeRun, named bool) int {
	if run.closed {
		return -1
	}
	gap := false // the last line with something in it names no error
	pos, seen := run.next, 0
	for ; pos <= len(text) && seen < nodeMoreLines; seen++ {
		l := nodeLineAt(text, pos)
		c := text[l.start:l.end]
		if _, kind := nodeSplitFrame(c); kind == nodeFrame {
			if !gap || l.indent > run.indent {
				return -1
			}
			return pos
		}
		if c == "" && !named {
			return -1
		}
		if c != "" {
			if nodeStops(c) && !strings.HasPrefix(c, "Node.js v") || nodeRule(c) || c[0] == '"' {
				return -1
			}
			_, verdict := nodeHeaderIn(text, l, true)
			if verdict == nodeCertain || verdict == nodeDecoy {
				return -1
			}
			gap = verdict == nodeNothing
		}
		pos = l.next
	}
	return -1
}

// nodeRule tells a line of dashes, which long stack traces put between their parts.
func nodeRule(c string) bool { return strings.HasPrefix(c, "----") }
