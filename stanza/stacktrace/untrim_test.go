package stacktrace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// trimmed are the lines of a file as a receiver gives them that was told nothing.
func trimmed(path string, lines []string) []*entry.Entry {
	entries := recordsOf(path, lines)
	for _, e := range entries {
		e.Body = strings.ToValidUTF8(strings.Trim(e.Body.(string), " \t\r\n"), "\uFFFD") // one for several bytes, as it may be
	}
	return entries
}

func TestUntrim(t *testing.T) {
	lines := []string{"Traceback:", "\t at a \r", "  b", "c\xf6d\xe2\x94", "  " + strings.Repeat("x", 200_000) + " ", "INFO e", "    last "}
	want := []string{"Traceback:", "\t at a ", "  b", "c\xf6d\xe2\x94", "  " + strings.Repeat("x", 200_000) + " ", "INFO e", "    last "}
	path := filepath.Join(t.TempDir(), "app.log")
	write := func(path string, lines []string) {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
	untrimmed := func(lines []string) (got []string, f *file) {
		r := open(t, testConfig(), nil)
		defer func() { require.NoError(t, r.Stop()) }()
		entries := trimmed(path, lines)
		f = newFile(path, r.clock.Now())
		f.untrim(r.Operator, path, entries)
		for _, e := range entries {
			got = append(got, e.Body.(string))
		}
		return got, f
	}
	write(path, lines)
	got, _ := untrimmed(lines)
	assert.Equal(t, want, got)

	t.Run("rotated since", func(t *testing.T) {
		require.NoError(t, os.Rename(path, path+".1"))
		write(path, []string{"another file"})
		got, _ := untrimmed(lines)
		assert.Equal(t, want, got)
	})
	t.Run("another file", func(t *testing.T) {
		require.NoError(t, os.Remove(path+".1"))
		got, f := untrimmed([]string{"  one", "  two"})
		assert.Equal(t, []string{"one", "two"}, got)
		assert.Equal(t, 1, f.unlike)
	})
	t.Run("changed by another operator", func(t *testing.T) {
		r := open(t, testConfig(), nil)
		for range maxUnlike + 1 {
			r.feed(trimmed(path, []string{"  one", "  two"})...)
		}
		assert.Equal(t, maxUnlike, r.files[path].unlike)
		require.NoError(t, r.Stop())
	})
}

// TestUntrimReadsNothing where nothing is missing: the file need not even be there.
func TestUntrimReadsNothing(t *testing.T) {
	r := open(t, testConfig(), nil)
	defer func() { require.NoError(t, r.Stop()) }()
	entries := recordsOf(podPath, append(cri(1, "stdout", "INFO a", 0), cri(2, "stdout", "INFO b", 0)...))
	f := newFile(podPath, r.clock.Now())
	assert.Zero(t, testing.AllocsPerRun(10, func() { f.untrim(r.Operator, podPath, entries) }))
	assert.Zero(t, f.unlike)
}
