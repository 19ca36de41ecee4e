package grouping

import (
	"strings"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
)

// thrown is the exception that reached the top: the last of the list.
func thrown(ev *payload.Event) payload.Exception {
	if len(ev.Exceptions) == 0 {
		return payload.Exception{}
	}
	return ev.Exceptions[len(ev.Exceptions)-1]
}

// headline gives the two parts of a title. A synthetic type says nothing: the function that failed is named instead, as in Sentry.
func headline(ev *payload.Event) (kind, value string) {
	if len(ev.Exceptions) == 0 {
		return "", firstLine(ev.Message.Formatted)
	}
	e := thrown(ev)
	kind, value = firstLine(e.Type), firstLine(e.Value)
	if e.Synthetic {
		kind = firstLine(failingFrame(ev).Function)
	}
	if kind == "" && value == "" {
		kind = "Error"
	}
	return kind, value
}

func title(kind, value string) string {
	switch {
	case kind != "" && value != "":
		return head(kind+": "+value, maxTitle)
	case kind != "" || value != "":
		return head(kind+value, maxTitle)
	}
	return "<no message>"
}

func culprit(ev *payload.Event) string {
	if ev.Transaction != "" {
		return head(ev.Transaction, maxTitle)
	}
	f := failingFrame(ev)
	place := f.Module
	if place == "" {
		place = f.Filename
	}
	switch {
	case place != "" && f.Function != "":
		return head(place+" in "+f.Function, maxTitle)
	case place != "" || f.Function != "":
		return head(place+f.Function, maxTitle)
	}
	return head(ev.Logger, maxTitle)
}

// failingFrame is the innermost call in the app's own code, else the innermost of all, of the thrown exception or the failing thread.
func failingFrame(ev *payload.Event) payload.Frame {
	frames := thrown(ev).Frames
	if len(frames) == 0 {
		if t := failingThread(ev); t != nil {
			frames = t.Frames
		}
	}
	if len(frames) == 0 {
		return payload.Frame{}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].InApp {
			return frames[i]
		}
	}
	return frames[len(frames)-1]
}

// failingThread is the thread that crashed, else the one that reported, else the only one; nil where none of those has calls.
func failingThread(ev *payload.Event) *payload.Thread {
	var current *payload.Thread
	for i := range ev.Threads {
		t := &ev.Threads[i]
		if len(t.Frames) == 0 {
			continue
		}
		if t.Crashed {
			return t
		}
		if current == nil && (t.Current || len(ev.Threads) == 1) {
			current = t
		}
	}
	return current
}

func framesOf(exceptions []payload.Exception) (n int) {
	for i := range exceptions {
		n += len(exceptions[i].Frames)
	}
	return n
}

func hasOwn(frames []payload.Frame) bool {
	for i := range frames {
		if frames[i].InApp {
			return true
		}
	}
	return false
}

func baseName(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

func firstLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = strings.TrimSpace(s[:i])
	}
	return s
}

// head cuts s to at most n bytes, not inside a character.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
