package stacktrace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What sentry-sdk sent (testdata/parity), as far as testdata/parity/compare.py compares it.
type (
	pySDKEvent struct {
		Level     string `json:"level"`
		Exception struct {
			Values []pySDKException `json:"values"`
		} `json:"exception"`
	}
	pySDKException struct {
		Type       string  `json:"type"`
		Value      *string `json:"value"`
		Module     *string `json:"module"`
		Stacktrace struct {
			Frames []pySDKFrame `json:"frames"`
		} `json:"stacktrace"`
		Mechanism struct {
			Handled          *bool `json:"handled"`
			ExceptionID      *int  `json:"exception_id"`
			ParentID         *int  `json:"parent_id"`
			IsExceptionGroup bool  `json:"is_exception_group"`
		} `json:"mechanism"`
	}
	pySDKFrame struct {
		Function    string  `json:"function"`
		Filename    string  `json:"filename"`
		AbsPath     string  `json:"abs_path"`
		Lineno      int     `json:"lineno"`
		InApp       *bool   `json:"in_app"`
		ContextLine *string `json:"context_line"`
	}
	pyOTLPValue struct {
		String string `json:"stringValue"`
	}
	pyOTLPAttr struct {
		Key   string      `json:"key"`
		Value pyOTLPValue `json:"value"`
	}
	pyOTLPRecord struct {
		Body       pyOTLPValue  `json:"body"`
		Attributes []pyOTLPAttr `json:"attributes"`
	}
	pyOTLPResource struct {
		Resource struct {
			Attributes []pyOTLPAttr `json:"attributes"`
		} `json:"resource"`
		ScopeLogs []struct {
			LogRecords []pyOTLPRecord `json:"logRecords"`
		} `json:"scopeLogs"`
		ScopeSpans []struct {
			Spans []struct {
				Events []pyOTLPRecord `json:"events"`
			} `json:"spans"`
		} `json:"scopeSpans"`
	}
	pyOTLP struct {
		Logs  []pyOTLPResource `json:"resourceLogs"`
		Spans []pyOTLPResource `json:"resourceSpans"`
	}
)

func pyOTLPGet(attrs []pyOTLPAttr, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.String
		}
	}
	return ""
}

// inputs gives the exceptions of all Python services.
func (o pyOTLP) inputs() []Input {
	var out []Input
	add := func(r pyOTLPRecord) {
		if text := pyOTLPGet(r.Attributes, "exception.stacktrace"); text != "" {
			out = append(out, Input{
				Language: Python, Text: text, Whole: true,
				Type: pyOTLPGet(r.Attributes, "exception.type"), Message: pyOTLPGet(r.Attributes, "exception.message"),
			})
		}
	}
	for _, r := range append(o.Logs, o.Spans...) {
		if FromSDK(pyOTLPGet(r.Resource.Attributes, "telemetry.sdk.language")) != Python {
			continue
		}
		for _, s := range r.ScopeLogs {
			for _, l := range s.LogRecords {
				add(l)
			}
		}
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				for _, e := range span.Events {
					add(e)
				}
			}
		}
	}
	return out
}

// pyParity compares as compare.py does: both lists from their ends, only what the SDK's event has.
func (c *pyTally) pyParity(where string, sdk pySDKEvent, got Trace) {
	want := sdk.Exception.Values
	c.count("count", where, len(want), len(got.Exceptions))
	for i := range want {
		w := want[len(want)-1-i]
		var g sentry.Exception
		if i < len(got.Exceptions) {
			g = got.Exceptions[len(got.Exceptions)-1-i]
		}
		at := fmt.Sprintf("%s #%d", where, i)
		c.count("type", at, w.Type, g.Type)
		if w.Value != nil {
			c.count("value", at, strings.TrimRight(*w.Value, " \n"), strings.TrimRight(g.Value, " \n"))
		}
		if w.Module != nil && *w.Module != "__main__" {
			c.count("module", at, *w.Module, g.Module)
		}
		c.pyParityMechanism(at, w, g)
		frames := w.Stacktrace.Frames
		if len(frames) == 0 {
			continue
		}
		c.count("frames", at, len(frames), len(g.Frames))
		for j := range frames {
			var h sentry.Frame
			if j < len(g.Frames) {
				h = g.Frames[len(g.Frames)-1-j]
			}
			c.pyParityFrame(fmt.Sprintf("%s frame -%d", at, j+1), frames[len(frames)-1-j], h)
		}
	}
}

func (c *pyTally) pyParityMechanism(at string, w pySDKException, g sentry.Exception) {
	m := g.Mechanism
	if m == nil {
		m = &sentry.Mechanism{}
	}
	if w.Mechanism.ExceptionID != nil {
		parent := -1
		if w.Mechanism.ParentID != nil {
			parent = *w.Mechanism.ParentID
		}
		got := -1
		if m.HasParent {
			got = m.ParentID
		}
		c.count("ids", at, fmt.Sprint(*w.Mechanism.ExceptionID, parent, w.Mechanism.IsExceptionGroup), fmt.Sprint(m.ExceptionID, got, m.IsExceptionGroup))
	}
	if w.Mechanism.Handled != nil && !*w.Mechanism.Handled {
		c.count("unhandled", at, sentry.False, m.Handled)
	}
}

func (c *pyTally) pyParityFrame(at string, w pySDKFrame, h sentry.Frame) {
	c.count("function", at, w.Function, h.Function)
	filename := h.Filename
	if strings.HasSuffix(filename, "/"+w.Filename) {
		filename = w.Filename
	}
	c.count("filename", at, w.Filename, filename)
	c.count("abs_path", at, w.AbsPath, h.AbsPath)
	c.count("lineno", at, w.Lineno, h.Lineno)
	c.count("in_app", at, w.InApp != nil && *w.InApp, h.InApp == sentry.True)
	if w.ContextLine != nil && strings.TrimSpace(*w.ContextLine) != "" {
		c.count("context", at, strings.TrimSpace(*w.ContextLine), h.ContextLine)
	}
}

// TestPythonParity reads the log and the OTLP record of a crash and compares with the event that sentry-sdk sent of the same exception.
func TestPythonParity(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/parity/python/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	var all pyTally
	for _, dir := range dirs {
		var events []pySDKEvent
		pyReadJSON(t, filepath.Join(dir, "sdk.json"), &events)
		require.Len(t, events, 1, dir)
		var meta struct {
			Kind string `json:"kind"`
		}
		pyReadJSON(t, filepath.Join(dir, "meta.json"), &meta)
		uncaught := strings.HasPrefix(meta.Kind, "uncaught")

		path := filepath.Join(dir, "app.nosdk.log") // there, where the SDK changes the text
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(dir, "app.log")
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		trace, ok := Parse(Input{Text: string(text)})
		require.True(t, ok, dir)
		assert.Equal(t, uncaught, trace.Level == sentry.LevelError, dir)
		var c pyTally
		c.pyParity(filepath.Base(dir)+" log", events[0], trace)

		var otlp pyOTLP
		pyReadJSON(t, filepath.Join(dir, "otlp.json"), &otlp)
		inputs := otlp.inputs()
		require.Len(t, inputs, 1, dir)
		trace, ok = Parse(inputs[0])
		require.True(t, ok, dir)
		c.pyParity(filepath.Base(dir)+" otlp", events[0], trace)

		for _, d := range c.differs {
			// A logger's record does not say that nothing caught the exception; who reads its other fields may know.
			known := strings.Contains(d, " unhandled: want") && (strings.Contains(d, " otlp ") || !uncaught)
			assert.True(t, known, d)
		}
		all.add(&c)
	}
	for field, total := range all.total {
		t.Logf("%-10s %4d / %d", field, all.equal[field], total)
	}
}

// TestPythonOTLP reads what the OpenTelemetry SDK recorded in real services: nothing is left over, and the stack agrees with the fields beside it.
func TestPythonOTLP(t *testing.T) {
	files, err := filepath.Glob("../../testdata/corpus/otlp/*/*.jsonl")
	require.NoError(t, err)
	n := 0
	for _, path := range files {
		if strings.HasPrefix(filepath.Base(path), "metrics") {
			continue
		}
		file, err := os.Open(path)
		require.NoError(t, err)
		lines := bufio.NewReader(file)
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) == 0 {
				require.Error(t, err)
				break
			}
			var o pyOTLP
			require.NoError(t, json.Unmarshal(line, &o))
			for _, in := range o.inputs() {
				n++
				pyCheckOTLP(t, path, in)
			}
		}
		require.NoError(t, file.Close())
	}
	assert.Greater(t, n, 50)
}

func pyCheckOTLP(t *testing.T, path string, in Input) {
	trace, ok := Parse(in)
	require.True(t, ok, "%s: %s", path, in.Text)
	assert.Empty(t, strings.TrimSpace(in.Text[:trace.Start]+in.Text[trace.End:]), path)
	e := trace.Exceptions[len(trace.Exceptions)-1]
	qualified := e.Type
	if e.Module != "" {
		qualified = e.Module + "." + e.Type
	}
	assert.True(t, in.Type == qualified || strings.HasSuffix("."+e.Type, "."+in.Type), "%s: %s, %s", path, in.Type, qualified)
	message := in.Message
	if start, end := pyGroupSize(message); start >= 0 {
		message = pyCutOut(message, start, end)
	}
	assert.Equal(t, strings.TrimSpace(message), strings.TrimSpace(e.Value), path)
}
