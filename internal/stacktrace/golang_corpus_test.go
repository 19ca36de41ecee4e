package stacktrace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

const golangCorpus = "../../testdata/corpus/logs/multi/"

// golangTruth is NAME.expect.json (testdata/corpus/logs/multi/README.md).
type golangTruth struct {
	Records []golangTruthRecord `json:"records"`
}

type golangTruthRecord struct {
	Line       int                    `json:"line"`
	Exceptions []golangTruthException `json:"exceptions"`
}

type golangTruthException struct {
	Type       string             `json:"type"`
	TypeInText *bool              `json:"type_in_text"`
	Value      string             `json:"value"`
	Frames     []golangTruthFrame `json:"frames"`
}

type golangTruthFrame struct {
	Function string `json:"function"`
	AbsPath  string `json:"abs_path"`
	Filename string `json:"filename"`
	Lineno   int    `json:"lineno"`
	Elided   int    `json:"elided"`
}

// golangTally counts what was compared and what was equal.
type golangTally struct{ traces, types, typesOK, values, valuesOK, frames, framesOK int }

func (a *golangTally) add(b golangTally) {
	a.traces += b.traces
	a.types += b.types
	a.typesOK += b.typesOK
	a.values += b.values
	a.valuesOK += b.valuesOK
	a.frames += b.frames
	a.framesOK += b.framesOK
}

func (a golangTally) String() string {
	return fmt.Sprintf("traces %3d  type %d/%d  value %d/%d  frames %d/%d", a.traces, a.typesOK, a.types, a.valuesOK, a.values, a.framesOK, a.frames)
}

// golangElsewhere: records that are not compared, and why. Besides: mix-compose-prefix.log, whose lines have docker compose's
// prefix and stand between another container's, has to be taken apart before; runtime.main, runtime.goexit and the builtin
// panic, which sentry-go drops, are dropped from the truth too; of panic(value) that is no error the message is compared with
// the truth's value, as sentry-go sends it.
var golangElsewhere = map[string]string{
	"go-eris.log:1": "the root's calls hold those of its wraps, as eris keeps and sentry-go sends them (testdata/golang/eris_wrap); the truth is without",
	"go-eris.log:7": "a JSON object of arrays: read as data, with GoFrames",
}

func TestGolangCorpus(t *testing.T) {
	var logs []string
	for _, glob := range []string{"go-*.log", "etcd-*.log", "containerd-*.log", "mix-go-*.log", "mix-zap-*.log"} {
		found, err := filepath.Glob(golangCorpus + glob)
		require.NoError(t, err)
		logs = append(logs, found...)
	}
	require.Greater(t, len(logs), 50)
	var all golangTally
	decoys := 0
	for _, path := range logs {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var truth golangTruth
			raw, err := os.ReadFile(strings.TrimSuffix(path, ".log") + ".expect.json")
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(raw, &truth))
			var tally golangTally
			rest := golangSplitRecords(string(text), truth.Records, func(r golangTruthRecord, record string) {
				tally.add(golangCompareRecord(t, name, r, record))
			})
			for _, line := range rest {
				if _, ok := Parse(Input{Language: Go, Text: line}); ok {
					t.Errorf("a trace in a line that has none: %q", line)
					decoys++
				}
			}
			t.Log(tally)
			all.add(tally)
		})
	}
	t.Logf("all: %s, decoys taken for traces: %d", all, decoys)
	assert.Equal(t, all.types, all.typesOK, "types")
	assert.Equal(t, all.values, all.valuesOK, "values")
	assert.Equal(t, all.frames, all.framesOK, "frames")
	assert.Zero(t, decoys)
	assert.Greater(t, all.frames, 400)
}

// TestGolangLeavesOthers: nothing that other languages' programs write is taken for Go's, neither whole files nor single lines.
func TestGolangLeavesOthers(t *testing.T) {
	files := 0
	for _, glob := range []string{"../../testdata/corpus/logs/*/*.log", "../../testdata/parity/*/*/app*.log"} {
		paths, err := filepath.Glob(glob)
		require.NoError(t, err)
		for _, path := range paths {
			base := filepath.Base(path)
			if strings.HasPrefix(base, "go-") || strings.HasPrefix(base, "mix-") || strings.HasPrefix(base, "etcd-") || strings.Contains(path, "/parity/go/") {
				continue
			}
			files++
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, part := range append(strings.SplitAfter(string(text), "\n"), string(text)) {
				for _, whole := range []bool{false, true} {
					if start, end := golangFind(part, whole); start >= 0 {
						t.Errorf("%s: %q", base, part[start:end])
					}
				}
			}
		}
	}
	require.Greater(t, files, 300)
}

// golangSplitRecords hands each record its lines, up to the next record. What stands before the first is given back line by line,
// and so are the records' own further lines that begin like a log line.
func golangSplitRecords(text string, records []golangTruthRecord, visit func(golangTruthRecord, string)) (rest []string) {
	lines := strings.SplitAfter(text, "\n")
	for i, r := range records {
		end := len(lines)
		if i+1 < len(records) {
			end = records[i+1].Line - 1
		}
		if i == 0 {
			rest = append(rest, lines[:r.Line-1]...)
		}
		visit(r, strings.Join(lines[r.Line-1:end], ""))
	}
	if len(records) == 0 {
		rest = append(lines, text)
	}
	return rest
}

// golangErrorField finds what a text line says of the error: error="..." or zap's "error": "...".
var (
	golangErrorField = regexp.MustCompile(`error"?[=:] ?"([^"\\]*)"`)
	golangColours    = regexp.MustCompile(`\x1b\[[0-9;]*m`)
)

// golangInputs are what is read of a record: the fields of a JSON line that may hold a trace, else all of its text.
func golangInputs(t *testing.T, record string) []Input {
	t.Helper()
	if !strings.HasPrefix(record, "{") {
		in := Input{Language: Go, Text: record}
		if m := golangErrorField.FindStringSubmatch(golangColours.ReplaceAllString(record, "")); m != nil {
			in.Message = m[1]
		}
		return []Input{in}
	}
	first, _, _ := strings.Cut(record, "\n")
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(first), &fields))
	message, _ := fields["error"].(string)
	var inputs []Input
	for _, key := range []string{"errorVerbose", "error", "stack", "stacktrace"} {
		switch v := fields[key].(type) {
		case string:
			if strings.Contains(v, "\n") {
				in := Input{Language: Go, Text: v, Whole: true}
				if key == "stack" || key == "stacktrace" {
					in.Message = message
				}
				inputs = append(inputs, in)
			}
		case []any:
			raw, err := json.Marshal(v)
			require.NoError(t, err)
			inputs = append(inputs, Input{Language: Go, Text: string(raw), Whole: true, Message: message})
		case map[string]any: // oops
			if stack, ok := v["stacktrace"].(string); ok {
				text, _ := v["err"].(string)
				inputs = append(inputs, Input{Language: Go, Text: stack, Whole: true, Message: text})
			}
		}
	}
	return inputs
}

// golangErrors are the errors of a record as they were read: exceptions, and messages and places with their stack.
func golangErrors(t *testing.T, record string) (errs []sentry.Exception) {
	t.Helper()
	for _, in := range golangInputs(t, record) {
		for n := 0; n < 5; n++ {
			tr, ok := Parse(in)
			if !ok {
				break
			}
			golangCheckKey(t, in, tr)
			errs = append(errs, tr.Exceptions...)
			if len(tr.Exceptions) == 0 {
				e := sentry.Exception{Value: tr.Message, Frames: tr.Threads[0].Frames}
				if e.Type = golangTypeOf(tr.Message); e.Type == "" {
					e.Type = golangPanicType
				}
				errs = append(errs, e)
			}
			in.Text = in.Text[tr.End:]
		}
		assert.NotContains(t, in.Text, "\n\t/", "calls left behind the trace")
	}
	return errs
}

// golangCheckKey: the key is what the trace says.
func golangCheckKey(t *testing.T, in Input, tr Trace) {
	t.Helper()
	key, ok := IssueKey(in)
	assert.True(t, ok)
	assert.Equal(t, golangTraceKey(tr), key)
}

func golangCompareRecord(t *testing.T, name string, r golangTruthRecord, record string) (tally golangTally) {
	errs := golangErrors(t, record)
	if _, known := golangElsewhere[fmt.Sprintf("%s:%d", name, r.Line)]; known {
		return tally
	}
	if len(errs) > 0 {
		tally.traces++
	}
	for _, want := range r.Exceptions {
		if len(want.Frames) == 0 && len(errs) == 0 {
			continue // an error that a field names, without a stack
		}
		got := golangBest(errs, want)
		if want.Type != "" && (want.TypeInText == nil || *want.TypeInText) {
			tally.types++
			if golangHasType(errs, want) {
				tally.typesOK++
			} else {
				t.Errorf("line %d: type %q, have %q", r.Line, want.Type, got.Type)
			}
		}
		if want.Value != "" {
			tally.values++
			if golangSays(got, want) {
				tally.valuesOK++
			} else {
				t.Errorf("line %d: value %q, have %q", r.Line, want.Value, got.Value)
			}
		}
		frames, equal := golangCompareFrames(t, got.Frames, want.Frames)
		tally.frames += frames
		tally.framesOK += equal
	}
	return tally
}

// golangSays: the program's truth has a layer's own message, sentry-go its Error(), which goes on with what it wraps.
func golangSays(e sentry.Exception, want golangTruthException) bool {
	return e.Value == want.Value || strings.HasPrefix(e.Value, want.Value+": ")
}

// golangBest finds the error that is meant: the one that says the same and has the most of the frames.
func golangBest(errs []sentry.Exception, want golangTruthException) (best sentry.Exception) {
	most := -1
	for _, e := range errs {
		_, n := golangCompareFrames(nil, e.Frames, want.Frames)
		if want.Value != "" && golangSays(e, want) {
			n += 1000
		}
		if n > most {
			most, best = n, e
		}
	}
	return best
}

func golangHasType(errs []sentry.Exception, want golangTruthException) bool {
	for _, e := range errs {
		if e.Type == want.Type && golangSays(e, want) {
			return true
		}
	}
	return false
}

// golangCompareFrames puts the truth through the SDK's cuts and compares from the innermost on. Functions that were printed
// without their package are compared without it.
func golangCompareFrames(t *testing.T, have []sentry.Frame, truth []golangTruthFrame) (total, equal int) {
	var calls []GoCall
	for _, f := range truth {
		if f.Elided == 0 {
			calls = append(calls, GoCall{Function: f.Function, File: f.AbsPath + f.Filename, Line: f.Lineno})
		}
	}
	want := GoFrames(calls)
	for i := 1; i <= len(want); i++ {
		total++
		w, h := want[len(want)-i], sentry.Frame{}
		if i <= len(have) {
			h = have[len(have)-i]
		}
		if h.Module == "" {
			w.Module = ""
		}
		file := w.AbsPath + w.Filename
		if w.Function == h.Function && w.Module == h.Module && w.Lineno == h.Lineno && strings.HasSuffix(file, h.AbsPath+h.Filename) && h.AbsPath+h.Filename != "" {
			equal++
		} else if t != nil {
			t.Errorf("frame %d: want %s %s %s:%d, have %s %s %s:%d", i, w.Module, w.Function, file, w.Lineno, h.Module, h.Function, h.AbsPath+h.Filename, h.Lineno)
		}
	}
	if t != nil && len(have) > len(want) && len(want) > 0 {
		t.Errorf("%d frames, have %d", len(want), len(have))
		total++
	}
	return total, equal
}
