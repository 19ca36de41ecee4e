package envelope

import (
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// appendStacktrace writes "stacktrace": at most MaxFrames frames, the newest ones, as Relay keeps them. No frames, no stack trace.
func appendStacktrace(dst []byte, frames []sentry.Frame, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"stacktrace":{"frames":[`)
	start := len(dst)
	frames = frames[max(0, len(frames)-MaxFrames):]
	skip := len(frames) - t.frames // of the middle, where the oldest and the newest frames tell more
	for i := range frames {
		if from := t.frames / 4; skip > 0 && from <= i && i < from+skip {
			continue
		}
		dst = appendFrame(dst, &frames[i], t)
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// appendFrame writes one frame; nothing if it names neither a file nor a function (Relay requires one of them).
func appendFrame(dst []byte, f *sentry.Frame, t *trim) []byte {
	function, filename := f.Function, f.Filename
	if function == "" && filename == "" {
		function, filename = f.RawFunction, f.AbsPath
	}
	if function == "" && filename == "" {
		if f.Module == "" {
			return dst
		}
		function = unknownFunction
	}
	dst = append(comma(dst), '{')
	dst = appendTextCut(dst, `"function":`, function, MaxSymbol)
	dst = appendTextCut(dst, `"raw_function":`, f.RawFunction, MaxSymbol)
	dst = appendTextCut(dst, `"module":`, f.Module, MaxSymbol)
	dst = appendTextCut(dst, `"package":`, f.Package, MaxPath)
	dst = appendTextCut(dst, `"filename":`, filename, MaxPath)
	dst = appendTextCut(dst, `"abs_path":`, f.AbsPath, MaxPath)
	dst = appendPlace(dst, `"lineno":`, f.Lineno)
	dst = appendPlace(dst, `"colno":`, f.Colno)
	dst = appendSource(dst, f, t)
	dst = appendTri(dst, `"in_app":`, f.InApp)
	// f.Native is not written: the Java SDK sends it, but Sentry only keeps it aside (event.schema.json does not know it), and servers that
	// hold events to the schema, as Bugsink does, refuse the whole event for it.
	if f.Platform != "" {
		dst = AppendString(appendMember(dst, `"platform":`), platformOf(f.Platform))
	}
	if t.source {
		dst = appendBag(dst, `"vars":{`, f.Vars, varsBag)
	}
	return append(dst, '}')
}

// unknownFunction is what Sentry itself shows for a function without a name.
const unknownFunction = "<unknown>"

// appendPlace writes a line or column; they count from 1.
func appendPlace(dst []byte, literal string, n int) []byte {
	if n < 1 {
		return dst
	}
	return strconv.AppendInt(appendMember(dst, literal), int64(n), 10)
}

// appendSource writes the lines around the place of the call.
func appendSource(dst []byte, f *sentry.Frame, t *trim) []byte {
	if !t.source {
		return dst
	}
	dst = appendLines(dst, `"pre_context":[`, f.PreContext)
	dst = appendTextCut(dst, `"context_line":`, f.ContextLine, MaxSourceLine)
	return appendLines(dst, `"post_context":[`, f.PostContext)
}

func appendLines(dst []byte, literal string, lines []string) []byte {
	if len(lines) == 0 {
		return dst
	}
	dst = appendMember(dst, literal)
	for _, line := range lines {
		dst = appendCut(comma(dst), line, MaxSourceLine)
	}
	return append(dst, ']')
}
