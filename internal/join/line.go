package join

import (
	"strings"
	"unsafe"
)

// line is one line as the grammars see it: without colours and without the carriage return at its end.
type line struct {
	text   string
	indent int    // bytes of white space before body
	body   string // text without the white space at both ends
	frame  frame  // `at ...`
	begins bool   // the first line of a log record: it begins with a time, a level, an address
}

// frame is the way in which a line that begins with `at ` names a place.
type frame uint8

const (
	noFrame   frame = iota
	javaFrame       // at [module/]package.Class.method(File.java:7)
	nodeFrame       // at [async ][new ]function (file:7:3), at file:7:3
)

func (ln *line) blank() bool { return ln.body == "" }

// read fills ln with text. The strings in ln are valid until the next call: a line with colours is copied to scratch without them.
func (ln *line) read(text string, scratch []byte) []byte {
	if strings.IndexByte(text, '\x1b') >= 0 {
		scratch = appendPlain(scratch[:0], text)
		text = unsafe.String(unsafe.SliceData(scratch), len(scratch))
	}
	*ln = line{text: text, body: text}
	for ln.indent < len(text) && (text[ln.indent] == ' ' || text[ln.indent] == '\t') {
		ln.indent++
	}
	ln.body = text[ln.indent:]
	for n := len(ln.body); n > 0 && (ln.body[n-1] == ' ' || ln.body[n-1] == '\t' || ln.body[n-1] == '\r'); n-- {
		ln.body = ln.body[:n-1]
	}
	if ln.body == "" {
		return scratch
	}
	if ln.body[0] == 'a' {
		ln.frame = frameOf(ln.body)
	}
	ln.begins = ln.frame == noFrame && beginsRecord(ln.body, ln.indent)
	return scratch
}

// appendPlain appends text without its terminal control sequences (ECMA-48 CSI: ESC [ parameters final).
func appendPlain(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\x1b' {
			dst = append(dst, text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '[' {
			for i += 2; i < len(text) && (text[i] < '@' || text[i] > '~'); i++ {
			}
		}
	}
	return dst
}

// isJSON reports a line that is one JSON object: what a structured logger writes. It is complete.
func (ln *line) isJSON() bool {
	b := ln.body
	return ln.indent == 0 && len(b) > 1 && b[0] == '{' && b[len(b)-1] == '}' && (b[1] == '"' || b[1] == '}' || b[1] == ' ')
}

// frameOf tells how a line that begins with `at ` goes on.
func frameOf(body string) frame {
	rest, ok := strings.CutPrefix(body, "at ")
	if !ok || rest == "" {
		return noFrame
	}
	if open := strings.IndexByte(rest, '('); open > 0 && rest[open-1] != ' ' && javaPlace(rest, open) {
		return javaFrame
	}
	if nodePlace(rest) {
		return nodeFrame
	}
	return noFrame
}

// javaPlace checks package.Class.method(place), and behind it nothing but a jar in brackets.
func javaPlace(s string, open int) bool {
	name := s[:open]
	if strings.IndexByte(name, '.') < 0 || strings.IndexByte(name, ' ') >= 0 {
		return false
	}
	size := strings.IndexByte(s[open:], ')')
	if size < 0 {
		return false
	}
	place, rest := s[open+1:open+size], strings.TrimLeft(s[open+size+1:], " ")
	if rest != "" && rest[0] != '[' && rest[0] != '~' {
		return false
	}
	return place == "Native Method" || strings.HasPrefix(place, "Unknown") || place != "" && strings.IndexByte(place, ' ') < 0
}

// nodePlace checks for a place in a script: (file:7:3), file:7:3, (<anonymous>), (index 0), (native).
func nodePlace(s string) bool {
	if s[len(s)-1] == '{' || s[len(s)-1] == ',' { // the properties of the error, the next one of a list
		s = strings.TrimRight(s[:len(s)-1], " ")
	}
	inner := s
	if strings.HasSuffix(s, ")") {
		open := strings.Index(s, " (")
		if open < 0 {
			return false
		}
		inner = s[open+2 : len(s)-1]
		if inner == "<anonymous>" || inner == "native" || inner == "unknown location" || strings.HasPrefix(inner, "index ") || strings.HasPrefix(inner, "native ") {
			return true
		}
	} else if inner == "<anonymous>" {
		return true
	}
	return endsWithPlace(inner) && !isNative(inner)
}

// isNative reports a place in a file of Rust or C: their backtraces write `at file:7:3` too.
func isNative(place string) bool {
	for _, ext := range [...]string{".rs:", ".c:", ".S:", ".cpp:", ".cc:", ".h:"} {
		if strings.Contains(place, ext) {
			return true
		}
	}
	return false
}

// endsWithPlace checks for :line:column at the end.
func endsWithPlace(s string) bool {
	for range 2 {
		n := len(s)
		for n > 0 && isDigit(s[n-1]) {
			n--
		}
		if n == len(s) || n < 2 || s[n-1] != ':' {
			return false
		}
		s = s[:n-1]
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isName(c byte) bool {
	return isUpper(c) || isLower(c) || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}
