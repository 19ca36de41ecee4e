package stacktrace

import "strings"

// Class names that do not say that they are errors': only their place right above frames, and their form, speak for them.

// nodeClassInside finds "Class: message" where nothing says that the class is an error's: at the line's start, behind a separator, or, where
// the name has two humps (NotFound), behind any word.
func nodeClassInside(text string, from, end int) int {
	for i := from; i < end; {
		j := strings.Index(text[i:end], ": ")
		if j < 0 {
			j = end - i
			if text[end-1] == ':' {
				j--
			}
		}
		s := nodeWordStart(text, from, i+j)
		if n, ok := nodeNameAt(text, s, end); ok && !n.alone && nodeClassName(text[n.start:n.end]) && (nodeSeparated(text, from, s) || nodeHumps(text[n.start:n.end]) && text[s-1] == ' ') {
			return s
		}
		i += j + 2
	}
	return -1
}

// nodeClassName tells a class (upper case, then lower case somewhere) from a level or a plain word.
func nodeClassName(name string) bool {
	if name[0] < 'A' || name[0] > 'Z' || strings.HasSuffix(name, "Warning") {
		return false
	}
	switch name {
	case "Fatal", "Warn", "Info", "Debug", "Notice", "Critical", "Message", "Details", "Detail", "Hint", "Help", "Note", "See", "Reason", "Cause",
		"Code", "Status", "Path", "Query", "Request", "Response", "Context", "Stack", "Stacktrace":
		return false
	}
	for i := 1; i < len(name); i++ {
		if name[i] >= 'a' && name[i] <= 'z' {
			return true
		}
	}
	return false
}

// nodeHumps tells whether a lower case letter, then an upper case one stands inside the name.
func nodeHumps(name string) bool {
	for i := 1; i < len(name); i++ {
		if name[i] >= 'A' && name[i] <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			return true
		}
	}
	return false
}

// nodeSeparated tells whether a separator of a logger, or nothing, stands before s.
func nodeSeparated(text string, from, s int) bool {
	if s == from || nodeTrimEnd(text[:s], from) == from {
		return true
	}
	if text[s-1] == '\t' || text[s-1] == 'm' && nodeBoundary(text, from, s) {
		return true
	}
	if s-2 < from || text[s-1] != ' ' {
		return false
	}
	if strings.IndexByte(":-]|>) ", text[s-2]) >= 0 || text[s-2] == 'm' && nodeTrimEnd(text[:s-1], from) < s-1 {
		return true
	}
	word := strings.ToLower(text[nodeWordStart(text, from, s-1) : s-1])
	return word == "error" || word == "fatal" || word == "failed"
}
