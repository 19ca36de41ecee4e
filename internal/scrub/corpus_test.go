package scrub

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The corpus (testdata/corpus at the root of the repository) is what real programs wrote. Nobody hid secrets in it, so what is taken out there
// is told one by one.

// corpusSecrets are what stands before the secrets in texts of the corpus, and the texts it may be.
var corpusSecrets = map[string]string{
	"token=":                    "abc123",       // of a query; also "abc"
	`"initial-cluster-token":"`: "etcd-cluster", // a name really, but nothing says so
}

// corpusKeys are the attributes of the corpus that name a person or a client's address.
var corpusKeys = map[string]bool{"client.address": true, "network.peer.address": true, "net.sock.peer.addr": true, "net.peer.ip": true, "user.id": true}

func corpusFiles(t *testing.T, suffix string) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("../../testdata/corpus", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			files = append(files, path)
		}
		return err
	}))
	require.NotEmpty(t, files)
	return files
}

// requireKnown holds that what is taken out of a text is on the list, and tells how much it was.
func requireKnown(t *testing.T, s *Scrubber, where, text string) (n int) {
	t.Helper()
	sc := s.scan(text)
	for f, ok := sc.next(); ok; f, ok = sc.next() {
		known := false
		for before, secret := range corpusSecrets {
			known = known || strings.HasSuffix(text[:f.from], before) && strings.HasPrefix(secret, text[f.from:f.to])
		}
		require.True(t, known, "%s: %q of %q", where, text[f.from:f.to], text[max(0, f.from-80):min(len(text), f.to+40)])
		n++
	}
	return n
}

func TestCorpusOfLogs(t *testing.T) {
	s := newScrubber(t, Config{})
	found, size := 0, 0
	for _, file := range corpusFiles(t, ".log") {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		size += len(raw)
		found += requireKnown(t, s, file, string(raw))
		for line := range strings.Lines(string(raw)) {
			requireKnown(t, s, file, line)
		}
	}
	require.Positive(t, found)
	t.Logf("%d found in %d bytes", found, size)
}

// eachRequest calls f for every line of the corpus' files of that name.
func eachRequest(t *testing.T, name string, f func(file string, line []byte)) {
	t.Helper()
	for _, path := range corpusFiles(t, name) {
		file, err := os.Open(path)
		require.NoError(t, err)
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			f(path, lines.Bytes())
		}
		require.NoError(t, lines.Err())
		require.NoError(t, file.Close())
	}
}

// requireKnownValues is requireKnown for attributes and bodies.
func requireKnownValues(t *testing.T, s *Scrubber, where string, was, is pcommon.Map) (n int) {
	t.Helper()
	for key, v := range was.All() {
		now, ok := is.Get(key)
		require.True(t, ok)
		switch {
		case v.Equal(now):
		case now.AsString() == Filtered:
			require.True(t, corpusKeys[key], "%s: %s = %s", where, key, v.AsString())
			n++
		default:
			require.Positive(t, requireKnown(t, s, where+" "+key, v.AsString()))
			n++
		}
	}
	return n
}

func TestCorpusOfTraces(t *testing.T) {
	s := newScrubber(t, Config{})
	found := 0
	eachRequest(t, "traces.jsonl", func(file string, line []byte) {
		td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		was := ptrace.NewTraces()
		td.CopyTo(was)
		var counts Counts
		s.Traces(td, &counts)
		for i, rs := range td.ResourceSpans().All() {
			old := was.ResourceSpans().At(i)
			require.Equal(t, old.Resource().Attributes().AsRaw(), rs.Resource().Attributes().AsRaw())
			for j, ss := range rs.ScopeSpans().All() {
				for k, span := range ss.Spans().All() {
					before := old.ScopeSpans().At(j).Spans().At(k)
					require.Equal(t, before.Name(), span.Name())
					require.Equal(t, before.Status().Message(), span.Status().Message())
					found += requireKnownValues(t, s, file, before.Attributes(), span.Attributes())
					for l, event := range span.Events().All() {
						requireKnownValues(t, s, file, before.Events().At(l).Attributes(), event.Attributes())
					}
				}
			}
		}
	})
	require.Positive(t, found)
}

func TestCorpusOfRecords(t *testing.T) {
	s := newScrubber(t, Config{})
	found := 0
	eachRequest(t, "logs.jsonl", func(file string, line []byte) {
		ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(line)
		require.NoError(t, err)
		was := plog.NewLogs()
		ld.CopyTo(was)
		var counts Counts
		s.Logs(ld, &counts)
		for i, rl := range ld.ResourceLogs().All() {
			for j, sl := range rl.ScopeLogs().All() {
				for k, rec := range sl.LogRecords().All() {
					before := was.ResourceLogs().At(i).ScopeLogs().At(j).LogRecords().At(k)
					found += requireKnownValues(t, s, file, before.Attributes(), rec.Attributes())
					if !before.Body().Equal(rec.Body()) {
						found += requireKnown(t, s, file, before.Body().AsString())
					}
				}
			}
		}
	})
	require.Positive(t, found)
}
