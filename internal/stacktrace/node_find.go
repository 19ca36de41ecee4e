package stacktrace

import "strings"

// nodeFind looks for the first trace in a text. It copies nothing.
func nodeFind(text string, whole bool) (start, end int) {
	if whole {
		start = nodeFindWhole(text)
	} else {
		start = nodeFindInside(text)
		limit := len(text)
		if start >= 0 {
			limit = start
		}
		if quoted, end := nodeFindQuoted(text, limit); quoted >= 0 {
			return quoted, end
		}
	}
	if start < 0 {
		return -1, -1
	}
	t, ok := nodeRead(text, start, &Input{Whole: whole})
	if !ok {
		return -1, -1
	}
	if whole {
		return 0, len(text)
	}
	return start, t.end
}

// nodeFindWhole tells whether a text that is nothing but a stack trace is V8's.
func nodeFindWhole(text string) int {
	start := nodeFirstContent(text, 0)
	o := nodeOpen(text, start)
	l := nodeLineAt(text, o.header)
	if _, v := nodeHeaderIn(text, l, true); v == nodeDecoy {
		return -1
	}
	if nodeNextFrame(text, 0) >= 0 {
		return start
	}
	// No frames: an error all the same, where no other language's frames stand there.
	name, ok := nodeNameAt(text, o.header, l.end)
	bracket := o.header < len(text) && text[o.header] == '['
	if bracket {
		name, ok = nodeNameAt(text, o.header+1, l.end)
	}
	if !ok && o.uncaught {
		return start
	}
	if !ok || !name.certain || strings.IndexByte(text[name.start:name.end], '.') >= 0 {
		return -1
	}
	if strings.Contains(text, "\n\tat ") || strings.Contains(text, "\n   at ") || strings.Contains(text, "\n  File \"") {
		return -1
	}
	return start
}

// nodeNextFrame returns the start of the next line that is a frame for sure, from pos on.
func nodeNextFrame(text string, pos int) int {
	for {
		i := strings.Index(text[pos:], "at ")
		if i < 0 {
			return -1
		}
		at := pos + i
		pos = at + len("at ")
		from := nodeTrimEnd(text[:at], 0)
		if from > 0 && text[from-1] != '\n' {
			continue
		}
		l := nodeLineAt(text, at)
		if _, kind := nodeSplitFrame(text[l.start:l.end]); kind == nodeFrame {
			return from
		}
	}
}

// nodeFindInside looks for a trace among other text.
func nodeFindInside(text string) int {
	framed := nodeFindFramed(text)
	limit := len(text)
	if framed >= 0 {
		limit = framed
	}
	bare := nodeFindBare(text, limit)
	if bare >= 0 && framed >= 0 {
		// An error without frames counts only where the frames below are its own causes' or members'.
		if t, ok := nodeRead(text, bare, &Input{}); !ok || t.end <= framed {
			return framed
		}
	}
	if bare >= 0 {
		return bare
	}
	return framed
}

// nodeFindFramed finds where the first error with frames starts.
func nodeFindFramed(text string) int {
	headless := -1
	for floor := 0; floor <= len(text); {
		frames := nodeNextFrame(text, floor)
		if frames < 0 {
			break
		}
		header, verdict := nodeHeaderAbove(text, floor, frames)
		switch {
		case verdict == nodeCertain || verdict == nodePerhaps && headless < 0:
			return nodeExtend(text, floor, nodeCommandFailed(text, floor, header))
		case verdict == nodeHeadless && headless < 0:
			// Its error has no name, or an app's words about an error hold what looks like frames: a name further on is better.
			headless = nodeExtend(text, floor, header)
		}
		floor = nodeReadRun(text, frames).next
	}
	return headless
}

// nodeCommandFailed moves a header up to that of child_process: its message ends in all that the command wrote, other traces too.
func nodeCommandFailed(text string, floor, header int) int {
	const words = ": Command failed"
	i := strings.Index(text[floor:header], words)
	if i < 0 {
		return header
	}
	end := floor + i
	if start := nodeWordStart(text, floor, end); start < end && nodeErrorWord(text[start:end]) {
		return start
	}
	return header
}

// nodeFindBare finds an error without frames of its own before limit, where its form leaves no doubt: util.inspect's brackets, pino-pretty's
// object, what Node prints of a thrown value, Promise.any's only message.
func nodeFindBare(text string, limit int) int {
	found := -1
	for _, find := range [...]func(string, int) int{nodeFindBracket, nodeFindPretty, nodeFindThrown} {
		if at := find(text, limit); at >= 0 {
			found, limit = at, at
		}
	}
	return found
}

// nodeFindBracket finds "[Name: message]" or "Name: All promises were rejected" that ends its line, or opens properties.
func nodeFindBracket(text string, limit int) int {
	words := nodeErrorWords{text: text[:limit]}
	l, line := nodeLine{}, -1
	for i := 0; ; {
		at := words.after(i)
		if at < 0 {
			return -1
		}
		if line < 0 || at > l.next {
			line = i + strings.LastIndexByte(text[i:at], '\n') + 1
			if line == i {
				line = nodeLineStart(text, at)
			}
			l = nodeLineAt(text, line)
		}
		if i = at; i < len(text) && nodeWordByte(text[i]) {
			continue
		}
		s := nodeWordStart(text, line, at)
		if pos := nodeBracketAt(text, l, line, s, at); pos >= 0 {
			return nodeExtend(text, 0, pos)
		}
	}
}

// nodeBracketAt tells where the error starts whose name [s, e) stands in the line l; -1: it is none.
func nodeBracketAt(text string, l nodeLine, line, s, e int) int {
	const rejected = "AggregateError: All promises were rejected"
	if text[s:min(s+len(rejected), l.end)] == rejected && s+len(rejected) == l.end && (s == l.start || nodeBoundary(text, line, s)) {
		return s
	}
	if e < l.end && text[e] == ']' && s-2 > line && text[s-2:s] == " [" {
		s = nodeWordStart(text, line, s-2) // [Class [Error]: message]
	}
	if s-1 < line || text[s-1] != '[' || s-1 > l.start && !nodeBoundary(text, line, s-1) {
		return -1
	}
	if c := text[s:min(s+200, l.end)]; !strings.Contains(c, ": ") && !strings.HasSuffix(c, ":") {
		return -1
	}
	b := nodeBlock{indent: l.indent}
	if b.readBracket(text, nodeLine{start: s - 1, end: l.end, indent: l.indent, next: l.next}, nodeNested) && b.name.certain && !b.name.alone {
		return s - 1
	}
	return -1
}

// nodeFindPretty finds the object that pino-pretty prints around an error.
func nodeFindPretty(text string, limit int) int {
	for i := 0; i < limit; {
		j := strings.Index(text[i:limit], nodeStackKey)
		if j < 0 {
			return -1
		}
		l := nodeLineAt(text, i+strings.LastIndexByte(text[i:i+j], '\n')+1)
		i = l.next
		if text[l.start:l.end] != nodeStackKey || l.next > len(text) {
			continue
		}
		header := nodeLineAt(text, l.next)
		if n, ok := nodeNameAt(text, header.start, header.end); ok && n.certain {
			return nodePrettyAbove(text, 0, l)
		}
	}
	return -1
}

// nodeFindThrown finds what Node prints of a thrown value.
func nodeFindThrown(text string, limit int) int {
	for i := 0; i < limit; {
		j := strings.IndexByte(text[i:limit], '^')
		if j < 0 {
			return -1
		}
		line := nodeLineStart(text, i+j)
		l := nodeLineAt(text, line)
		i = l.next
		if l.next > len(text) || !nodeCaretLine(text[l.start:l.end]) {
			continue
		}
		start, ok := nodeArrowAbove(text, 0, line)
		if !ok {
			continue
		}
		place := nodeLineAt(text, start)
		file, _, _ := nodePlaceLine(text[place.start:place.end])
		if nodeScriptFile(file) && nodeFirstContent(text, l.next) < len(text) {
			return start
		}
	}
	return -1
}
