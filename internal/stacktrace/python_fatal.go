package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pyFatalMark begins what the interpreter itself prints when it dies (Py_FatalError, faulthandler): a reason, then the stacks of all threads,
// newest call first.
const pyFatalMark = "Fatal Python error: "

func pyFindFatal(text string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], pyFatalMark)
		if i < 0 {
			return -1
		}
		i += from
		if i == 0 || text[i-1] == '\n' {
			return i
		}
		from = i + len(pyFatalMark)
	}
}

// pyFatal is what such a dump says.
type pyFatal struct {
	reason  string
	end     int
	crashed []sentry.Frame
	threads []sentry.Thread
	first   pyCall // innermost call of the crashed thread
}

// pyStackHeader reads `Current thread 0x00007f98 [name] (most recent call first):`, `Thread 0x...` and `Stack (most recent call first):`.
func pyStackHeader(s string) (id, name string, current, ok bool) {
	s, ok = strings.CutSuffix(s, "(most recent call first):")
	if !ok {
		return "", "", false, false
	}
	s = strings.TrimSpace(s)
	if s == "Stack" {
		return "", "", true, true
	}
	rest, current := strings.CutPrefix(s, "Current thread ")
	if !current {
		if rest, ok = strings.CutPrefix(s, "Thread "); !ok {
			return "", "", false, false
		}
	}
	id, name, _ = strings.Cut(rest, " ")
	return id, strings.Trim(name, "[]"), current, strings.HasPrefix(id, "0x")
}

// read walks the dump. Without keep it remembers the crash's innermost call only.
func (f *pyFatal) read(text string, start int, keep bool) {
	lines := pyLayout(text, start)
	line, _ := lines.next()
	f.reason, f.end = strings.TrimSpace(strings.TrimPrefix(line.text, pyFatalMark)), line.end
	thread, in := (*sentry.Thread)(nil), false
	for {
		line, ok := lines.next()
		if !ok {
			return
		}
		if path, function, number, ok := pyFrameLine(line.text); ok && function != "" {
			if in { // else a call of a thread that is left out
				f.end = line.end
				f.call(thread, pyCall{path: path, function: function, line: number}, keep)
			}
			continue
		}
		id, name, current, ok := pyStackHeader(line.text)
		switch {
		case ok:
			in, f.end, thread = current || keep && len(f.threads) < MaxThreads, line.end, nil
			if in && !current {
				f.threads = append(f.threads, sentry.Thread{ID: id, Name: name, Crashed: sentry.False})
				thread = &f.threads[len(f.threads)-1]
			}
		case pyBlank(line.text) || line.text[0] == ' ' || strings.HasPrefix(line.text, "Python runtime state:"):
		default:
			return
		}
	}
}

func (f *pyFatal) call(thread *sentry.Thread, c pyCall, keep bool) {
	if thread == nil && f.first.path == "" {
		f.first = c
	}
	if !keep {
		return
	}
	frames := &f.crashed
	if thread != nil {
		frames = &thread.Frames
	}
	if len(*frames) < MaxFrames {
		*frames = append(*frames, c.frame())
	}
}

func pyParseFatal(text string, start int) (Trace, bool) {
	var f pyFatal
	f.read(text, start, true)
	pyReverse(f.crashed)
	for i := range f.threads {
		pyReverse(f.threads[i].Frames)
	}
	return Trace{
		Language: Python, Start: start, End: f.end, Level: sentry.LevelFatal, Threads: f.threads,
		Exceptions: []sentry.Exception{{
			Type: pyFatalType, Value: f.reason, Frames: f.crashed,
			Mechanism: &sentry.Mechanism{Type: "generic", Handled: sentry.False},
		}},
	}, true
}

const pyFatalType = "Fatal Python error"

func pyKeyFatal(text string, start int) (Key, bool) {
	var f pyFatal
	f.read(text, start, false)
	k := Key{Type: pyFatalType, Message: f.reason, File: pyBase(f.first.path), Line: f.first.line}
	if k.File == "" {
		k.Function = f.first.function
	}
	return k, true
}

func pyReverse(frames []sentry.Frame) {
	for i, j := 0, len(frames)-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
}
