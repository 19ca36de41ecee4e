package stacktrace

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var nodeUpdate = flag.Bool("update.node", false, "write testdata/node/*.golden")

// nodeGolden is what a golden file shows of a trace.
type nodeGolden struct {
	Before, After string            `json:",omitempty"` // what the reader leaves to the caller
	Level         sentry.Level      `json:",omitempty"`
	Exceptions    []nodeGoldenError `json:",omitempty"`
	Key           *Key              `json:",omitempty"`
}

type nodeGoldenError struct {
	Type, Value string
	Mechanism   string   `json:",omitempty"`
	Frames      []string `json:",omitempty"`
	ContextLine string   `json:",omitempty"`
}

// nodeGoldenInput reads a case. Lines at the start that begin with "#!" are fields: whole, type=, message= (quoted as JSON).
func nodeGoldenInput(t *testing.T, name string) Input {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	in := Input{Text: string(data)}
	for strings.HasPrefix(in.Text, "#!") {
		var line string
		line, in.Text, _ = strings.Cut(in.Text[2:], "\n")
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "whole":
			in.Whole = true
		case "node":
			in.Language = Node
		case "type":
			in.Type = value
		case "message":
			require.NoError(t, json.Unmarshal([]byte(value), &in.Message))
		default:
			t.Fatalf("%s: unknown field %q", name, key)
		}
	}
	return in
}

func nodeRunGolden(t *testing.T, in Input) nodeGolden {
	start, end := nodeFind(in.Text, in.Whole)
	if start < 0 {
		return nodeGolden{}
	}
	trace, ok := nodeParse(in, start, end)
	key, keyOK := nodeKey(in, start, end)
	require.Equal(t, ok, keyOK)
	if !ok {
		return nodeGolden{}
	}
	nodeCheckKey(t, trace, key)
	g := nodeGolden{Before: in.Text[:trace.Start], After: in.Text[trace.End:], Level: trace.Level, Key: &key}
	for _, e := range trace.Exceptions {
		ge := nodeGoldenError{Type: e.Type, Value: e.Value, Mechanism: nodeShowMechanism(e.Mechanism)}
		for _, f := range e.Frames {
			ge.Frames = append(ge.Frames, nodeShowFrame(f))
			if f.ContextLine != "" {
				ge.ContextLine = f.ContextLine
			}
		}
		g.Exceptions = append(g.Exceptions, ge)
	}
	return g
}

// nodeShowMechanism shows a mechanism in one line: type, source, id < parent, then what is set.
func nodeShowMechanism(m *sentry.Mechanism) string {
	if m == nil {
		return ""
	}
	words := []string{m.Type}
	if m.Source != "" {
		words = append(words, m.Source)
	}
	if m.HasID {
		words = append(words, nodeItoa(m.ExceptionID))
	}
	if m.HasParent {
		words = append(words, "< "+nodeItoa(m.ParentID))
	}
	for _, f := range []struct {
		word string
		set  bool
	}{{"group", m.IsExceptionGroup}, {"synthetic", m.Synthetic}, {"unhandled", m.Handled == sentry.False}} {
		if f.set {
			words = append(words, f.word)
		}
	}
	return strings.Join(words, " ")
}

// nodeShowFrame shows a frame in one line: in_app, function, file, line, column, module.
func nodeShowFrame(f sentry.Frame) string {
	app := map[sentry.Tri]string{sentry.True: "* ", sentry.False: "  ", sentry.Unset: "? "}[f.InApp]
	return app + f.Function + " " + f.Filename + ":" + nodeItoa(f.Lineno) + ":" + nodeItoa(f.Colno) + " " + f.Module
}

func nodeItoa(n int) string {
	data, _ := json.Marshal(n)
	return string(data)
}

func TestNodeGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/node/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			var b strings.Builder
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			require.NoError(t, enc.Encode(nodeRunGolden(t, nodeGoldenInput(t, name))))
			golden := strings.TrimSuffix(name, ".txt") + ".golden"
			if *nodeUpdate {
				require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), b.String())
		})
	}
}
