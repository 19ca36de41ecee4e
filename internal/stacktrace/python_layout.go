package stacktrace

import "strings"

// pyLayout finds how the lines of the trace that begins at start are set.
func pyLayout(text string, start int) pyLines {
	l := pyLines{text: text, pos: start, inside: true, colour: strings.IndexByte(text[start:], pyEscape) >= 0}
	margin, below, _ := pyMargin(text, start)
	line := pyLineStart(text, start)
	if line < 0 {
		return l
	}
	l.margin, l.loose = margin, !strings.HasPrefix(below, margin)
	top := pyPlain(pyPeek(text, line))
	if full := pyColumns(top); strings.HasSuffix(below, "  ") && full == pyColumns(below) {
		l.padded = true
		l.width = full - pyColumns(margin) - pyRightColumn(text, line, top)
	}
	return l
}

// pyRightColumn gives how many columns rich's table of log records needs right of the text for `file.py:12`, which stands in the first line of
// the record, and the blank before it.
func pyRightColumn(text string, line int, top string) int {
	full := pyColumns(top)
	for tries := 0; tries < 100 && pyColumns(top) == full; tries++ {
		if place := top[strings.LastIndexByte(top, ' ')+1:]; place != "" {
			if name, number, ok := strings.Cut(place, ":"); ok && name != "" && number != "" && pyDigit(number[0]) {
				return 1 + pyColumns(place)
			}
			return 0
		}
		if line <= 0 {
			return 0
		}
		top, line = pyAbove(text, line)
		top = pyPlain(top)
	}
	return 0
}
