// Package grouping decides which events are one issue, and what the issue is called.
//
// In: an event as internal/payload reads it.
// Out: a Group: the key that events of one issue share, and title and culprit for people.
// It must not know: the store, HTTP, the clock. The same event gives the same group on every machine and after every restart.
//
// The rules are Sentry's in rough outline; the first that says something decides:
//
//  1. fingerprint, where the sender gave one. "{{ default }}" stands for what the rules below say, "{{ type }}" and its kin for members of the
//     event (see variables).
//  2. exceptions: for each of the chain its type, and its calls: those in the app's own code, or all where none is marked as such. A call is its
//     module (or file name) and function; line numbers are left out, so that an edit above does not make a new issue. What a compiler numbered
//     (lambdas, proxies) counts without its number, and a call that repeats directly (recursion) counts once.
//     Without calls: the first lines of the raw stack trace; without that, the value.
//  3. threads: the calls of the crashed (else the current) thread.
//  4. message: its template, else its text.
//
// Wherever text counts, its template does (internal/template): numbers, ids, addresses and quoted values make no difference.
package grouping

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/template"
)

// Group is what an event is filed under.
type Group struct {
	// Key is equal for events of one issue.
	Key uint64
	// Title is what a list shows: "Type: value" or the message; one line, at most 256 bytes.
	Title string
	// Type and Value are the parts of the title of an exception; a message has only Value.
	Type, Value string
	// Culprit is where it happened: the transaction, else the function that failed.
	Culprit string
	// Rule names what decided: fingerprint, exception, stacktrace, threads, message or none.
	Rule string
}

const (
	maxTitle         = 256  // bytes
	maxRawStackLines = 8    // of a stack trace without frames
	maxTextBytes     = 1024 // of one of its lines
)

// Of groups an event.
func Of(ev *payload.Event) Group {
	g := Group{Culprit: culprit(ev)}
	g.Type, g.Value = headline(ev)
	g.Title = title(g.Type, g.Value)

	c := newComponents()
	g.Rule = c.byDefault(ev)
	if isCustom(ev.Fingerprint) {
		ordinary := c.sum()
		c = newComponents()
		for _, part := range ev.Fingerprint {
			c.addFingerprint(part, ordinary, ev)
		}
		g.Rule = "fingerprint"
	}
	g.Key = c.sum()
	return g
}

// components is the list of texts that make up a key.
type components struct{ digest *xxhash.Digest }

func newComponents() *components { return &components{xxhash.New()} }

// add ends every text with a byte that is not part of UTF-8, so that ("a","bc") and ("ab","c") stay apart.
func (c *components) add(texts ...string) {
	for _, s := range texts {
		_, _ = c.digest.WriteString(s)
		_, _ = c.digest.Write([]byte{0xff})
	}
}

func (c *components) sum() uint64 { return c.digest.Sum64() }

func (c *components) byDefault(ev *payload.Event) (rule string) {
	switch {
	case len(ev.Exceptions) > 0:
		c.add("exception")
		for i := range ev.Exceptions {
			c.addException(&ev.Exceptions[i])
		}
		if framesOf(ev.Exceptions) == 0 && ev.Stacktrace != "" {
			c.addRawStack(ev)
			return "stacktrace"
		}
		if framesOf(ev.Exceptions) == 0 {
			for _, e := range ev.Exceptions {
				c.add(template.Of(e.Value).Text)
			}
		}
		return "exception"
	case failingThread(ev) != nil:
		c.add("threads")
		c.addFrames(failingThread(ev).Frames)
		return "threads"
	case ev.Message.Formatted != "":
		c.add("message", messageText(ev.Message))
		return "message"
	}
	c.add("none", ev.Logger)
	return "none"
}

// messageText: a template may hold numbers too, where the logger was given a text that somebody had put together already.
func messageText(m payload.Message) string {
	if m.Template != "" {
		return template.Of(m.Template).Text
	}
	return template.Of(m.Formatted).Text
}

func (c *components) addException(e *payload.Exception) {
	if e.Synthetic {
		c.add("type")
	} else {
		c.add("type", e.Module, e.Type)
	}
	c.addFrames(e.Frames)
}

func (c *components) addFrames(frames []payload.Frame) {
	ownOnly := hasOwn(frames)
	previous := ""
	for i := range frames {
		if ownOnly && !frames[i].InApp {
			continue
		}
		call := frames[i].Module
		if call == "" {
			call = baseName(frames[i].Filename)
		}
		call = trimGenerated(call) + "\x00" + trimGenerated(frames[i].Function)
		if call != previous {
			c.add(call)
		}
		previous = call
	}
}

// addRawStack takes the first lines after the message: they are the innermost calls in most languages, and the outermost in the others, and in both
// cases the same for the same failure.
func (c *components) addRawStack(ev *payload.Event) {
	value := firstLine(ev.Exceptions[len(ev.Exceptions)-1].Value)
	taken := 0
	for line := range strings.Lines(ev.Stacktrace) {
		line = strings.TrimSpace(line)
		if line == "" || (value != "" && strings.Contains(line, value)) {
			continue
		}
		c.add(withoutNumbers(head(line, maxTextBytes)))
		if taken++; taken == maxRawStackLines {
			return
		}
	}
}

// isCustom reports whether a fingerprint says more than "group as usual".
func isCustom(fingerprint []string) bool {
	for _, part := range fingerprint {
		if variable, ok := sentry.FingerprintVariable(part); !ok || variable != "default" {
			return true
		}
	}
	return false
}

func (c *components) addFingerprint(part string, ordinary uint64, ev *payload.Event) {
	name, ok := sentry.FingerprintVariable(part)
	if !ok {
		c.add("text", part)
		return
	}
	if name == "default" {
		var key [8]byte
		for i := range key {
			key[i] = byte(ordinary >> (8 * i))
		}
		c.add("default", string(key[:]))
		return
	}
	c.add("variable", name, variable(name, ev))
}

// variables are the members of an event that a fingerprint may name (Sentry's docs, "Fingerprint Rules > Variables").
var variables = map[string]func(*payload.Event) string{
	"type":        func(ev *payload.Event) string { return thrown(ev).Type },
	"error.type":  func(ev *payload.Event) string { return thrown(ev).Type },
	"value":       func(ev *payload.Event) string { return thrown(ev).Value },
	"error.value": func(ev *payload.Event) string { return thrown(ev).Value },
	"message":     func(ev *payload.Event) string { return ev.Message.Formatted },
	"level":       func(ev *payload.Event) string { return ev.Level },
	"logger":      func(ev *payload.Event) string { return ev.Logger },
	"transaction": func(ev *payload.Event) string { return ev.Transaction },
	"function":    func(ev *payload.Event) string { return failingFrame(ev).Function },
	"module":      func(ev *payload.Event) string { return failingFrame(ev).Module },
}

func variable(name string, ev *payload.Event) string {
	if key, ok := strings.CutPrefix(name, "tags."); ok {
		for _, tag := range ev.Tags {
			if tag.Key == key {
				return tag.Value
			}
		}
		return ""
	}
	if read, ok := variables[name]; ok {
		return read(ev)
	}
	return ""
}
