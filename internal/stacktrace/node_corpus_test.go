package stacktrace

import (
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

const nodeCorpus = "../../testdata/corpus/logs/pynode/"

// nodeTruth is one record of a corpus file: what the program that wrote the log knew of its errors.
type nodeTruth struct {
	Kind       string           `json:"kind"`
	First      int              `json:"first_line"`
	Last       int              `json:"last_line"`
	Exceptions []nodeTruthError `json:"exceptions"`
}

type nodeTruthError struct {
	Type         string           `json:"type"`
	Class        string           `json:"class"`
	Value        string           `json:"value"`
	Relation     string           `json:"relation"`
	Parent       *int             `json:"parent"`
	GroupIndex   *int             `json:"group_index"`
	NonError     string           `json:"non_error"`
	Printed      *bool            `json:"printed"`
	TypePrinted  *bool            `json:"type_printed"`
	ValuePrinted *bool            `json:"value_printed"`
	Frames       []nodeTruthFrame `json:"frames"`
}

type nodeTruthFrame struct {
	Function   *string `json:"printed_function"`
	Filename   *string `json:"filename"`
	Lineno     int     `json:"lineno"`
	Colno      int     `json:"colno"`
	Printed    string  `json:"printed"`
	NotPrinted bool    `json:"not_printed"`
}

// want is the frame as @sentry/node names it (sdk-parity rules), made from V8's own call site.
func (f nodeTruthFrame) want() sentry.Frame {
	w := sentry.Frame{Function: "?", Lineno: f.Lineno, Colno: f.Colno}
	if f.Function != nil {
		w.Function = strings.TrimPrefix(*f.Function, "async ")
		w.Function = strings.ReplaceAll(w.Function, "<anonymous>", "?")
		w.Function, _, _ = strings.Cut(w.Function, " (index ")
	}
	place := f.Printed
	if i := strings.Index(place, " ("); i >= 0 {
		place = strings.TrimSuffix(place[i+2:], ")")
	}
	place = strings.TrimPrefix(place, "async ")
	w.Filename = strings.TrimPrefix(strings.TrimSuffix(place, fmt.Sprintf(":%d:%d", f.Lineno, f.Colno)), "file://")
	return w
}

// nodeTally counts one file's comparison.
type nodeTally struct {
	records, errors, types, values, missed, surplus int
	frames, exact                                   int
	reasons                                         map[string]int
}

func (n *nodeTally) reason(why string) { n.reasons[why]++ }

func nodeIsFalse(b *bool) bool { return b != nil && !*b }

// nodeInputs cuts what a structured logger wrote into the texts that hold traces; one input, the text itself, for others.
func nodeInputs(text string) (thrown Input, nested map[string]Input) {
	thrown = Input{Text: text}
	nested = map[string]Input{}
	var fields map[string]any
	start := strings.IndexByte(text, '{')
	if at := strings.Index(text, ` {"`); at >= 0 && start != 0 {
		start = at + 1
	}
	if start < 0 || json.Unmarshal([]byte(text[start:]), &fields) != nil {
		return thrown, nested
	}
	fromError := func(e map[string]any) Input {
		in := Input{Whole: true}
		for _, key := range []string{"stack", "stack_trace"} {
			if s, ok := e[key].(string); ok {
				in.Text = s
			}
		}
		in.Message, _ = e["message"].(string)
		return in
	}
	thrown = fromError(fields)
	for _, key := range []string{"err", "error"} {
		e, ok := fields[key].(map[string]any)
		if !ok {
			continue
		}
		if in := fromError(e); in.Text != "" {
			thrown = in
		}
		if s, ok := e["cause"].(string); ok {
			nested["cause"] = Input{Text: s, Whole: true}
		}
		list, _ := e["aggregateErrors"].([]any)
		for i, member := range list {
			if m, ok := member.(map[string]any); ok {
				nested[nodeMember(i)] = fromError(m)
			}
		}
	}
	return thrown, nested
}

// nodeFindError picks the exception that the truth means.
func nodeFindError(found []sentry.Exception, ids map[int]int, e nodeTruthError) *sentry.Exception {
	if e.Parent == nil {
		return &found[len(found)-1]
	}
	source := "cause"
	if e.Relation == "group" {
		source = nodeMember(*e.GroupIndex)
	}
	for i := range found {
		m := found[i].Mechanism
		if parent, ok := ids[*e.Parent]; ok && m != nil && m.HasParent && m.ParentID == parent && m.Source == source {
			return &found[i]
		}
	}
	return nil
}

func (n *nodeTally) compare(t *testing.T, log string, r nodeTruth, text string) {
	n.records++
	in, nested := nodeInputs(text)
	var trace Trace
	ok := false
	if in.Text != "" {
		start, end := nodeFind(in.Text, in.Whole)
		if start >= 0 {
			trace, ok = nodeParse(in, start, end)
			key, keyOK := nodeKey(in, start, end)
			require.Equal(t, ok, keyOK)
			nodeCheckKey(t, trace, key)
		}
	}
	ids := map[int]int{}
	used := 0
	for i, e := range r.Exceptions {
		if nodeIsFalse(e.Printed) && (e.NonError == "" || i > 0) {
			n.reason("the logger does not print it")
			continue
		}
		if i > 0 && e.NonError != "" {
			n.reason("members that are no errors: the SDK leaves them out")
			continue
		}
		n.errors++
		var got *sentry.Exception
		if ok {
			got = nodeFindError(trace.Exceptions, ids, e)
		}
		if got != nil {
			used++
		} else if e.Parent != nil {
			source := "cause"
			if e.Relation == "group" {
				source = nodeMember(*e.GroupIndex)
			}
			if part, okay := Parse(nested[source]); okay {
				got = &part.Exceptions[len(part.Exceptions)-1]
				n.reason("in a field of its own: parsed from there")
			}
		}
		if got == nil {
			n.missed++
			why := "no frames in the text: not a stack trace"
			for _, f := range e.Frames {
				if !f.NotPrinted {
					why = "NOT FOUND"
				}
			}
			n.reason(why)
			if testing.Verbose() {
				t.Logf("%s:%d %s: %s: not found: %s %q", log, r.First, r.Kind, why, e.Type, e.Value)
			}
			continue
		}
		if got.Mechanism != nil && got.Mechanism.HasID {
			ids[i] = got.Mechanism.ExceptionID
		} else {
			ids[i] = 0
		}
		n.compareError(t, log, r, e, got)
	}
	if ok && len(trace.Exceptions) != used {
		n.surplus += len(trace.Exceptions) - used
		t.Errorf("%s:%d: %d exceptions, %d known", log, r.First, len(trace.Exceptions), used)
	}
	if ok && strings.Contains(r.Kind, "uncaughtException") {
		assert.Equal(t, sentry.LevelFatal, trace.Level, "%s:%d", log, r.First)
	}
	if ok && r.Kind == "unhandledRejection" {
		assert.NotEmpty(t, trace.Level, "%s:%d", log, r.First)
	}
}

func (n *nodeTally) compareError(t *testing.T, log string, r nodeTruth, e nodeTruthError, got *sentry.Exception) {
	differs := func(what string, want, have any) {
		t.Errorf("%s:%d %s: %s: want %q, got %q", log, r.First, r.Kind, what, want, have)
	}
	switch {
	case e.NonError != "" && got.Type == "Error":
		n.types++
	case got.Type == e.Type:
		n.types++
	case nodeIsFalse(e.TypePrinted):
		n.types++
		n.reason("type not printed")
	case got.Type == e.Class && e.Type == "Error":
		n.types++
		n.reason("util.inspect prints the class where err.name is Error")
	default:
		differs("type", e.Type, got.Type)
	}
	switch {
	case got.Value == strings.TrimRight(e.Value, " \n"):
		n.values++
	case nodeIsFalse(e.ValuePrinted), nodeIsFalse(e.Printed):
		n.reason("value not printed")
		n.values++
	case got.Type == nodeRejectionType && strings.Contains(e.Value, `reason "`+got.Value+`".`):
		n.values++
		n.reason("rejection: the SDK's value is the reason alone")
	case nodeIsFalse(e.TypePrinted) && strings.HasSuffix(got.Value, e.Value):
		n.values++
		n.reason("no type printed: the app's own words stand before the message")
	default:
		differs("value", e.Value, got.Value)
	}
	var want []sentry.Frame
	for _, f := range e.Frames {
		if !f.NotPrinted {
			want = append(want, f.want())
		}
	}
	if len(want) != len(got.Frames) && e.NonError == "" {
		t.Errorf("%s:%d %s %s: want %d frames, got %d", log, r.First, r.Kind, e.Type, len(want), len(got.Frames))
	}
	n.frames += len(want)
	for i := range want {
		j := len(got.Frames) - 1 - i
		if j < 0 {
			break
		}
		g := sentry.Frame{Function: got.Frames[j].Function, Filename: got.Frames[j].Filename, Lineno: got.Frames[j].Lineno, Colno: got.Frames[j].Colno}
		switch {
		case assert.ObjectsAreEqual(want[i], g):
			n.exact++
		case nodeIsFalse(e.TypePrinted) && g.Function == want[i].Function && g.Lineno == want[i].Lineno && g.Colno == want[i].Colno && strings.HasSuffix(want[i].Filename, "/"+g.Filename):
			n.exact++
			n.reason("paths made relative by the logger")
		default:
			t.Errorf("%s:%d %s frame %d: want %+v, got %+v", log, r.First, e.Type, i, want[i], g)
		}
	}
}

// nodeCheckKey holds a key against the full parse of the same text.
func nodeCheckKey(t *testing.T, trace Trace, key Key) {
	t.Helper()
	if len(trace.Exceptions) == 0 {
		return
	}
	thrown := trace.Exceptions[len(trace.Exceptions)-1]
	want := Key{Type: thrown.Type, Message: strings.TrimSpace(thrown.Value)}
	if n := len(thrown.Frames); n > 0 {
		f := thrown.Frames[n-1]
		if f.Lineno > 0 {
			want.File, want.Line = nodeShortFile(f.Filename), f.Lineno
		} else {
			want.Function = f.Function
		}
	}
	if key.Function == "" {
		key.Function = want.Function // "?" where nothing is printed
	}
	require.Equal(t, want, key)
}

func nodeLoadTruth(t testing.TB, name string) []nodeTruth {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var records []nodeTruth
	require.NoError(t, json.Unmarshal(data, &records))
	return records
}

func TestNodeCorpus(t *testing.T) {
	files, err := filepath.Glob(nodeCorpus + "node-*.expect.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	total := nodeTally{reasons: map[string]int{}}
	for _, name := range files {
		log := strings.TrimSuffix(filepath.Base(name), ".expect.json")
		data, err := os.ReadFile(strings.TrimSuffix(name, ".expect.json") + ".log")
		require.NoError(t, err)
		lines := strings.Split(string(data), "\n")
		n := nodeTally{reasons: total.reasons}
		for _, r := range nodeLoadTruth(t, name) {
			n.compare(t, log, r, strings.Join(lines[r.First-1:min(r.Last, len(lines))], "\n"))
		}
		t.Logf("%-28s %3d records %4d errors: %4d types %4d values, %2d not found; %5d frames, %5d exact", log, n.records, n.errors, n.types, n.values, n.missed, n.frames, n.exact)
		total.records += n.records
		total.errors += n.errors
		total.types += n.types
		total.values += n.values
		total.missed += n.missed
		total.surplus += n.surplus
		total.frames += n.frames
		total.exact += n.exact
	}
	t.Logf("%-28s %3d records %4d errors: %4d types %4d values, %2d not found; %5d frames, %5d exact", "all", total.records, total.errors, total.types, total.values, total.missed, total.frames, total.exact)
	for why, n := range total.reasons {
		t.Logf("%4d  %s", n, why)
	}
	assert.Zero(t, total.reasons["NOT FOUND"])
	assert.Equal(t, total.errors-total.missed, total.types)
	assert.Equal(t, total.errors-total.missed, total.values)
	assert.Equal(t, total.frames, total.exact)
}
