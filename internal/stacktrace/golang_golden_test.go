package stacktrace

import (
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

var golangUpdate = flag.Bool("update.golang", false, "write testdata/golang/*.json anew")

// golangGolden is a trace in a form that a person can read over.
type golangGolden struct {
	Before     string            `json:"before,omitempty"` // what is left to the caller, cut to its nearest 60 bytes
	After      string            `json:"after,omitempty"`
	Level      string            `json:"level,omitempty"`
	Message    string            `json:"message,omitempty"`
	Exceptions []golangGoldenErr `json:"exceptions,omitempty"`
	Threads    []golangGoldenRun `json:"threads,omitempty"`
}

type golangGoldenErr struct {
	Type      string   `json:"type,omitempty"`
	Value     string   `json:"value"`
	Thread    string   `json:"thread,omitempty"`
	Mechanism string   `json:"mechanism,omitempty"`
	Frames    []string `json:"frames,omitempty"`
}

type golangGoldenRun struct {
	Name   string   `json:"name"`
	Marks  string   `json:"marks"`
	Frames []string `json:"frames,omitempty"`
}

func golangReadable(in Input, tr Trace) golangGolden {
	before, after := in.Text[:tr.Start], in.Text[tr.End:]
	g := golangGolden{
		Before: before[max(0, len(before)-60):], After: after[:min(len(after), 60)], Level: string(tr.Level), Message: tr.Message,
	}
	for _, e := range tr.Exceptions {
		x := golangGoldenErr{Type: e.Type, Value: e.Value, Thread: e.ThreadID, Frames: golangReadableFrames(e.Frames)}
		if m := e.Mechanism; m != nil {
			x.Mechanism = strings.Join(strings.Fields(fmt.Sprintf("%s %s id=%d", m.Type, m.Source, m.ExceptionID)), " ")
			if m.HasParent {
				x.Mechanism += fmt.Sprintf(" parent=%d", m.ParentID)
			}
		}
		g.Exceptions = append(g.Exceptions, x)
	}
	for _, th := range tr.Threads {
		marks := "[" + th.State + "]"
		var marksSb61 strings.Builder
		for _, m := range []struct {
			set  sentry.Tri
			name string
		}{{th.Crashed, " crashed"}, {th.Current, " current"}, {th.Main, " main"}} {
			if m.set == sentry.True {
				marksSb61.WriteString(m.name)
			}
		}
		marks += marksSb61.String()
		g.Threads = append(g.Threads, golangGoldenRun{Name: th.ID + ": " + th.Name, Marks: marks, Frames: golangReadableFrames(th.Frames)})
	}
	return g
}

// golangReadableFrames writes each frame on a line; app frames are marked with a star, files of -trimpath with a dot.
func golangReadableFrames(frames []sentry.Frame) (lines []string) {
	for _, f := range frames {
		mark, place := " ", f.AbsPath
		if f.InApp == sentry.True {
			mark = "*"
		}
		if f.Filename != "" {
			place = "./" + f.Filename
		}
		lines = append(lines, fmt.Sprintf("%s %s | %s | %s:%d", mark, f.Module, f.Function, place, f.Lineno))
	}
	return lines
}

// golangWholeCases are texts that a field holds alone: what error libraries print.
var golangWholeCases = []string{"pkg_", "goerr_", "crdb_", "eris_", "xerrors_", "juju_", "oops_", "pingcap_", "join_"}

func golangCase(t *testing.T, path string) Input {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	in := Input{Language: Go, Text: string(text)}
	for _, prefix := range golangWholeCases {
		in.Whole = in.Whole || strings.HasPrefix(filepath.Base(path), prefix)
	}
	return in
}

func golangCases(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/golang/*.txt")
	require.NoError(t, err)
	require.Greater(t, len(paths), 90)
	return paths
}

func TestGolangGolden(t *testing.T) {
	for _, path := range golangCases(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(name, func(t *testing.T) {
			in := golangCase(t, path)
			tr, ok := Parse(in)
			var have []byte
			if ok {
				golangCheckKey(t, in, tr)
				var err error
				have, err = json.MarshalIndent(golangReadable(in, tr), "", " ")
				require.NoError(t, err)
			} else {
				have = []byte("null")
				_, key := IssueKey(in)
				assert.False(t, key)
			}
			have = append(have, '\n')
			golden := strings.TrimSuffix(path, ".txt") + ".json"
			if *golangUpdate {
				require.NoError(t, os.WriteFile(golden, have, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(have))
			for _, e := range tr.Exceptions {
				golangCheckFrames(t, e.Frames)
			}
			for _, th := range tr.Threads {
				golangCheckFrames(t, th.Frames)
			}
		})
	}
}

// golangCheckFrames: what Relay asks of every frame, and sentry-go's rules.
func golangCheckFrames(t *testing.T, frames []sentry.Frame) {
	t.Helper()
	assert.LessOrEqual(t, len(frames), MaxFrames)
	for _, f := range frames {
		assert.NotEmpty(t, f.Function+f.AbsPath+f.Filename)
		assert.NotEqual(t, sentry.Unset, f.InApp)
		assert.True(t, f.AbsPath == "" || f.Filename == "", "one of abs_path and filename")
		assert.NotEqual(t, "runtime", f.Module)
		assert.GreaterOrEqual(t, f.Lineno, 0)
	}
}
