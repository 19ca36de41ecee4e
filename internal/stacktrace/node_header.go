package stacktrace

import "strings"

// Headers: the line that names an error. V8 prints "Name: message" or "Name"; Node's own errors "Name [CODE]: message"; util.inspect
// "Class [Name]: message" where the class does not say the name (improveStack), and "[Name: message]" for an error without frames.

// nodeName is the start of an error's text. Offsets are those of the whole text.
type nodeName struct {
	head       int // where it starts
	start, end int // the type
	message    int // where the message starts
	alone      bool
	certain    bool // the name, or its tag, is one that errors have
}

// nodeNameAt reads a name at i; the line's content ends at end.
func nodeNameAt(text string, i, end int) (nodeName, bool) {
	j := nodeWordEnd(text[:end], i)
	if j == i {
		return nodeName{}, false
	}
	n := nodeName{head: i, start: i, end: j, certain: nodeErrorWord(text[i:j])}
	k := nodeSkipColour(text[:end], j)
	if tag := nodeTag(text[k:end]); tag != "" {
		switch {
		case nodeCode(tag):
			n.certain = true
		case nodeWordEnd(tag, 0) == len(tag) || nodeErrorWord(tag): // a name may hold blanks
			n.start, n.end = k+2, k+2+len(tag)
			n.certain = n.certain || nodeErrorWord(tag)
		}
		k += len(tag) + 3
	}
	switch {
	case k == end:
		n.message, n.alone = end, true
	case text[k] == ':' && (k+1 == end || text[k+1] == ' '):
		n.message = k + 1
		if k+1 < len(text) && text[k+1] == ' ' {
			n.message++ // the line's content may end before it
		}
	default:
		return nodeName{}, false
	}
	return n, true
}

// nodeTag reads " [tag]" at the start of s; a tag has at most 80 bytes.
func nodeTag(s string) string {
	if !strings.HasPrefix(s, " [") {
		return ""
	}
	i := strings.IndexByte(s[:min(len(s), 84)], ']')
	if i < 3 || strings.ContainsAny(s[2:i], "\t[:*") {
		return ""
	}
	return s[2:i]
}

// nodeCode tells a code (ERR_ASSERTION) from a name.
func nodeCode(tag string) bool {
	for i := 0; i < len(tag); i++ {
		if c := tag[i]; (c < 'A' || c > 'Z') && !nodeDigit(c) && c != '_' {
			return false
		}
	}
	return len(tag) > 2
}

// nodeNameBytes is how long a class name may be.
const nodeNameBytes = 200

// nodeWordEnd returns the end of the class name at i, which may be dotted; i where there is none.
func nodeWordEnd(s string, i int) int {
	j := i
	s = s[:min(len(s), i+nodeNameBytes)]
	for j < len(s) && (nodeWordByte(s[j]) || s[j] == '.' && j > i && j+1 < len(s) && nodeWordByte(s[j+1])) {
		j++
	}
	if j > i && nodeDigit(s[i]) {
		return i
	}
	return j
}

func nodeWordByte(c byte) bool {
	return nodeLetter(c) || nodeDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// nodeErrorWord tells the names that errors have by convention.
func nodeErrorWord(name string) bool {
	for _, end := range nodeErrorEnds {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

var nodeErrorEnds = [...]string{"Error", "Exception", "Rejection"}

// nodeVerdict says what a line is for the frames below it.
type nodeVerdict uint8

const (
	nodeNothing  nodeVerdict = iota
	nodeHeadless             // the line above the frames, which names no error
	nodePerhaps              // a class name that does not say that it is an error's
	nodeCertain
	nodeDecoy // console.trace or a warning: a stack, but no error
)

// nodeHeaderIn looks for a header in one line: at its start, or behind a logger's own. above: the frames follow at once.
func nodeHeaderIn(text string, l nodeLine, above bool) (pos int, v nodeVerdict) {
	c := text[l.start:l.end]
	if strings.HasPrefix(c, "Trace") && (len(c) == 5 || c[5] == ':') {
		return 0, nodeDecoy
	}
	from := nodeSkipMarks(text, l.start, l.end)
	if strings.HasPrefix(c, "(node:") {
		if from = nodeRejectionWarning(text, l); from < 0 {
			return 0, nodeDecoy
		}
	}
	if n, ok := nodeNameAt(text, from, l.end); ok && n.certain && (above || !n.alone) {
		return nodePastLabel(text, n, l.end), nodeCertain
	}
	if pos = nodeHeaderInside(text, from, l.end, above); pos >= 0 {
		n, _ := nodeNameAt(text, pos, l.end)
		return nodePastLabel(text, n, l.end), nodeCertain
	}
	if !above {
		return 0, nodeNothing
	}
	if from > l.start {
		return from, nodePerhaps
	}
	if i := strings.Index(c, "Warning: "); i >= 0 && nodeWordStart(c, 0, i) < i || strings.HasPrefix(c, "Warning: ") {
		return 0, nodeDecoy
	}
	if pos = nodeClassInside(text, from, l.end); pos >= 0 {
		return pos, nodePerhaps
	}
	last := nodeWordStart(text, from, l.end)
	if n, ok := nodeNameAt(text, last, l.end); ok && nodeClassName(text[n.start:n.end]) && (nodeSeparated(text, from, last) || nodeHumps(text[n.start:n.end])) {
		return last, nodePerhaps
	}
	return 0, nodeNothing
}

// nodePastLabel steps over an app's own "Error: " before what it prints: console.error("Error:", err).
func nodePastLabel(text string, n nodeName, end int) int {
	for text[n.head:n.end] == "Error" {
		inner, ok := nodeNameAt(text, n.message, end)
		if !ok || !inner.certain || inner.alone {
			break
		}
		n = inner
	}
	return n.head
}

// nodeSkipMarks steps over what a console or util.inspect puts before an error's name.
func nodeSkipMarks(text string, i, end int) int {
	for {
		c := text[i:end]
		switch {
		case strings.HasPrefix(c, nodeUncaughtPromise):
			i += len(nodeUncaughtPromise)
		case strings.HasPrefix(c, nodeUncaughtMark):
			i += len(nodeUncaughtMark)
		case strings.HasPrefix(c, "<ref *"):
			j := strings.Index(c, "> ")
			if j < 0 {
				return i
			}
			i += j + 2
		default:
			return i
		}
		i, _ = nodeSkipBlanks(text[:end], i)
	}
}

const (
	nodeUncaughtMark    = "Uncaught "
	nodeUncaughtPromise = "Uncaught (in promise) "
)

// nodeRejectionWarning returns what "(node:1) UnhandledPromiseRejectionWarning: " (Node up to 14) is about, or -1: other warnings are no errors.
func nodeRejectionWarning(text string, l nodeLine) int {
	const warning = "UnhandledPromiseRejectionWarning: "
	c := text[l.start:l.end]
	if i := strings.Index(c, ") "); i >= 0 && strings.HasPrefix(c[i+2:], warning) {
		return l.start + i + 2 + len(warning)
	}
	return -1
}

// nodeHeaderInside finds the first name of an error that stands inside a line.
func nodeHeaderInside(text string, from, end int, alone bool) int {
	words := nodeErrorWords{text: text[:end]}
	for i := from; ; {
		if i = words.after(i); i < 0 {
			return -1
		}
		if i < end && nodeWordByte(text[i]) {
			continue
		}
		s := nodeWordStart(text, from, i)
		if i < end && text[i] == ']' && s-2 > from && text[s-2:s] == " [" { // Class [Error]
			if class := nodeWordStart(text, from, s-2); class < s-2 {
				s = class
			}
		}
		if s > from && !nodeBoundary(text, from, s) {
			continue
		}
		if n, ok := nodeNameAt(text, s, end); ok && n.certain && (alone || !n.alone) {
			return s
		}
	}
}

// nodeErrorWords finds the words that errors' names end in, one after the other. Each byte is searched once for each of them.
type nodeErrorWords struct {
	text string
	next [len(nodeErrorEnds)]int // the end of the next one, not before it was asked for; 0: not searched yet
}

// after returns the end of the first word that starts at i or later, or -1.
func (w *nodeErrorWords) after(i int) int {
	found := -1
	for k, word := range nodeErrorEnds {
		if w.next[k] >= 0 && w.next[k] < i+len(word) {
			w.next[k] = -1
			if j := strings.Index(w.text[i:], word); j >= 0 {
				w.next[k] = i + j + len(word)
			}
		}
		if w.next[k] >= 0 && (found < 0 || w.next[k] < found) {
			found = w.next[k]
		}
	}
	return found
}

// nodeWordStart returns where the class name that ends at end starts; the end of a colour code is no part of it.
func nodeWordStart(text string, from, end int) int {
	s := end
	from = max(from, end-nodeNameBytes)
	for s > from && (nodeWordByte(text[s-1]) || text[s-1] == '.' && s < end && s-1 > from && nodeWordByte(text[s-2])) {
		s--
	}
	k := s
	for k > from && (nodeDigit(text[k-1]) || text[k-1] == ';') {
		k--
	}
	if k-2 >= from && text[k-1] == '[' && text[k-2] == nodeEscape {
		s = min(nodeSkipColour(text, k-2), end)
	}
	return s
}

// nodeBoundary tells whether a name may start at s: behind a blank, a logger's separator or a colour code, not inside quotes or a path.
func nodeBoundary(text string, from, s int) bool {
	if strings.IndexByte(" \t({|>=:,*", text[s-1]) >= 0 {
		return true
	}
	return text[s-1] == 'm' && nodeTrimEnd(text[:s], from) < s
}

// nodeMessageLines is how many lines above its frames an error's name is looked for.
const nodeMessageLines = 200

// nodeHeaderAbove looks for the header of the frames that start in the line at frames; it lies behind floor. The nearest name that is an error's
// for sure wins; else a class name right above the frames, or further up where nothing else says that a logger's line stands there.
func nodeHeaderAbove(text string, floor, frames int) (int, nodeVerdict) {
	best, verdict := frames, nodeHeadless
	apart, seen, tagged := false, 0, false
	for at := nodePreviousLine(text, frames, floor); at >= 0 && seen < nodeMessageLines; at = nodePreviousLine(text, at, floor) {
		l := nodeLineAt(text, at)
		if l.blank() {
			apart = seen > 0
			continue
		}
		if nodeCaretLine(text[l.start:l.end]) {
			if _, ok := nodeArrowAbove(text, floor, at); ok {
				return nodeFirstContent(text, l.next), nodeCertain
			}
		}
		seen++
		pos, v := nodeHeaderIn(text, l, seen == 1)
		switch {
		case v == nodeDecoy:
			return 0, nodeDecoy
		case v == nodeCertain && verdict == nodePerhaps && apart:
			return best, nodePerhaps // the app's own message stands above
		case v == nodeCertain:
			return pos, nodeCertain
		case v == nodePerhaps:
			best, verdict = pos, nodePerhaps
		case seen == 1:
			best = nodeSkipTags(text, l)
			tagged = best > l.start
		case verdict == nodeHeadless && !tagged:
			if class := nodeClassInside(text, l.start, l.end); class >= 0 {
				best, verdict = class, nodePerhaps
			}
		}
	}
	return best, verdict
}

// nodeSkipTags steps over "[level] [tag] " and " ERROR " at a line's start.
func nodeSkipTags(text string, l nodeLine) int {
	i := l.start
	for i < l.end {
		j := i + strings.IndexByte(text[i:l.end], ']')
		if text[i] != '[' || j < i {
			if j = nodeWordEnd(text[:l.end], i); !nodeLevel(text[i:j]) {
				break
			}
			j--
		}
		next, blanks := nodeSkipBlanks(text[:l.end], j+1)
		if blanks == 0 || next >= l.end {
			break
		}
		i = next
	}
	return i
}

// nodeLevel tells a level as consola prints it.
func nodeLevel(word string) bool {
	return word == "ERROR" || word == "FATAL" || word == "WARN" || word == "INFO" || word == "DEBUG"
}

// nodeFirstContent returns where the next line that is not blank starts, without its blanks.
func nodeFirstContent(text string, pos int) int {
	for pos <= len(text) {
		l := nodeLineAt(text, pos)
		if !l.blank() {
			return l.start
		}
		pos = l.next
	}
	return len(text)
}
