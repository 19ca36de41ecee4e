package stacktrace

import "strings"

const pyRecent = "(most recent call last)"

// pyFind tells where the first trace begins. Every candidate is checked by what stands around it within a bounded distance.
func pyFind(text string, whole bool) (int, int) {
	start := pyFindHeader(text)
	if start < 0 {
		start = pyFindFatal(text)
	}
	if start < 0 {
		start = pyFindGroup(text)
	}
	if start < 0 {
		start = pyFindFile(text, whole)
	}
	if start < 0 && whole {
		start = pyFindBare(text)
	}
	if start < 0 {
		return -1, -1
	}
	return start, len(text)
}

// pyFindHeader finds `Traceback (most recent call last):` with a trace below it, or rich's box with that title.
func pyFindHeader(text string) int {
	const word = "Traceback"
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(word)
		start := pyHeaderStart(text, i, from)
		if start < 0 {
			continue
		}
		if _, _, ok := pyMargin(text, start); ok {
			return pyBefore(text, start)
		}
	}
}

// pyHeaderStart gives where the header begins that has its word at text[i:end], or -1 where it is none.
func pyHeaderStart(text string, i, end int) int {
	after := pyPeek(text, end)
	if len(after) < 2 || after[0] != ' ' || after[1] != '(' && after[1] != pyEscape && after[1] != '-' && after[1] < 0x80 {
		return -1
	}
	after = pyPlain(after)
	if tail, ok := strings.CutPrefix(after, " "+pyRecent+":"); ok {
		if !pyBlank(tail) && !strings.HasPrefix(tail, "  ") { // the table's next column may follow
			return -1
		}
	} else if !pyHeaderBroken(after) {
		return pyRichStart(text, i)
	}
	if strings.HasSuffix(text[:i], "Exception Group ") {
		i -= len("Exception Group ")
	}
	if i = pyColourStart(text, i); strings.HasSuffix(text[:i], "  + ") {
		i -= len("  + ")
	}
	return i
}

// pyHeaderBroken tells whether a narrow console wrapped the header here: blanks up to its width follow.
func pyHeaderBroken(after string) bool {
	switch strings.TrimRight(after, " ") {
	case " (most", " (most recent", " (most recent call":
		return strings.HasSuffix(after, " ")
	}
	return false
}

// pyHeaderRest tells whether a line is the rest of a wrapped header.
func pyHeaderRest(s string) bool {
	switch strings.TrimRight(s, " ") {
	case "recent call last):", "call last):", "last):":
		return true
	}
	return false
}

// pyUnseen tells whether a text is blanks and terminal sequences only.
func pyUnseen(s string) bool { return pyAtText(s, 0) == len(s) }

// pyColourStart gives where the terminal sequences that end at pos begin.
func pyColourStart(text string, pos int) int {
	for pos > 0 && text[pos-1] == 'm' {
		i := strings.LastIndexByte(text[max(0, pos-24):pos], pyEscape)
		if i < 0 {
			break
		}
		if i += max(0, pos-24); pyEscapeEnd(text, i) != pos {
			break
		}
		pos = i
	}
	return pos
}

// pyPeek gives the line at pos, or as much of it as a header can be long.
func pyPeek(text string, pos int) string {
	const far = 2048
	text = text[pos:min(len(text), pos+far)]
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		text = text[:n]
	}
	return strings.TrimSuffix(text, "\r")
}

// pyMargin finds what stands before every line of the trace that begins at start, and the first line below that is not empty, without colours.
// False: nothing below belongs to a trace.
//
// A header behind a logger's prefix has its frames at the margin of the text or, in a table, below itself; a trace indented as a whole, or
// prefixed line by line, has the same before every line.
func pyMargin(text string, start int) (margin, below string, ok bool) {
	line := pyLineStart(text, start)
	if line < 0 {
		return "", "", false
	}
	prefix := pyPlain(text[line:start])
	for pos, tries := start, 0; tries < 4; tries++ {
		n := strings.IndexByte(text[pos:], '\n')
		if n < 0 {
			return "", "", false
		}
		pos += n + 1
		below = pyPlain(pyPeek(text, pos))
		cut, same := pyCut(below, prefix, true)
		if same && pyBlank(below[cut:]) {
			continue
		}
		if same && pyBelongs(below[cut:]) {
			return prefix, below, true
		}
		if blanks := pyBlanks(pyColumns(prefix)); strings.HasPrefix(below, blanks) && pyBelongs(below[len(blanks):]) {
			return blanks, below, true
		}
		if same && pyBlank(prefix) {
			return prefix, below, false
		}
		return "", below, pyBelongs(below)
	}
	return "", "", false
}

// pyBlanks is n blanks, as far as a margin can be wide.
func pyBlanks(n int) string {
	const blanks = "                                                                                "
	return blanks[:min(n, len(blanks))]
}

// pyBelongs tells whether a line can be the second of a trace.
func pyBelongs(s string) bool {
	if _, _, _, ok := pyFrameLine(s); ok {
		return true
	}
	if _, mark, _ := pyGroupLine(s); mark != pyNoMark {
		return true
	}
	if file, ok := strings.CutPrefix(s, "  File"); ok && (pyBlank(file) || strings.HasPrefix(file, ` "`)) {
		return true // the rest is in the next line
	}
	return strings.HasPrefix(s, "    ") || strings.HasPrefix(s, pyHeader) || strings.HasPrefix(s, pyGroupHeader) || s == pyQuote ||
		pySeparator(s) != "" || pyBorder(s) > 0 || pyHeaderRest(s) || pyErrorName(s)
}

// pyBefore takes in what belongs to a trace above its header: a thread's name, or causes that were never raised.
func pyBefore(text string, start int) int {
	line := pyLineStart(text, start)
	if line <= 0 || !pyUnseen(text[line:start]) {
		return start
	}
	above, at := pyShown(text, line)
	if strings.HasPrefix(above, pyThreadMark) && strings.HasSuffix(above, ":") {
		return pyAtText(text, at)
	}
	if above == pyQuote { // `multiprocessing.pool.RemoteTraceback: ` and the quoted text
		if name, top := pyShown(text, at); strings.HasSuffix(name, "RemoteTraceback:") {
			return pyAtText(text, top)
		}
		return start
	}
	for tries := 0; pySeparator(above) == "" && at > 0; tries++ { // wrapped it has two lines
		if tries == 5 || above != "" && !strings.HasSuffix(above, ":") {
			return start
		}
		above, at = pyShown(text, at)
	}
	for tries := 0; at > 0 && tries < 20; tries++ {
		if above, at = pyShown(text, at); pyErrorName(above) && !pyRecordHead(above) {
			return pyAtText(text, at)
		}
	}
	return start
}

// pyAbove gives the line that ends before pos, without colours, and where it begins. Lines longer than a header are none.
func pyAbove(text string, pos int) (string, int) {
	if pos == 0 {
		return "", 0
	}
	at := pyLineStart(text, pos-1)
	if at < 0 {
		return "", 0
	}
	return strings.TrimSuffix(pyPlain(text[at:pos-1]), "\r"), at
}

// pyShown gives the line above pos without the blanks around it.
func pyShown(text string, pos int) (string, int) {
	above, at := pyAbove(text, pos)
	return strings.TrimSpace(above), at
}

// pyAtText skips the blanks and terminal sequences at a line's begin.
func pyAtText(text string, line int) int {
	for line < len(text) {
		switch text[line] {
		case ' ':
			line++
		case pyEscape:
			line = pyEscapeEnd(text, line)
		default:
			return line
		}
	}
	return line
}

// pyFindGroup finds a group that was never raised: it has no header, but the rule above its first member.
func pyFindGroup(text string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], "+-+-----")
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("+-+-----")
		line := pyLineStart(text, i)
		if line < 0 {
			continue
		}
		if _, mark, _ := pyGroupLine(pyPeek(text, line)); mark != pyFirstRule {
			continue
		}
		start := -1
		for at, tries := line, 0; at > 0 && tries < 20; tries++ {
			var above string
			above, at = pyAbove(text, at)
			_, mark, inner := pyGroupLine(above)
			if mark != pyBar {
				break
			}
			if pyErrorName(inner) {
				start = at
			}
		}
		if start >= 0 {
			return start
		}
	}
}

// pyFindFile finds frames without a header: those of a SyntaxError in the program's own file, which has no calls, and, where the text is
// nothing else, a stack whose type and message are in other fields (ecs-logging).
func pyFindFile(text string, whole bool) int {
	for from := 0; ; {
		i := strings.Index(text[from:], `  File "`)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(`  File "`)
		line := pyLineStart(text, i)
		if line < 0 || !pyBlank(text[line:i]) {
			continue
		}
		_, function, _, ok := pyFrameLine(pyPeek(text, i))
		if ok && (whole && pyBlank(text[:i]) || function == "" && pySyntaxBelow(text, i)) {
			return i
		}
	}
}

func pySyntaxBelow(text string, pos int) bool {
	for range 5 {
		n := strings.IndexByte(text[pos:], '\n')
		if n < 0 {
			return false
		}
		pos += n + 1
		line := strings.TrimLeft(pyPeek(text, pos), " ")
		name, _, ok := pyExceptionLine(line)
		if ok && (name == "SyntaxError" || name == "IndentationError" || name == "TabError") {
			return true
		}
	}
	return false
}

// pyFindBare finds an exception that was never raised: its type and message are all there is. Where the language is not known to be Python
// the walk declines it.
func pyFindBare(text string) int {
	i := 0
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	line := pyPeek(text, i)
	if _, _, ok := pyExceptionLine(line); ok && pyErrorName(line) && !strings.Contains(text, "\n    at ") && !strings.Contains(text, "\n\tat ") {
		return i
	}
	return -1
}
