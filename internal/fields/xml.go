package fields

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// maxElements bounds the elements that are read of one record of java.util.logging's XMLFormatter (logger.dtd).
const maxElements = 2048

// julRecord is the text of the <record> that a body holds; what XMLFormatter prints once at the start of the file may stand before it.
func julRecord(s string) (string, bool) {
	const open = "<record>"
	i := 0
	if !strings.HasPrefix(s, open) {
		if !strings.HasPrefix(s, "<?xml") && !strings.HasPrefix(s, "<log>") {
			return "", false
		}
		if i = strings.Index(s[:min(len(s), maxHead)], open); i < 0 {
			return "", false
		}
	}
	return s[i+len(open):], true
}

// element reads the next element of s: its name, what it holds, and what follows. Elements of one name are not nested in a record.
func element(s string) (name, inner, rest string, ok bool) {
	i := strings.IndexByte(s, '<')
	if i < 0 {
		return "", "", "", false
	}
	s = s[i+1:]
	i = strings.IndexByte(s, '>')
	if i <= 0 || s[0] == '/' || i > maxGroup {
		return "", "", "", false
	}
	name, s = s[:i], s[i+1:]
	if n := strings.IndexByte(name, ' '); n > 0 {
		name = name[:n]
	}
	for at := 0; ; {
		end := strings.Index(s[at:], "</")
		if end < 0 {
			return "", "", "", false
		}
		end += at
		if strings.HasPrefix(s[end+2:], name) && strings.HasPrefix(s[end+2+len(name):], ">") {
			return name, s[:end], s[end+3+len(name):], true
		}
		at = end + 2
	}
}

// julSeverity reads a record up to its level.
func julSeverity(s string) plog.SeverityNumber {
	for range 16 {
		name, inner, rest, ok := element(s)
		if !ok {
			break
		}
		if name == "level" {
			return wordSeverity(inner)
		}
		s = rest
	}
	return plog.SeverityNumberUnspecified
}

// jul reads a record of XMLFormatter.
func (r *Record) jul(s string) {
	nanos := sentry.Time(0)
	at := sentry.Time(0)
	for range maxElements {
		name, inner, rest, ok := element(s)
		if !ok {
			break
		}
		s = rest
		switch name {
		case "millis":
			at = timeValue(sentry.String(inner))
		case "nanos":
			if digits(inner) == len(inner) && len(inner) <= 6 { // below the millisecond
				nanos = sentry.Time(atoi(inner))
			}
		case "logger":
			if r.Logger == "" {
				r.Logger = entities(inner)
			}
		case "class":
			r.Code.Module = entities(inner)
		case "method":
			r.Code.Function = entities(inner)
		case "thread":
			r.ThreadID = inner
		case "message":
			r.Message = entities(inner)
		case "exception":
			r.merge(julException(inner))
		}
	}
	if r.Time == 0 && at != 0 {
		r.Time = at + nanos
	}
}

// julException reads the thrown exception; the format has neither causes nor files.
func julException(s string) (f Failure) {
	var frames []sentry.Frame
	for range maxElements {
		name, inner, rest, ok := element(s)
		if !ok {
			break
		}
		s = rest
		switch name {
		case "message":
			f.Type, f.Message, _ = strings.Cut(entities(inner), ": ")
		case "frame":
			frames = append(frames, julFrame(inner))
		}
	}
	e := stacktrace.JavaException(f.Type, f.Message)
	e.Frames = reverse(frames)
	f.Exceptions, f.Platform = []sentry.Exception{e}, "java"
	return f
}

func julFrame(s string) sentry.Frame {
	var class, method string
	line := 0
	for range 8 {
		name, inner, rest, ok := element(s)
		if !ok {
			break
		}
		s = rest
		switch name {
		case "class":
			class = entities(inner)
		case "method":
			method = entities(inner)
		case "line":
			if digits(inner) == len(inner) && len(inner) < 9 {
				line = atoi(inner)
			}
		}
	}
	return stacktrace.JavaFrame(class, method, "", line, false)
}

var xmlEntities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

func entities(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return xmlEntities.Replace(s)
}
