package stacktrace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodeClaims tells whether the reader takes the text.
func nodeClaims(in Input) bool {
	start, end := nodeFind(in.Text, in.Whole)
	if start < 0 {
		return false
	}
	_, ok := nodeParse(in, start, end)
	return ok
}

// Other languages' traces are no business of this reader: whole files, and every line on its own.
func TestNodeLeavesOthersAlone(t *testing.T) {
	patterns := []string{nodeCorpus + "python-*.log", nodeCorpus + "../java/*.log", nodeCorpus + "../multi/*.log", "../../testdata/stacktraces/[!n]*.txt"}
	files := 0
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			if nodeOwnLog(name) {
				continue
			}
			files++
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			if start, end := nodeFind(string(data), false); start >= 0 {
				t.Errorf("%s: takes %.300q", name, data[start:end])
			}
			for _, line := range strings.Split(string(data), "\n") {
				assert.False(t, nodeClaims(Input{Text: line}), "%s: %s", name, line)
			}
		}
	}
	require.Greater(t, files, 50)
}

// nodeOwnLog tells logs of JavaScript runtimes from others.
func nodeOwnLog(name string) bool {
	base := filepath.Base(name)
	for _, word := range []string{"node", "js-", "bun", "deno", "javascript"} {
		if strings.HasPrefix(base, word) {
			return true
		}
	}
	return false
}

// Every record that the truth does not call an error, and every line between the records, holds none.
func TestNodeDecoys(t *testing.T) {
	names, err := filepath.Glob(nodeCorpus + "node-*.records.json")
	require.NoError(t, err)
	checked := 0
	for _, name := range names {
		log := strings.TrimSuffix(name, ".records.json")
		data, err := os.ReadFile(log + ".log")
		require.NoError(t, err)
		lines := strings.Split(string(data), "\n")
		var records []struct {
			First int  `json:"first_line"`
			Last  int  `json:"last_line"`
			Error bool `json:"is_error"`
		}
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &records))
		free := make([]bool, len(lines))
		for i := range free {
			free[i] = true
		}
		for _, r := range records {
			if !r.Error {
				continue
			}
			for i := r.First; i <= min(r.Last, len(lines)); i++ {
				free[i-1] = false
			}
		}
		for i := 0; i < len(lines); {
			j := i
			for j < len(lines) && free[j] {
				j++
			}
			if j > i {
				checked++
				text := strings.Join(lines[i:j], "\n")
				assert.False(t, nodeClaims(Input{Text: text}), "%s:%d: %.200s", log, i+1, text)
			}
			i = j + 1
		}
	}
	require.Greater(t, checked, 100)
}
