package stacktrace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The event that io.sentry sent for the crash that the text beside it shows (testdata/parity/README.md). What is compared, and how, is
// testdata/parity/compare.py's rule for Java with the soft fields; in_app is absent on both sides.
type javaSent struct {
	Level     string
	Exception struct {
		Values []struct {
			Type, Value, Module string
			Mechanism           struct {
				Handled  *bool
				ID       *int `json:"exception_id"`
				ParentID *int `json:"parent_id"`
			}
			Stacktrace struct {
				Frames []struct {
					Function, Filename, Module string
					Lineno                     int
					Native                     bool
				}
			}
		}
	}
}

func TestJavaParity(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/parity/java/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	equal, total := 0, 0
	for _, dir := range dirs {
		for _, source := range []string{"app.log", "otlp.json"} {
			t.Run(filepath.Base(dir)+"/"+source, func(t *testing.T) {
				b, err := os.ReadFile(filepath.Join(dir, "sdk.json"))
				require.NoError(t, err)
				var events []javaSent
				require.NoError(t, json.Unmarshal(javaList(b), &events))
				b, err = os.ReadFile(filepath.Join(dir, source))
				require.NoError(t, err)
				var traces []Trace
				if source == "app.log" {
					traces = javaLogTraces(string(b))
				} else {
					traces = javaOTLPTraces(t, b)
				}
				require.Len(t, traces, len(events))
				for i, want := range events {
					diffs, n := javaDiff(want, traces[i], source == "app.log")
					equal, total = equal+n-len(diffs), total+n
					for _, d := range diffs {
						t.Error(d)
					}
				}
			})
		}
	}
	t.Logf("%d of %d places equal", equal, total)
}

// What the Java agent recorded: the text alone must say what the fields beside it say.
func TestJavaAgent(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/corpus/otlp/java-agent-*/*s.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	n := 0
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(string(b)) {
			var request any
			require.NoError(t, json.Unmarshal([]byte(line), &request))
			for _, in := range javaAttributes(request, nil) {
				n++
				javaKeyAgrees(t, in)
				full, ok := javaTrace(in)
				require.True(t, ok, in.Text)
				thrown := full.Exceptions[len(full.Exceptions)-1]
				require.Equal(t, in.Message, thrown.Value)
				require.Equal(t, strings.ReplaceAll(in.Type, "$", "."), thrown.Module+"."+strings.ReplaceAll(thrown.Type, "$", "."))
				require.NotEmpty(t, thrown.Frames)
				require.Equal(t, len(strings.TrimRight(in.Text, "\n")), full.End)
				require.Equal(t, full, javaParsed(t, Input{Text: in.Text, Whole: true}))
				behind := javaParsed(t, Input{Text: "10:20:30.123 [main] ERROR c.e.Foo - Could not ship\n" + in.Text})
				require.Equal(t, full.Exceptions, behind.Exceptions)
			}
		}
	}
	require.Greater(t, n, 300)
}

func javaParsed(t *testing.T, in Input) Trace {
	t.Helper()
	trace, ok := javaTrace(in)
	require.True(t, ok, in.Text)
	return trace
}

// javaAttributes collects the exception.* attributes wherever they are in an OTLP request.
func javaAttributes(node any, out []Input) []Input {
	switch v := node.(type) {
	case []any:
		for _, e := range v {
			out = javaAttributes(e, out)
		}
	case map[string]any:
		in := Input{Language: Java, Whole: true}
		attributes, _ := v["attributes"].([]any)
		for _, a := range attributes {
			attribute, _ := a.(map[string]any)
			value, _ := attribute["value"].(map[string]any)
			text, _ := value["stringValue"].(string)
			switch attribute["key"] {
			case "exception.stacktrace":
				in.Text = text
			case "exception.type":
				in.Type = text
			case "exception.message":
				in.Message = text
			}
		}
		if in.Text != "" {
			out = append(out, in)
		}
		for _, e := range v {
			out = javaAttributes(e, out)
		}
	}
	return out
}

// javaList makes a list of a single event.
func javaList(b []byte) []byte {
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		return b
	}
	return []byte("[" + string(b) + "]")
}

// javaLogTraces reads all that a program wrote: lines of JSON, or text from which one trace after the other is taken.
func javaLogTraces(text string) []Trace {
	var out []Trace
	for line := range strings.Lines(text) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) != nil {
			continue
		}
		for _, read := range []func(map[string]any) *Input{javaFields("stack_trace"), javaFields("error.stack_trace", "error.type", "error.message")} {
			if in := read(fields); in != nil {
				if trace, ok := javaTrace(*in); ok {
					out = append(out, trace)
				}
			}
		}
	}
	for len(out) == 0 || text[0] != '{' {
		trace, ok := javaTrace(Input{Text: text})
		if !ok {
			break
		}
		out, text = append(out, trace), text[trace.End:]
	}
	return out
}

func javaOTLPTraces(t *testing.T, b []byte) []Trace {
	t.Helper()
	var request struct {
		ResourceLogs []struct {
			ScopeLogs []struct {
				LogRecords []struct {
					Attributes []struct {
						Key   string
						Value struct{ StringValue string }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(b, &request))
	var out []Trace
	for _, r := range request.ResourceLogs {
		for _, s := range r.ScopeLogs {
			for _, l := range s.LogRecords {
				in := Input{Language: Java, Whole: true}
				for _, a := range l.Attributes {
					switch a.Key {
					case "exception.stacktrace":
						in.Text = a.Value.StringValue
					case "exception.type":
						in.Type = a.Value.StringValue
					case "exception.message":
						in.Message = a.Value.StringValue
					}
				}
				javaKeyAgrees(t, in)
				if trace, ok := javaTrace(in); ok {
					out = append(out, trace)
				}
			}
		}
	}
	return out
}

// javaDiff names the places that differ; n is how many were compared.
func javaDiff(want javaSent, got Trace, fromText bool) (diffs []string, n int) {
	check := func(what string, want, got any) {
		if n++; fmt.Sprint(want) != fmt.Sprint(got) {
			diffs = append(diffs, fmt.Sprintf("%s: want %v, got %v", what, want, got))
		}
	}
	if want.Level == "fatal" && fromText {
		check("level", want.Level, got.Level)
	}
	check("exception.count", len(want.Exception.Values), len(got.Exceptions))
	for i, e := range want.Exception.Values {
		k := len(got.Exceptions) - len(want.Exception.Values) + i
		if k < 0 {
			continue
		}
		g, at := got.Exceptions[k], fmt.Sprintf("exception[%d].", i)
		check(at+"type", e.Type, g.Type)
		check(at+"value", e.Value, g.Value)
		check(at+"module", e.Module, g.Module)
		if e.Mechanism.Handled != nil && fromText {
			check(at+"handled", sentry.TriOf(*e.Mechanism.Handled), g.Mechanism.Handled)
		}
		check(at+"id", javaID(e.Mechanism.ID), g.Mechanism.ExceptionID)
		if g.Mechanism.Type != "suppressed" { // of a second one the SDK names the last id handed out, not the owner
			check(at+"parent", javaID(e.Mechanism.ParentID), javaParent(g.Mechanism))
		}
		frames := e.Stacktrace.Frames
		check(at+"frames.count", len(frames), len(g.Frames))
		for j := range min(len(frames), len(g.Frames)) {
			f, h := frames[len(frames)-1-j], g.Frames[len(g.Frames)-1-j]
			check(at+"frame.function", f.Function, h.Function)
			check(at+"frame.module", f.Module, h.Module)
			check(at+"frame.filename", f.Filename, h.Filename)
			check(at+"frame.lineno", f.Lineno, h.Lineno)
			check(at+"frame.native", sentry.TriOf(f.Native), h.Native)
			check(at+"frame.in_app", sentry.Unset, h.InApp)
		}
	}
	return diffs, n
}

func javaID(id *int) int {
	if id == nil {
		return -1
	}
	return *id
}

func javaParent(m *sentry.Mechanism) int {
	if !m.HasParent {
		return -1
	}
	return m.ParentID
}
