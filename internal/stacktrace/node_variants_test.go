package stacktrace

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nodeVariant is an error as a program knew it.
type nodeVariant struct {
	Type, Class, Value string
	Frames             int
	Cause              *nodeVariant
	Errors             []*nodeVariant // nil: a member that is no error
}

// testdata/node/variants.jsonl holds errors that a program put together at random (classes that say their name and classes that do not, messages that
// look like other things, causes, groups, properties) and printed in one of a dozen ways under Node 20 and 24, each with what it knew of them.
func TestNodeVariants(t *testing.T) {
	file, err := os.Open("testdata/node/variants.jsonl")
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var r struct {
			Style, Text string
			Truth       nodeVariant
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		n++
		in := Input{Text: r.Text, Whole: strings.HasPrefix(r.Style, "whole")}
		if r.Style == "wholefields" {
			in.Type, in.Message = r.Truth.Type, r.Truth.Value
		}
		start, end := nodeFind(in.Text, in.Whole)
		require.GreaterOrEqual(t, start, 0, r.Text)
		trace, ok := nodeParse(in, start, end)
		require.True(t, ok, r.Text)
		key, _ := nodeKey(in, start, end)
		nodeCheckKey(t, trace, key)
		stackAlone := in.Whole || r.Style == "stack" || r.Style == "stackprefix" || r.Style == "koa"
		if !nodeMatches(t, &r.Truth, trace.Exceptions, 0, stackAlone) {
			t.Logf("%s %d:\n%s", r.Style, n, r.Text)
		}
	}
	require.NoError(t, lines.Err())
	require.Greater(t, n, 100)
}

// nodeMatches compares the exception with this id and all that hangs on it. util.inspect prints no deeper than two levels below the thrown error.
func nodeMatches(t *testing.T, want *nodeVariant, got []sentry.Exception, id int, alone bool) bool {
	e := got[len(got)-1-id]
	if e.Type != want.Class { // what util.inspect prints where err.name does not say it
		assert.Equal(t, want.Type, e.Type)
	}
	same := assert.Equal(t, strings.TrimRight(want.Value, " \n"), strings.TrimRight(e.Value, " \n"))
	same = assert.Len(t, e.Frames, want.Frames) && same
	if alone {
		return assert.Len(t, got, 1) && same
	}
	links := map[string]*nodeVariant{}
	if want.Cause != nil {
		links["cause"] = want.Cause
	}
	for i, member := range want.Errors {
		if member != nil {
			links[nodeMember(i)] = member
		}
	}
	for i, child := range got {
		m := child.Mechanism
		if m == nil || !m.HasParent || m.ParentID != id {
			continue
		}
		member, ok := links[m.Source]
		if !assert.True(t, ok, m.Source) {
			return false
		}
		delete(links, m.Source)
		if child.Frames != nil {
			same = nodeMatches(t, member, got, len(got)-1-i, false) && same
		}
	}
	if id == 0 {
		same = assert.Empty(t, links) && same
	}
	return same
}
