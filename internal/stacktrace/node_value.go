package stacktrace

import (
	"slices"
	"strings"
)

// Type and value of an error, as @sentry/node names them.

// accepted tells whether the trace may be taken. Text without frames could be another language's: it counts only where the language is not known
// to be another one.
func (t *nodeTrace) accepted(in *Input) bool {
	return t.thrown.framed || in.Language == Node || in.Language == Unknown
}

// describe gives the thrown error's type and value. made: the type is made up, because a value was thrown that is no error, or none is printed.
func (t *nodeTrace) describe(text string, in *Input) (typ, value string, made bool) {
	b := &t.thrown
	if b.named {
		typ, value = b.describe(text)
		if typ == nodeRejectionType {
			value = nodeRejectionReason(value)
		}
		if value == "" && b.message == b.end {
			value = in.Message
		}
		return typ, value, false
	}
	typ, made = in.Type, in.Type == ""
	if made {
		typ = "Error"
	}
	if in.Message != "" {
		return typ, in.Message, made
	}
	value = strings.TrimSpace(nodeMessage(text[b.message:b.end], b.indent))
	if t.arrow {
		value = nodeThrownValue(value)
	} else if t.uncaught {
		value = nodeUnquote(value)
	}
	return typ, strings.TrimPrefix(value, "error: "), made // "error: " is Bun's name for an Error
}

// describe gives the type and value of an error with a name.
func (b *nodeBlock) describe(text string) (typ, value string) {
	typ = text[b.name.start:b.name.end]
	if name := b.nameProperty(text); name != "" {
		typ = name
	}
	return typ, nodeTrimRight(nodeMessage(text[min(b.message, b.end):b.end], b.indent))
}

// nameProperty is err.name where util.inspect prints it, because the stack was made before it was set.
func (b *nodeBlock) nameProperty(text string) string {
	const key = "name: '"
	if b.props == 0 || b.props >= b.propsEnd || !strings.Contains(text[b.props:b.propsEnd], key) {
		return ""
	}
	indent := nodeLineAt(text, b.props).indent
	for pos := b.props; pos < b.propsEnd; {
		l := nodeLineAt(text, pos)
		c, ok := strings.CutPrefix(text[l.start:l.end], key)
		if i := strings.IndexByte(c, '\''); ok && l.indent == indent && i > 0 {
			return c[:i]
		}
		pos = l.next
	}
	return ""
}

// nodeRejectionReason cuts the reason out of the message that Node makes for a rejection without an error.
func nodeRejectionReason(value string) string {
	const before, after = `The promise rejected with the reason "`, `".`
	if _, reason, ok := strings.Cut(value, before); ok && strings.HasSuffix(reason, after) {
		return strings.TrimSuffix(reason, after)
	}
	return value
}

// nodeThrownValue is the SDK's text for a thrown value: an object is told by its keys (eventbuilder, getMessageForObject), others as they are.
func nodeThrownValue(value string) string {
	class, object, ok := strings.Cut(value, "{")
	if !ok || !strings.HasSuffix(value, "}") {
		return value
	}
	class = strings.TrimSpace(class)
	if class != "" && nodeWordEnd(class, 0) != len(class) {
		return value
	}
	object = strings.TrimSpace(strings.TrimSuffix(object, "}"))
	keys, name, message := nodeObjectKeys(object)
	switch {
	case len(keys) == 0 && object != "":
		return value // a text in braces
	case name != "" && message != "":
		return "'" + name + "' captured as exception with message '" + message + "'"
	case name != "":
		return "'" + name + "' captured as exception"
	case message != "":
		return message
	}
	if class == "" {
		class = "Object"
	} else {
		class = "'" + class + "'"
	}
	if len(keys) == 0 {
		return class + " captured as exception with keys: [object has no keys]"
	}
	slices.Sort(keys)
	return class + " captured as exception with keys: " + strings.Join(keys, ", ")
}

// nodeObjectKeys reads the keys of an object that util.inspect printed, and its name and message where they are texts.
func nodeObjectKeys(s string) (keys []string, name, message string) {
	depth, start := 0, 0
	field := func(end int) {
		key, value, ok := strings.Cut(strings.TrimSpace(s[start:end]), ": ")
		if !ok {
			return
		}
		key = nodeUnquote(key)
		keys = append(keys, key)
		if text := nodeUnquote(value); len(text) < len(value) && key == "name" {
			name = text
		} else if len(text) < len(value) && key == "message" {
			message = text
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\'', '"', '`':
			for i++; i < len(s) && s[i] != c; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth--
		case ',':
			if depth == 0 {
				field(i)
				start = i + 1
			}
		}
	}
	field(len(s))
	return keys, name, message
}

// nodeUnquote cuts the quotes that util.inspect puts around a text.
func nodeUnquote(s string) string {
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"' || s[0] == '`') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// nodeShortFile is the last part of a path.
func nodeShortFile(file string) string {
	return file[strings.LastIndexAny(file, `/\`)+1:]
}

// nodeTrimRight cuts white space at the end: what stands there is the logger's as often as the error's.
func nodeTrimRight(s string) string { return strings.TrimRight(s, " \t\r\n") }
