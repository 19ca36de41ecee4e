package stacktrace

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var pyUpdate = flag.Bool("update.python", false, "write testdata/python/*.json")

const pyCases = "testdata/python"

// The golden form of a trace: what a person has to check stands in few lines.
type (
	pyGolden struct {
		Before     string              `json:"before,omitempty"`
		After      string              `json:"after,omitempty"`
		Level      sentry.Level        `json:"level,omitempty"`
		Thread     string              `json:"thread,omitempty"`
		Exceptions []pyGoldenException `json:"exceptions,omitempty"`
		Threads    []pyGoldenThread    `json:"threads,omitempty"`
	}
	pyGoldenException struct {
		Type      string   `json:"type"`
		Module    string   `json:"module,omitempty"`
		Value     string   `json:"value"`
		Mechanism string   `json:"mechanism,omitempty"`
		Frames    []string `json:"frames,omitempty"`
	}
	pyGoldenThread struct {
		ID, Name string
		Frames   []string
	}
)

func pyGoldenFrames(frames []sentry.Frame) []string {
	var out []string
	for _, f := range frames {
		s := fmt.Sprintf("%s  %s:%d", f.Function, f.AbsPath, f.Lineno)
		if f.Filename != f.AbsPath {
			s += "  filename " + f.Filename
		}
		if f.Module != "" {
			s += "  module " + f.Module
		}
		switch f.InApp {
		case sentry.False:
			s += "  not in_app"
		case sentry.Unset:
			s += "  in_app?"
		}
		if f.ContextLine != "" {
			s += "  | " + f.ContextLine
		}
		out = append(out, s)
		for _, c := range f.PreContext {
			out = append(out, "  - "+c)
		}
		for _, c := range f.PostContext {
			out = append(out, "  + "+c)
		}
	}
	return out
}

func pyGoldenMechanism(m *sentry.Mechanism) string {
	if m == nil {
		return ""
	}
	out := []string{m.Type}
	if m.HasID {
		out = append(out, fmt.Sprintf("id %d", m.ExceptionID))
	}
	if m.HasParent {
		out = append(out, fmt.Sprintf("parent %d %s", m.ParentID, m.Source))
	}
	if m.IsExceptionGroup {
		out = append(out, "group")
	}
	if m.Synthetic {
		out = append(out, "synthetic")
	}
	if m.Handled == sentry.False {
		out = append(out, "unhandled")
	}
	return strings.Join(out, ", ")
}

func pyGoldenOf(text string, trace Trace) pyGolden {
	g := pyGolden{Before: text[:trace.Start], After: text[trace.End:], Level: trace.Level, Thread: trace.ThreadName}
	for _, e := range trace.Exceptions {
		g.Exceptions = append(g.Exceptions, pyGoldenException{
			Type: e.Type, Module: e.Module, Value: e.Value, Mechanism: pyGoldenMechanism(e.Mechanism), Frames: pyGoldenFrames(e.Frames),
		})
	}
	for _, t := range trace.Threads {
		g.Threads = append(g.Threads, pyGoldenThread{t.ID, t.Name, pyGoldenFrames(t.Frames)})
	}
	return g
}

func pyGoldenJSON(t *testing.T, g pyGolden) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(g))
	return out.Bytes()
}

// pyCaseInput: a case is a log's text; `.whole.txt` is what a stack trace field holds.
func pyCaseInput(t testing.TB, path string) Input {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	in := Input{Text: string(data), Whole: strings.HasSuffix(path, ".whole.txt")}
	if in.Whole {
		in.Language = Python
		in.Type, in.Message = "shopapi.errors.Declined", "order 17 declined"
	}
	return in
}

func pyCasePaths(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(pyCases, "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

func TestPythonCases(t *testing.T) {
	for _, path := range pyCasePaths(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(name, func(t *testing.T) {
			in := pyCaseInput(t, path)
			trace, ok := Parse(in)
			key, keyed := IssueKey(in)
			assert.Equal(t, ok, keyed)
			assert.Equal(t, !strings.HasPrefix(name, "none-"), ok)
			if !ok {
				return
			}
			assert.Equal(t, Python, trace.Language)
			assert.Equal(t, pyKeyOf(trace), key)
			got := pyGoldenJSON(t, pyGoldenOf(in.Text, trace))
			golden := filepath.Join(pyCases, name+".json")
			if *pyUpdate {
				require.NoError(t, os.WriteFile(golden, got, 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(got))
		})
	}
}
