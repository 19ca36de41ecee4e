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

func TestPythonException(t *testing.T) {
	for printed, want := range map[string][2]string{ // module, type
		"KeyError":                              {"", "KeyError"},
		"shop.errors.Declined":                  {"shop.errors", "Declined"},
		"shop.errors.Declined.Permanent":        {"shop.errors", "Declined.Permanent"},
		"Declined.Permanent":                    {"", "Declined.Permanent"},
		"shop._impl._Declined":                  {"shop._impl", "_Declined"},
		"socket.timeout":                        {"socket", "timeout"},
		"MySQLdb.error":                         {"MySQLdb", "error"},
		"shop.Order.lower":                      {"shop", "Order.lower"},
		"MySQLdb._exceptions.OperationalError":  {"MySQLdb._exceptions", "OperationalError"},
		"make.<locals>.Local":                   {"", "make.<locals>.Local"},
		"shop.util.make.<locals>.Local":         {"shop.util", "make.<locals>.Local"},
		"shop.Desk.serve.<locals>.Local":        {"shop", "Desk.serve.<locals>.Local"},
		"Desk.serve.<locals>.Local":             {"", "Desk.serve.<locals>.Local"},
		"läden.Öffnung":                         {"läden", "Öffnung"},
		"concurrent.futures._base.TimeoutError": {"concurrent.futures._base", "TimeoutError"},
	} {
		e := PythonException(printed, "value")
		assert.Equal(t, sentry.Exception{Module: want[0], Type: want[1], Value: "value"}, e, printed)
	}
}

func TestPythonFrame(t *testing.T) {
	for _, want := range []sentry.Frame{
		{AbsPath: "/srv/shop/desk.py", Filename: "/srv/shop/desk.py", InApp: sentry.True},
		{AbsPath: "desk.py", Filename: "desk.py", InApp: sentry.True},
		{AbsPath: "/srv/venv/lib/python3.11/site-packages/flask/app.py", Filename: "flask/app.py", Module: "flask.app", InApp: sentry.False},
		{AbsPath: "/srv/venv/lib/python3.11/site-packages/six.py", Filename: "six.py", Module: "six", InApp: sentry.False},
		{AbsPath: "/usr/lib/python3/dist-packages/apt/__init__.py", Filename: "apt/__init__.py", Module: "apt", InApp: sentry.False},
		{AbsPath: "/usr/local/lib/python3.13t/json/decoder.py", Filename: "json/decoder.py", Module: "json.decoder", InApp: sentry.False},
		{AbsPath: "<frozen importlib._bootstrap>", Filename: "<frozen importlib._bootstrap>", Module: "importlib._bootstrap", InApp: sentry.False},
		{AbsPath: "/srv/venv/bin/gunicorn", Filename: "/srv/venv/bin/gunicorn", InApp: sentry.False},
		{AbsPath: "<string>", Filename: "<string>", InApp: sentry.True},
		{AbsPath: "<decorator-gen-3>", Filename: "<decorator-gen-3>"},
		{AbsPath: "/srv/lib/python-shop/desk.py", Filename: "/srv/lib/python-shop/desk.py", InApp: sentry.True},
	} {
		want.Function, want.Lineno, want.ContextLine = "serve", 12, "self.bill(order)"
		assert.Equal(t, want, PythonFrame(want.AbsPath, "serve", 12, "    self.bill(order)\n"))
	}
	assert.Equal(t, "serve", PythonFrame("/srv/desk.py", "Desk.serve", 1, "").Function)
	assert.Equal(t, "<lambda>", PythonFrame("<string>", "f.<locals>.<lambda>", 1, "").Function)
	assert.Equal(t, "pandas._libs.index.get_loc", PythonFrame("pandas/_libs/index.pyx", "pandas._libs.index.get_loc", 1, "").Function)
}

// TestPythonFieldsBeside: what the text lacks comes from the fields beside it, and nothing else does.
func TestPythonFieldsBeside(t *testing.T) {
	in := Input{Text: strings.TrimSuffix(pyRaisedText, "shopapi.errors.Declined: order 17 declined\n"), Type: "shop.Lost", Message: "gone"}
	trace, ok := Parse(in)
	require.True(t, ok)
	assert.Equal(t, "shop.Lost gone", trace.Exceptions[0].Module+"."+trace.Exceptions[0].Type+" "+trace.Exceptions[0].Value)

	in.Text = pyRaisedText
	trace, ok = Parse(in)
	require.True(t, ok)
	assert.Equal(t, "Declined", trace.Exceptions[0].Type)
	assert.Equal(t, "order 17 declined", trace.Exceptions[0].Value)

	in.Text = strings.Replace(pyRaisedText, "shopapi.errors.", "", 1) // rich
	in.Type = "shopapi.errors.Declined"
	trace, ok = Parse(in)
	require.True(t, ok)
	assert.Equal(t, "shopapi.errors", trace.Exceptions[0].Module)

	bare := Input{Text: "ValueError: never raised\n", Whole: true}
	_, ok = pythonReader.parse(bare, 0, len(bare.Text))
	assert.False(t, ok, "a type and a message alone are Python's only where the language is known")
}
