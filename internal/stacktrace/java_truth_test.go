package stacktrace

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The truth beside a log: what the program that wrote it knew of its own exceptions (testdata/corpus/logs/java/README.md).
type javaTruth struct {
	Pattern, Library, Layout string
	MaxFrames                string `json:"max_frames"`
	Records                  []javaTruthRecord
}

type javaTruthRecord struct {
	Scenario, Level, Logger, Message, Thread string
	Exceptions                               []javaTruthException
}

type javaTruthException struct {
	ID         int
	Relation   string
	CauseOf    *int `json:"cause_of"`
	Suppressed *int `json:"suppressed_in"`
	Class      string
	Value      *string
	Localized  *string `json:"localized_value"`
	ToString   *string `json:"to_string"`
	Circular   *int    `json:"circular_reference_to"`
	Frames     []javaTruthFrame
	Printed    *int `json:"printed_frames"`
	Total      int  `json:"total_frames"`
}

type javaTruthFrame struct {
	Module, Function, Filename string
	Lineno                     int
	Native                     bool
	Prefix                     string `json:"printed_prefix"`
}

func javaLoadTruth(t testing.TB, path string) javaTruth {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var d javaTruth
	require.NoError(t, json.Unmarshal(b, &d))
	return d
}

func (e *javaTruthException) owner() int {
	switch {
	case e.CauseOf != nil:
		return *e.CauseOf
	case e.Suppressed != nil:
		return *e.Suppressed
	}
	return -1
}

// sent is what io.sentry makes of the record: ids as in the file; a ring repeats the thrown exception once; other rings end where they close.
func (r *javaTruthRecord) sent() []javaTruthException {
	var out []javaTruthException
	for _, e := range r.Exceptions {
		if e.Circular == nil {
			out = append(out, e)
			continue
		}
		if *e.Circular == r.Exceptions[0].ID {
			again := r.Exceptions[0]
			again.ID, again.Relation, again.CauseOf, again.Suppressed, again.Circular = e.ID, e.Relation, e.CauseOf, e.Suppressed, e.Circular
			out = append(out, again)
		}
	}
	return out
}

// javaScore counts what of the truth came out.
type javaScore struct {
	records, found    int
	exceptions, types int
	values, relations int
	frames, exact     int
	differences       []string // "record: what: want, got"
	decoys, unfound   []string
}

func (s *javaScore) add(o javaScore) {
	s.records += o.records
	s.found += o.found
	s.exceptions += o.exceptions
	s.types += o.types
	s.values += o.values
	s.relations += o.relations
	s.frames += o.frames
	s.exact += o.exact
	s.differences = append(s.differences, o.differences...)
	s.decoys = append(s.decoys, o.decoys...)
	s.unfound = append(s.unfound, o.unfound...)
}

// compare scores what was read of one record.
func (s *javaScore) compare(r *javaTruthRecord, got []sentry.Exception, ok bool) {
	want := r.sent()
	if len(want) == 0 {
		if ok {
			s.decoys = append(s.decoys, r.Scenario)
		}
		return
	}
	s.records++
	if !ok {
		s.unfound = append(s.unfound, r.Scenario)
		for _, e := range want {
			s.exceptions++
			s.frames += min(len(e.Frames), javaMaxFrames)
		}
		return
	}
	s.found++
	if len(got) != len(want) {
		s.differ(r, "count", len(want), len(got))
	}
	for i, e := range want {
		s.exceptions++
		wanted := javaWanted(e.Frames)
		s.frames += len(wanted)
		if i >= len(got) {
			continue
		}
		g := got[len(got)-1-i]
		s.one(r, e, g, wanted)
	}
}

func (s *javaScore) differ(r *javaTruthRecord, what string, want, got any) {
	s.differences = append(s.differences, fmt.Sprintf("%s: %s: want %q, got %q", r.Scenario, what, fmt.Sprint(want), fmt.Sprint(got)))
}

func (s *javaScore) one(r *javaTruthRecord, e javaTruthException, g sentry.Exception, wanted []sentry.Frame) {
	class := g.Type
	if g.Module != "" {
		class = g.Module + "." + g.Type
	}
	if class == e.Class {
		s.types++
	} else {
		s.differ(r, "type", e.Class, class)
	}
	value := ""
	if e.Value != nil {
		value = *e.Value
	}
	if g.Value == value || e.Localized != nil && g.Value == *e.Localized {
		s.values++
	} else {
		s.differ(r, "value", value, g.Value)
	}
	relation := map[string]string{"chained": "cause", "suppressed": "suppressed", "generic": "thrown", "UncaughtExceptionHandler": "thrown"}[g.Mechanism.Type]
	parent := -1
	if g.Mechanism.HasParent {
		parent = g.Mechanism.ParentID
	}
	if relation == e.Relation && parent == e.owner() && g.Mechanism.ExceptionID == e.ID {
		s.relations++
	} else {
		s.differ(r, "relation", fmt.Sprint(e.ID, e.Relation, e.owner()), fmt.Sprint(g.Mechanism.ExceptionID, relation, parent))
	}
	if len(wanted) != len(g.Frames) {
		s.differ(r, fmt.Sprintf("frames of %d", e.ID), len(wanted), len(g.Frames))
	}
	for i := range wanted {
		k := len(g.Frames) - 1 - i
		if k < 0 {
			break
		}
		if want := wanted[len(wanted)-1-i]; javaSameFrame(want, g.Frames[k]) {
			s.exact++
		} else {
			s.differ(r, fmt.Sprintf("frame %d of %d", i, e.ID), javaFrameText(want), javaFrameText(g.Frames[k]))
		}
	}
}

// javaWanted is the truth's frames as the SDK sends them.
func javaWanted(frames []javaTruthFrame) []sentry.Frame {
	frames = frames[:min(len(frames), javaMaxFrames)]
	out := make([]sentry.Frame, len(frames))
	for i, f := range frames {
		out[len(frames)-1-i] = sentry.Frame{Module: f.Module, Function: f.Function, Filename: f.Filename, Lineno: f.Lineno, Native: sentry.TriOf(f.Native)}
	}
	return out
}

func javaSameFrame(a, b sentry.Frame) bool {
	return a.Module == b.Module && a.Function == b.Function && a.Filename == b.Filename && a.Lineno == b.Lineno
}

func javaFrameText(f sentry.Frame) string {
	return fmt.Sprintf("%s.%s(%s:%d)", f.Module, f.Function, f.Filename, f.Lineno)
}

func (s *javaScore) String() string {
	percent := 100.0
	if s.frames > 0 {
		percent = 100 * float64(s.exact) / float64(s.frames)
	}
	return fmt.Sprintf("%4d/%-4d %4d/%-4d %4d/%-4d %4d/%-4d %6d/%-6d %6.2f %%", s.found, s.records, s.types, s.exceptions, s.values, s.exceptions,
		s.relations, s.exceptions, s.exact, s.frames, percent)
}

const javaScoreHead = "records   types     values    relations frames"

// javaKeyAgrees fails where the cheap key is not what the parse says.
func javaKeyAgrees(t testing.TB, in Input) {
	t.Helper()
	key, ok := javaKeyed(in)
	trace, parsed := javaTrace(in)
	require.Equal(t, parsed, ok, in.Text)
	if !ok {
		return
	}
	require.Equal(t, javaWantedKey(trace), key, in.Text)
}

// javaWantedKey is the key that the parsed trace has.
func javaWantedKey(trace Trace) Key {
	e := trace.Exceptions[len(trace.Exceptions)-1]
	want := Key{Type: e.Type, Message: strings.TrimSpace(e.Value)}
	if n := len(e.Frames); n > 0 {
		f := e.Frames[n-1]
		want.File, want.Line = f.Filename[strings.LastIndexByte(f.Filename, '/')+1:], f.Lineno
		if want.File == "" {
			want.Line, want.Function = 0, f.Function
		}
	}
	return want
}
