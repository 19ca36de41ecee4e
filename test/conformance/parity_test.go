package conformance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	update  = flag.Bool("update", false, "write docs/parity.md anew")
	strict  = flag.Bool("strict", false, "docs/parity.md must say what the recorded pairs give now, and every named difference must occur")
	fresh   = flag.String("pairs", "", "a folder of pairs that were made just now; compared beside the recorded ones")
	reports = filepath.Join("..", "..", "docs", "parity.md")
)

// floor is the least share of the comparable places, in percent, from each source in each language.
const floor = 95.0

// maxShown bounds how many differences are shown of one pair and source.
const maxShown = 12

// TestParity compares what our exporter makes of the recorded texts and requests with what the SDKs sent.
func TestParity(t *testing.T) {
	given, err := ReadPairs(given24)
	require.NoError(t, err)
	for _, p := range given { // logs of errors without a stack of their own
		p.NoStacks = p.Name() == "go/slogjson_join" || p.Name() == "go/zap_wrap"
	}
	own, err := ReadPairs(filepath.Join("parity", "recorded"))
	require.NoError(t, err)
	pairs := append(given, own...)
	scored := scorePairs(t, pairs)
	judge(t, scored)

	report := Report(scored, pairs)
	if *update {
		require.NoError(t, os.WriteFile(reports, []byte(report), 0o600))
	}
	if *strict {
		now, err := os.ReadFile(reports)
		require.NoError(t, err)
		assert.Equal(t, string(now), report, "docs/parity.md is not what the recorded pairs give: make conformance UPDATE=1")
		everyRowOccurs(t, scored)
	}
}

// TestFreshPairs compares pairs that the pinned SDKs made just now: `make conformance` gives them.
func TestFreshPairs(t *testing.T) {
	if *fresh == "" {
		t.Skip("-pairs names no folder")
	}
	pairs, err := ReadPairs(*fresh)
	require.NoError(t, err)
	scored := scorePairs(t, pairs)
	_, tables, _ := strings.Cut(Report(scored, pairs), "\n## By language\n")
	fmt.Println(strings.Split(tables, "\n## Named differences")[0])
	judge(t, scored)
}

func scorePairs(t *testing.T, pairs []*Pair) []Scored {
	require.NotEmpty(t, pairs)
	var scored []Scored
	for _, p := range pairs {
		scored = append(scored, Score(p, Text, eventsOf(t, textLogs(p.Text)))...)
		if p.OTLP != nil {
			scored = append(scored, Score(p, OTLP, eventsOf(t, otlpLogs(t, p.OTLP)))...)
		}
	}
	return scored
}

// judge: every language is above the floor, and every difference has a name.
func judge(t *testing.T, scored []Scored) {
	for _, language := range Languages {
		for _, source := range []string{Text, OTLP} {
			sum := tally(scored, func(s Scored) bool { return s.Source == source && languageOf(s) == language })
			assert.GreaterOrEqual(t, sum.Comparable(), floor, "%s, %s: %+v", language, source, sum)
		}
	}
	var order []string
	unnamed := map[string][]string{}
	for _, s := range scored {
		if s.Equal || s.Reason != "" {
			continue
		}
		key := s.Pair + ", " + s.Source
		if unnamed[key] == nil {
			order = append(order, key)
		}
		unnamed[key] = append(unnamed[key], fmt.Sprintf("%s %s\n    SDK:  %v\n    ours: %v", s.Field, s.Where, s.SDK, s.Ours))
	}
	for _, key := range order {
		places := unnamed[key]
		t.Errorf("%s: %d places differ and no row of Differences says why\n  %s", key, len(places), strings.Join(places[:min(len(places), maxShown)], "\n  "))
	}
}

// everyRowOccurs: what differs no longer has no row.
func everyRowOccurs(t *testing.T, scored []Scored) {
	for _, d := range append(append([]Difference(nil), Differences...), Open...) {
		occurs := false
		for _, s := range scored {
			occurs = occurs || s.Reason == d.Reason && d.Names(s.Pair, s.Source, s.Place)
		}
		assert.True(t, occurs, "no pair differs so any more: %+v", d)
	}
}
