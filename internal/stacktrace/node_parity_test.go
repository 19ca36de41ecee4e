package stacktrace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

const nodeParity = "../../testdata/parity/node/"

// nodeEvent is what @sentry/node sent of the same crash.
type nodeEvent struct {
	Level     string `json:"level"`
	Exception struct {
		Values []nodeEventError `json:"values"`
	} `json:"exception"`
}

type nodeEventError struct {
	Type      string `json:"type"`
	Value     string `json:"value"`
	Mechanism struct {
		Handled   *bool  `json:"handled"`
		Synthetic bool   `json:"synthetic"`
		Source    string `json:"source"`
		ID        *int   `json:"exception_id"`
		Parent    *int   `json:"parent_id"`
		Group     bool   `json:"is_exception_group"`
	} `json:"mechanism"`
	Stacktrace struct {
		Frames []nodeEventFrame `json:"frames"`
	} `json:"stacktrace"`
}

type nodeEventFrame struct {
	Filename string `json:"filename"`
	Module   string `json:"module"`
	Function string `json:"function"`
	Lineno   int    `json:"lineno"`
	Colno    int    `json:"colno"`
	InApp    bool   `json:"in_app"`
}

func nodeLoadEvent(t *testing.T, dir string) nodeEvent {
	data, err := os.ReadFile(filepath.Join(dir, "sdk.json"))
	require.NoError(t, err)
	var events []nodeEvent
	if json.Unmarshal(data, &events) != nil {
		events = make([]nodeEvent, 1)
		require.NoError(t, json.Unmarshal(data, &events[0]))
	}
	require.Len(t, events, 1)
	return events[0]
}

// nodeParityTexts are the app's own outputs, with the SDK in the process and, where that changes them, without: then its hooks change the
// stack too (one frame more), or Node's own words about an uncaught error are missing.
func nodeParityTexts(t *testing.T, dir string) map[string]Input {
	texts := map[string]Input{"app.log": nodeParityText(t, filepath.Join(dir, "app.log"))}
	if _, err := os.Stat(filepath.Join(dir, "app.nosdk.log")); err == nil {
		texts["app.nosdk.log"] = nodeParityText(t, filepath.Join(dir, "app.nosdk.log"))
	}
	return texts
}

// nodeParityText is one output: of a structured logger the fields of its last line.
func nodeParityText(t *testing.T, name string) Input {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	text := strings.TrimSpace(string(data))
	if last := text[strings.LastIndexByte(text, '\n')+1:]; strings.HasPrefix(last, "{") {
		in, _ := nodeInputs(last)
		return in
	}
	return Input{Text: string(data)}
}

// nodeParityRecord is the OTLP log record of the same exception.
func nodeParityRecord(t *testing.T, dir string) Input {
	data, err := os.ReadFile(filepath.Join(dir, "otlp.json"))
	require.NoError(t, err)
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
	require.NoError(t, json.Unmarshal(data, &request))
	in := Input{Language: Node, Whole: true}
	for _, a := range request.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Attributes {
		switch a.Key {
		case "exception.type":
			in.Type = a.Value.StringValue
		case "exception.message":
			in.Message = a.Value.StringValue
		case "exception.stacktrace":
			in.Text = a.Value.StringValue
		}
	}
	return in
}

// nodeScore counts equal places of a field, as testdata/parity/compare.py does.
type nodeScore map[string][2]int

func (s nodeScore) put(t *testing.T, field, where string, want, got any) {
	n := s[field]
	n[1]++
	if assert.ObjectsAreEqual(want, got) {
		n[0]++
	} else {
		t.Logf("%s %s: SDK %#v, here %#v", field, where, want, got)
	}
	s[field] = n
}

// compare counts one event. chain: the text holds causes and members; stacks: it holds the same stack that the SDK saw.
func (s nodeScore) compare(t *testing.T, name string, want []nodeEventError, got []sentry.Exception, chain, stacks bool) {
	if chain {
		s.put(t, "exception.count", name, len(want), len(got))
	}
	for n := 1; n <= len(want); n++ {
		if !chain && n > 1 {
			break // err.stack holds no other error
		}
		w, g := want[len(want)-n], sentry.Exception{}
		where := fmt.Sprintf("%s[-%d]", name, n)
		if n <= len(got) {
			g = got[len(got)-n]
		}
		if !w.Mechanism.Synthetic {
			s.put(t, "exception.type", where, w.Type, g.Type)
		}
		s.put(t, "exception.value", where, strings.TrimRight(w.Value, " \n"), strings.TrimRight(g.Value, " \n"))
		if chain && w.Mechanism.ID != nil {
			m := sentry.Mechanism{HasID: true, ExceptionID: *w.Mechanism.ID, Source: w.Mechanism.Source, IsExceptionGroup: w.Mechanism.Group}
			if w.Mechanism.Parent != nil {
				m.HasParent, m.ParentID = true, *w.Mechanism.Parent
			}
			have := sentry.Mechanism{}
			if g.Mechanism != nil {
				have = *g.Mechanism
				have.Type, have.Handled = "", sentry.Unset
			}
			s.put(t, "exception.parent", where, m, have)
		}
		if w.Mechanism.Synthetic || len(w.Stacktrace.Frames) == 0 || !stacks {
			continue
		}
		s.put(t, "frames.count", where, len(w.Stacktrace.Frames), len(g.Frames))
		for i := 1; i <= len(w.Stacktrace.Frames); i++ {
			x, y := w.Stacktrace.Frames[len(w.Stacktrace.Frames)-i], sentry.Frame{}
			if i <= len(g.Frames) {
				y = g.Frames[len(g.Frames)-i]
			}
			at := fmt.Sprintf("%s.frame[-%d]", where, i)
			s.put(t, "frame.function", at, x.Function, y.Function)
			s.put(t, "frame.filename", at, x.Filename, y.Filename)
			s.put(t, "frame.module", at, x.Module, y.Module)
			s.put(t, "frame.lineno", at, [2]int{x.Lineno, x.Colno}, [2]int{y.Lineno, y.Colno})
			s.put(t, "frame.in_app", at, sentry.TriOf(x.InApp), y.InApp)
		}
	}
}

func TestNodeParity(t *testing.T) {
	dirs, err := filepath.Glob(nodeParity + "*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	score := nodeScore{}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		event := nodeLoadEvent(t, dir)
		inputs := nodeParityTexts(t, dir)
		inputs["otlp.json"] = nodeParityRecord(t, dir)
		for source, in := range inputs {
			trace, ok := Parse(in)
			require.True(t, ok, "%s %s", name, source)
			require.Equal(t, Node, trace.Language)
			score.compare(t, name+" "+source, event.Exception.Values, trace.Exceptions, source != "otlp.json", source != "app.nosdk.log" || name != "async_stack")
			if trace.Level != "" {
				score.put(t, "level", name, event.Level, string(trace.Level))
			}
			key, ok := IssueKey(in)
			require.True(t, ok)
			nodeCheckKey(t, trace, key)
		}
	}
	var fields []string
	for field := range score {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	for _, field := range fields {
		t.Logf("%-18s %4d / %d", field, score[field][0], score[field][1])
		assert.Equal(t, score[field][1], score[field][0], field)
	}
}
