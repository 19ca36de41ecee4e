package stacktrace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

const pyCorpusDir = "../../testdata/corpus/logs/pynode"

// The truth beside the logs (testdata/corpus/logs/pynode/README.md), written by the programs from their own objects.
type (
	pyTruthRecord struct {
		First      int              `json:"first_line"`
		Last       int              `json:"last_line"`
		Exceptions []*pyTruthRaised `json:"exceptions"`
	}
	pyTruthRaised struct {
		Type         string          `json:"type"`
		TypeModule   string          `json:"type_module"`
		Printed      string          `json:"printed_type"`
		Value        string          `json:"value"`
		Str          *string         `json:"str"`
		GroupMessage *string         `json:"group_message"`
		Notes        []string        `json:"notes"`
		Relation     string          `json:"relation"`
		Parent       *int            `json:"parent"`
		GroupIndex   int             `json:"group_index"`
		InText       *bool           `json:"printed"`
		TypeInText   *bool           `json:"type_printed"`
		ValueInText  *bool           `json:"value_printed"`
		Frames       []pyTruthCalled `json:"frames"`
	}
	pyTruthCalled struct {
		Function     string `json:"function"`
		Filename     string `json:"filename"`
		Lineno       int    `json:"lineno"`
		ContextLine  string `json:"context_line"`
		RepeatedMore int    `json:"repeated_more"`
		NotPrinted   bool   `json:"not_printed"`
	}
	pyTruthSpan struct {
		First   int  `json:"first_line"`
		Last    int  `json:"last_line"`
		IsError bool `json:"is_error"`
	}
)

// value is what the SDK sends for the exception (get_error_message).
func (e *pyTruthRaised) value() string {
	v := e.Value
	if e.Str != nil {
		v = *e.Str
	}
	if e.GroupMessage != nil {
		v = *e.GroupMessage
	}
	return strings.TrimRight(strings.Join(append([]string{v}, e.Notes...), "\n"), " \n")
}

func (e *pyTruthRaised) frames() []pyTruthCalled {
	var out []pyTruthCalled
	for _, f := range e.Frames {
		if f.NotPrinted {
			continue
		}
		for range f.RepeatedMore + 1 {
			out = append(out, f)
		}
	}
	if len(out) > MaxFrames {
		out = out[len(out)-MaxFrames:]
	}
	return out
}

// pyTruthOrder gives the exceptions as the SDK numbers them: each, its cause, its members.
func pyTruthOrder(all []*pyTruthRaised) []*pyTruthRaised {
	var out []*pyTruthRaised
	var walk func(i int)
	walk = func(i int) {
		if e := all[i]; e.InText == nil || *e.InText {
			out = append(out, e)
		}
		var below []int
		for j, e := range all {
			if e.Parent != nil && *e.Parent == i && j != i {
				below = append(below, j)
			}
		}
		sort.SliceStable(below, func(a, b int) bool {
			x, y := all[below[a]], all[below[b]]
			if (x.Relation == "group") != (y.Relation == "group") {
				return y.Relation == "group"
			}
			return x.GroupIndex < y.GroupIndex
		})
		for _, j := range below {
			walk(j)
		}
	}
	if len(all) > 0 {
		walk(0)
	}
	return out
}

// pyTally counts what is equal.
type pyTally struct {
	equal, total map[string]int
	differs      []string
}

func (c *pyTally) count(field, where string, want, got any) {
	if c.total == nil {
		c.total, c.equal = map[string]int{}, map[string]int{}
	}
	c.total[field]++
	if want == got {
		c.equal[field]++
		return
	}
	c.differs = append(c.differs, fmt.Sprintf("%s %s: want %q, got %q", where, field, fmt.Sprint(want), fmt.Sprint(got)))
}

func (c *pyTally) add(o *pyTally) {
	for f, n := range o.total {
		if c.total == nil {
			c.total, c.equal = map[string]int{}, map[string]int{}
		}
		c.total[f] += n
		c.equal[f] += o.equal[f]
	}
}

func (c *pyTally) String() string {
	var out []string
	for _, f := range []string{"count", "type", "module", "value", "relation", "frames", "function", "filename", "lineno", "context"} {
		if c.total[f] > 0 {
			out = append(out, fmt.Sprintf("%s %d/%d", f, c.equal[f], c.total[f]))
		}
	}
	return strings.Join(out, "  ")
}

func (c *pyTally) exceptions(where string, want []*pyTruthRaised, got []sentry.Exception) {
	c.count("count", where, len(want), len(got))
	for i, e := range want {
		at := fmt.Sprintf("%s #%d", where, i)
		var g sentry.Exception
		if i < len(got) {
			g = got[len(got)-1-i]
		}
		c.exception(at, e, g)
	}
}

func (c *pyTally) exception(at string, e *pyTruthRaised, g sentry.Exception) {
	if e.TypeInText == nil || *e.TypeInText {
		c.count("type", at, e.Type, g.Type)
		if e.Printed != e.Type && g.Module != "" {
			c.count("module", at, e.TypeModule, g.Module)
		}
	}
	if e.ValueInText == nil || *e.ValueInText {
		c.count("value", at, e.value(), strings.TrimRight(g.Value, " \n"))
	}
	relation := ""
	if m := g.Mechanism; m != nil {
		relation = map[string]string{"__cause__": "cause", "__context__": "context"}[m.Source]
		if strings.HasPrefix(m.Source, "exceptions[") {
			relation = "group"
		}
	}
	c.count("relation", at, e.Relation, relation)
	frames := e.frames()
	c.count("frames", at, len(frames), len(g.Frames))
	for i, f := range frames {
		where := fmt.Sprintf("%s frame %d", at, i)
		var h sentry.Frame
		if j := len(g.Frames) - len(frames) + i; j >= 0 {
			h = g.Frames[j]
		}
		c.count("function", where, f.Function, h.Function)
		c.count("filename", where, f.Filename, h.AbsPath)
		c.count("lineno", where, f.Lineno, h.Lineno)
		c.count("context", where, f.ContextLine, h.ContextLine)
	}
}

// pyCorpusInput makes of a record's lines what the caller of the reader would give it: the line as it is, or the field that holds the trace.
func pyCorpusInput(t *testing.T, name, text string) (Input, bool) {
	switch {
	case strings.Contains(name, "logfmt"):
		_, rest, ok := strings.Cut(text, ` exception="`)
		if !ok {
			return Input{Language: Python, Text: text}, true
		}
		value, err := pyUnquote(rest)
		require.NoError(t, err)
		return Input{Language: Python, Text: value, Whole: true}, true
	case !strings.HasPrefix(text, "{"):
		return Input{Text: text}, true
	}
	text = strings.TrimRight(text, "\n")
	text = text[strings.LastIndexByte(text, '\n')+1:] // google-cloud-logging writes lines of its own before the first record
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &fields), "%s: %s", name, text)
	if e, ok := fields["error"].(map[string]any); ok { // ECS
		str := func(k string) string { s, _ := e[k].(string); return s }
		return Input{Language: Python, Text: str("stack_trace"), Whole: true, Type: str("type"), Message: str("message")}, true
	}
	for _, key := range []string{"exception", "exc_info", "exc_text", "stack_trace", "error.stack"} {
		switch v := fields[key].(type) {
		case string:
			return Input{Language: Python, Text: v, Whole: true}, true
		case []any: // structlog's dict_tracebacks: no text
			return Input{}, false
		}
	}
	for _, key := range []string{"text", "message", "event"} {
		if v, ok := fields[key].(string); ok {
			return Input{Language: Python, Text: v}, true
		}
	}
	return Input{}, false
}

func pyUnquote(s string) (string, error) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			var out string
			err := json.Unmarshal([]byte(`"`+s[:i]+`"`), &out)
			return out, err
		}
	}
	return "", fmt.Errorf("no end: %s", s)
}

func pyReadJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into), path)
}

// pyCorpusKnown are the differences that no reader of the text can settle.
var pyCorpusKnown = []struct{ file, field, reason string }{
	{"python-ecs", "type", "ecs-logging's error.type is __name__, without the class around it"},
	{"python-ecs", "value", "ecs-logging's error.message has no notes"},
	{"python-loguru", "frames", "logger.catch as a decorator shows its caller's frame in place of its own, which is in the traceback"},
	{"python-multiprocessing", "frames", "the truth was taken before the exception reached Process._bootstrap"},
	{"python-rich-tracebacks", "context", "the box cuts long lines of source"},
	{"python-structlog-console", "context", "the box cuts long lines of source"},
}

func pyCorpusReason(name, difference string) string {
	for _, k := range pyCorpusKnown {
		if strings.HasPrefix(name, k.file) && strings.Contains(difference, " "+k.field+": want ") {
			return k.reason
		}
	}
	return ""
}

// TestPythonCorpus reads every record of the real logs and compares it with what the program itself knew.
func TestPythonCorpus(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join(pyCorpusDir, "python-*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	var all pyTally
	for _, path := range logs {
		c := pyCorpusFile(t, path)
		name := filepath.Base(path)
		t.Logf("%-36s %s", name, c)
		for _, d := range c.differs {
			reason := pyCorpusReason(name, d)
			assert.NotEmpty(t, reason, d)
			t.Logf("    %s (%s)", d, reason)
		}
		all.add(c)
	}
	t.Logf("all: %s", &all)
}

func pyCorpusFile(t *testing.T, path string) *pyTally {
	name := strings.TrimSuffix(path, ".log")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(data), "\n")
	var truth []pyTruthRecord
	pyReadJSON(t, name+".expect.json", &truth)
	name = filepath.Base(name)
	var c pyTally
	held := map[[2]int]bool{}
	for _, r := range truth {
		held[[2]int{r.First, r.Last}] = true
		where := fmt.Sprintf("%s:%d", name, r.First)
		in, ok := pyCorpusInput(t, name, strings.Join(lines[r.First-1:r.Last], ""))
		if !ok {
			continue
		}
		trace, found := Parse(in)
		key, keyed := IssueKey(in)
		assert.Equal(t, found, keyed, where)
		assert.Equal(t, len(r.Exceptions) > 0, found, where)
		if found {
			c.exceptions(where, pyTruthOrder(r.Exceptions), trace.Exceptions)
			assert.Equal(t, pyKeyOf(trace), key, where)
			assert.Equal(t, Python, trace.Language, where)
		}
	}
	var spans []pyTruthSpan
	pyReadJSON(t, strings.TrimSuffix(path, ".log")+".records.json", &spans)
	for _, s := range spans {
		if held[[2]int{s.First, s.Last}] {
			continue
		}
		if in, ok := pyCorpusInput(t, name, strings.Join(lines[s.First-1:s.Last], "")); ok {
			_, found := Parse(in)
			assert.False(t, found, "%s:%d: a trace in a record without an error", name, s.First)
		}
	}
	if len(truth) == 0 {
		_, found := Parse(Input{Text: string(data)})
		assert.False(t, found, "%s: a trace where there is none", name)
	}
	return &c
}

// TestPythonForeignLogs: what other languages and tools log is no trace of Python's.
func TestPythonForeignLogs(t *testing.T) {
	var logs []string
	for _, dir := range []string{"java", "multi", "pynode"} {
		found, err := filepath.Glob(filepath.Join(pyCorpusDir, "..", dir, "*.log"))
		require.NoError(t, err)
		logs = append(logs, found...)
	}
	require.NotEmpty(t, logs)
	for _, path := range logs {
		if strings.HasPrefix(filepath.Base(path), "python-") {
			continue
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, whole := range []bool{false, true} {
			in := Input{Text: string(data), Whole: whole}
			if start, end := pythonReader.find(in.Text, whole); start >= 0 {
				got, ok := pythonReader.parse(in, start, end)
				assert.False(t, ok, "%s: %q", path, in.Text[got.Start:min(got.End, got.Start+200)])
			}
		}
	}
}

// pyKeyOf makes the key of a parsed trace: what a Key promises.
func pyKeyOf(t Trace) Key {
	e := t.Exceptions[len(t.Exceptions)-1]
	k := Key{Type: e.Type, Message: strings.TrimSpace(e.Value)}
	if len(e.Frames) > 0 {
		f := e.Frames[len(e.Frames)-1]
		k.File, k.Line = pyBase(f.AbsPath), f.Lineno
		if k.File == "" {
			k.Function = f.Function
		}
	}
	return k
}
