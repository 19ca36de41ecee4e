// Package template tells what a message says from what differs between its occurrences.
//
// In: the text of one log message.
// Out: a Template ("user {} not found") and its parameters, or the template's hash alone.
// It must not know: records, loggers, events, the clock. The same text gives the same template on every machine and after every restart.
//
// Parameters are what programs put into their messages: numbers with their units and signs, dates and times, hexadecimal and other ids,
// UUIDs, IP addresses with their ports, e-mail addresses, what follows the "?" of a URL, the random ends of pods' names, values of keys
// and ids behind nouns that name things (`user_id=...`, `order A-17x`), and quoted values. Words are never parameters. Quoted text is one only where it looks like a value:
// `user "bob"` is, `failed: "connection refused"` is not (quotes.go has the rules).
//
// Every kind of parameter leaves the same mark: an id that happens to have digits only is still the same id.
//
// The first line that says something decides. What stands below it is mostly a stack trace or a dump; if the line ends with a colon, the next
// one is read too. All is linear in the text and bounded: at most maxRead bytes are read, and a template has at most MaxBytes.
package template

import (
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Placeholder stands in a template where a parameter was. Relay calls this style "simple curly" and fills it from the parameters.
const Placeholder = "{}"

// MaxBytes is the length of the longest template; a longer one is cut there. The cut lies in the template, not in the text: how long the
// parameters before it are makes no difference.
const MaxBytes = 1024

// maxRead bounds what is read of a text, in bytes: a parameter may be long.
const maxRead = 16 << 10

// Template is what a message says.
type Template struct {
	// Text has a Placeholder for every parameter; "" for a text without anything but space.
	Text string
	// Params are the parameters in their order, borrowed from the text. A list of them ("1, 2, 3") is one.
	Params []string
}

// Of gives the template of a text.
func Of(text string) Template {
	sc := scanner{wantParams: true}
	sc.template(text)
	return Template{Text: string(sc.written()), Params: sc.params}
}

// Hash gives a number that is equal for texts of one template, and different for others as far as 64 bits go. It does not allocate.
func Hash(text string) uint64 {
	var sc scanner
	sc.template(text)
	return xxhash.Sum64(sc.written())
}

// template writes the template. A text in which there is nothing but parameters is not reduced to marks: first its quoted values count as words,
// then all of it does.
func (sc *scanner) template(text string) {
	first, rest := firstLine(text)
	if first == "" {
		return
	}
	for _, keepQuotes := range [...]bool{false, true} {
		sc.reset(first, keepQuotes)
		sc.scan()
		if !sc.hasWords() || strings.HasSuffix(first, ":") {
			if second, _ := firstLine(rest); second != "" {
				sc.write("\n")
				sc.line = line{s: second}
				sc.scan()
			}
		}
		if sc.hasWords() {
			return
		}
	}
	sc.reset(first, false)
	sc.write(first)
}

// firstLine is the first line of a text with something on it, without space around it, and what follows.
func firstLine(text string) (line, rest string) {
	if len(text) > maxRead {
		text = text[:maxRead]
	}
	for text != "" {
		line, rest = text, ""
		if i := strings.IndexAny(text, "\r\n"); i >= 0 {
			line, rest = text[:i], text[i+1:]
		}
		if line = strings.Trim(line, " \t"); line != "" {
			return line, rest
		}
		text = rest
	}
	return "", ""
}

// hasWords: there is a letter that belongs to no parameter.
func (sc *scanner) hasWords() bool {
	for _, c := range sc.written() {
		if classOf[c]&letter != 0 {
			return true
		}
	}
	return false
}
