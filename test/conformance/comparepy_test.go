package conformance

import (
	"encoding/json"
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var python = flag.String("python", "", "a Python that runs testdata/parity/compare.py")

// compareAll reads pairs of events and prints what compare.py counts of each.
const compareAll = `
import json, sys
sys.path.insert(0, sys.argv[1])
import compare
for line in sys.stdin:
    p = json.loads(line)
    print(json.dumps([compare.compare(p["sdk"], p["ours"], soft, p["stacks"]) for soft in (False, True)]))
`

// TestComparePy: compare.go counts what testdata/parity/compare.py counts, of every recorded pair and what our exporter makes of it.
func TestComparePy(t *testing.T) {
	if *python == "" {
		t.Skip("-python names none")
	}
	var pairs []*Pair
	for _, root := range []string{given24, filepath.Join("parity", "recorded")} {
		some, err := ReadPairs(root)
		require.NoError(t, err)
		pairs = append(pairs, some...)
	}
	var input strings.Builder
	var want [][2]map[string]Share
	for _, p := range pairs {
		ours := eventsOf(t, textLogs(p.Text))
		for i, sdk := range p.SDK {
			var other Event
			if i < len(ours) {
				other = ours[i]
			}
			require.NoError(t, json.NewEncoder(&input).Encode(map[string]any{"sdk": sdk, "ours": other, "stacks": !p.NoStacks}))
			want = append(want, [2]map[string]Share{
				Compare(sdk, other, Options{NoStacks: p.NoStacks}), Compare(sdk, other, Options{NoStacks: p.NoStacks, Soft: true}),
			})
		}
	}
	cmd := exec.Command(*python, "-B", "-c", compareAll, given24)
	cmd.Stdin = strings.NewReader(input.String())
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, len(want))
	for i, line := range lines {
		var counted [2]map[string][2]int
		require.NoError(t, json.Unmarshal([]byte(line), &counted))
		for soft := range counted {
			got := map[string]Share{}
			for field, c := range counted[soft] {
				got[field] = Share{Equal: c[0], Total: c[1]}
			}
			assert.Equal(t, got, want[i][soft])
		}
	}
}
