package join

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
)

const corpus = "../../testdata/corpus/logs/"

var wide = Limits{Lines: 5000, Bytes: 1 << 20, HeldLines: 10000, HeldBytes: 4 << 20}

// span is the numbers of a record's lines, 1-based, in order.
type span []int

// joined gives the records of a text.
func joined(lines []string) []span {
	s := NewStream[int](wide)
	var out []span
	for i, line := range lines {
		s.Push(line, i+1, int64(i))
		out = appendSpans(out, s)
	}
	s.Flush()
	return appendSpans(out, s)
}

func appendSpans(out []span, s *Stream[int]) []span {
	for rec, ok := s.Next(); ok; rec, ok = s.Next() {
		var sp span
		for _, l := range rec {
			sp = append(sp, l.Value)
		}
		out = append(out, sp)
	}
	return out
}

func readLines(t testing.TB, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// trim leaves the empty lines at both ends out: the programs' own truth counts them in or out as their library happens to write them.
func (sp span) trim(lines []string) span {
	empty := func(n int) bool { return strings.TrimSpace(lines[n-1]) == "" }
	for len(sp) > 0 && empty(sp[0]) {
		sp = sp[1:]
	}
	for len(sp) > 0 && empty(sp[len(sp)-1]) {
		sp = sp[:len(sp)-1]
	}
	return sp
}

// byFirst finds a record by its first line.
func byFirst(lines []string) map[int]span {
	out := map[int]span{}
	for _, sp := range joined(lines) {
		if sp = sp.trim(lines); len(sp) > 0 {
			out[sp[0]] = sp
		}
	}
	return out
}

// spanOf is the lines from first to last.
func spanOf(first, last int) (sp span) {
	for n := first; n <= last; n++ {
		sp = append(sp, n)
	}
	return sp
}

// elsewhere are records of the corpus that do not come out as the truth has them, by file and first line, and why.
var elsewhere = map[string]string{
	"node-console-A:168":           "a message of several lines without a trace: its lines stay records of their own",
	"node-webpack-A:168":           "as above",
	"node-winston-simple-A:26":     "the fields stand behind the last line of the message, below the trace",
	"python-flask-dev-A:3":         "a message of several lines without a trace",
	"python-gcloud-A:1":            "lines of JSON are never joined",
	"python-logging-format-A:345":  "a message of several lines without a trace",
	"python-logging-format-A:349":  "as above",
	"python-logging-format-A:352":  "as above",
	"python-rich-plain-A:131":      "as above",
	"python-rich-tracebacks-A:340": "as above",
	"python-celery-A:179":          "two processes wrote at once: the truth's span holds another one's line",
	"python-celery-A:344":          "text that is no record follows before the next record: nothing tells it from the message",
	"python-gunicorn-A:303":        "as above",
	// Nothing says where the message of an exception ends that no logger wrote: what has no mark stays outside.
	"python-django-A:102":            "notes",
	"python-django-A:121":            "a message of several lines",
	"python-logging-lastresort-A:63": "a message of several lines, without a logger's mark",
	"python-logging-lastresort-A:78": "notes",
	"python-print-exc-A:65":          "a message of several lines",
	"python-print-exc-A:76":          "notes",
	"python-threads-A:76":            "a message of several lines",
	"python-threads-A:91":            "notes",
	"python-uncaught-A:182":          "notes",
	"python-uncaught-A:194":          "a message of several lines",
	"node-uncaught-A:421":            "a thrown object that looks like a line of JSON",
}

type pynodeRecord struct {
	First      int   `json:"first_line"`
	Last       int   `json:"last_line"`
	Exceptions []any `json:"exceptions"`
}

// TestCorpusPythonNode: every record of more than one line, or with an exception, has exactly the lines that the program knows it wrote.
func TestCorpusPythonNode(t *testing.T) {
	paths, err := filepath.Glob(corpus + "pynode/*.records.json")
	require.NoError(t, err)
	whole, known := 0, 0
	for _, path := range paths {
		log := strings.TrimSuffix(path, ".records.json")
		name, lines := filepath.Base(log), readLines(t, log+".log")
		var records []pynodeRecord
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &records))
		got := byFirst(lines)
		for _, r := range records {
			want := spanOf(r.First, min(r.Last, len(lines)))
			if strings.HasPrefix(name, "node-un") { // the last line is a bound: the next process's first line may stand there
				want = want.trim(lines)
				if strings.HasPrefix(lines[want[len(want)-1]-1], "order worker up") {
					want = want[:len(want)-1]
				}
			}
			want = want.trim(lines)
			if len(want) == 0 || len(want) == 1 && len(r.Exceptions) == 0 {
				continue
			}
			id := fmt.Sprintf("%s:%d", name, want[0])
			if reason := elsewhere[id]; reason != "" {
				known++
				assert.NotEqual(t, want, got[want[0]], "%s is whole now: %s", id, reason)
				continue
			}
			whole++
			assert.Equal(t, want, got[want[0]], id)
		}
	}
	t.Logf("%d records whole, %d not", whole, known)
	assert.Equal(t, len(elsewhere), known)
	assert.Greater(t, whole, 850)
}

// javaRecords: how a record's first line begins, by the log's name. Only tests need that.
var javaRecords = map[string]*regexp.Regexp{
	"":                regexp.MustCompile(`^(\x1b\[2m)?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d`),
	"logback-default": regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3} \[`),
	"log4j2-default":  regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3} \[`),
	"jul-simple":      regexp.MustCompile(`^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M`),
	"jul-xml":         regexp.MustCompile(`^<record>`),
	"slf4j-simple":    regexp.MustCompile(`^\[[^\]]+\] (ERROR|WARN|INFO|DEBUG) `),
	"stderr":          regexp.MustCompile(`^(Exception in thread ".*" )?([\w$]+\.)+[\w$]+(: |$)|^Assertion failed: |^WARN `),
}

func javaRecord(name string) *regexp.Regexp {
	if strings.Contains(name, "stderr") || strings.HasPrefix(name, "uncaught") {
		return javaRecords["stderr"]
	}
	if re := javaRecords[name]; re != nil {
		return re
	}
	return javaRecords[""]
}

// TestCorpusJava: every record with a trace reaches from its first line to the next record.
func TestCorpusJava(t *testing.T) {
	paths, err := filepath.Glob(corpus + "java/*.log")
	require.NoError(t, err)
	whole := 0
	for _, path := range paths {
		name, lines := strings.TrimSuffix(filepath.Base(path), ".log"), readLines(t, path)
		if strings.HasPrefix(lines[0], "{") {
			for _, sp := range joined(lines) {
				assert.Len(t, sp, 1, "%s: lines of JSON are never joined", name)
			}
			continue
		}
		first := javaRecord(name)
		var wants []span
		for i, line := range lines {
			if first.MatchString(line) || len(wants) == 0 {
				wants = append(wants, nil)
			}
			wants[len(wants)-1] = append(wants[len(wants)-1], i+1)
		}
		got := byFirst(lines)
		for _, want := range wants {
			text := strings.Join(lines[want[0]-1:want[len(want)-1]], "\n")
			_, below, _ := strings.Cut(text, "\n")
			if !strings.Contains(below, "\tat ") && !strings.Contains(below, "Exception") && !strings.HasPrefix(text, "<record>") {
				continue
			}
			if strings.HasSuffix(strings.TrimSpace(text), "</log>") { // the document's end
				want = want[:len(want)-1]
			}
			want = want.trim(lines)
			whole++
			assert.Equal(t, want, got[want[0]], "%s:%d", name, want[0])
		}
	}
	t.Logf("%d records whole", whole)
	assert.Greater(t, whole, 500)
}

type multiTruth struct {
	Records []struct {
		Line       int `json:"line"`
		Exceptions []struct {
			Frames []any `json:"frames"`
		} `json:"exceptions"`
	} `json:"records"`
}

// golangAlone are the lines of Go's logs that stand alone though they begin no record: text of messages, or of the app.
var golangAlone = regexp.MustCompile(`^(\{|of trouble|before the stack|after the stack|\s*err=|  │ |GET /ok)`)

// TestCorpusGo: a record begins where the truth has one with frames in its text, and none of its lines stands alone.
func TestCorpusGo(t *testing.T) {
	var paths []string
	for _, glob := range []string{"go-*.log", "etcd-*.log", "containerd-*.log", "mix-go-*.log", "mix-zap-*.log"} {
		found, err := filepath.Glob(corpus + "multi/" + glob)
		require.NoError(t, err)
		paths = append(paths, found...)
	}
	traces := 0
	for _, path := range paths {
		name, lines := strings.TrimSuffix(filepath.Base(path), ".log"), readLines(t, path)
		var truth multiTruth
		b, err := os.ReadFile(strings.TrimSuffix(path, ".log") + ".expect.json")
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &truth))
		got := map[int]span{}
		for _, sp := range joined(lines) {
			for _, n := range sp {
				got[n] = sp
			}
			if text := lines[sp[0]-1]; len(sp) == 1 && !golangAlone.MatchString(text) {
				var ln line
				ln.read(text, nil)
				assert.True(t, ln.begins || strings.HasPrefix(text, "panic: "), "%s: alone: %q", name, text)
			}
		}
		for _, r := range truth.Records {
			frames := 0
			for _, e := range r.Exceptions {
				frames += len(e.Frames)
			}
			if frames == 0 || strings.HasPrefix(lines[r.Line-1], "{") || strings.Contains(lines[r.Line-1], `\n`) || r.Line == len(lines) {
				continue
			}
			var below line
			if below.read(lines[r.Line], nil); below.begins { // the stack is a field of the line
				continue
			}
			traces++
			sp := got[r.Line]
			assert.Greater(t, len(sp), 1, "%s:%d", name, r.Line)
			first := r.Line
			for first > 1 && strings.HasPrefix(lines[first-2], "runtime: ") || first > 1 && lines[first-1] != "" && strings.HasPrefix(lines[first-1], "goroutine ") {
				first--
			}
			assert.Contains(t, []int{first, r.Line}, sp[0], "%s:%d", name, r.Line)
		}
	}
	t.Logf("%d traces", traces)
	assert.Greater(t, traces, 40)
}

// TestCorpusMixed: two processes on one pipe come apart.
func TestCorpusMixed(t *testing.T) {
	lines := readLines(t, corpus+"multi/mix-go-ticker-interrupted.log")
	var want span
	for n := 17; n <= 41; n++ {
		if !strings.Contains(lines[n-1], " INFO tick ") {
			want = append(want, n)
		}
	}
	for _, sp := range joined(lines) {
		if sp[0] == 17 {
			assert.Equal(t, want, sp)
			continue
		}
		assert.Len(t, sp, 1, "%q", lines[sp[0]-1])
	}
}

// TestCorpusDecoys: nothing is joined where there is no trace.
func TestCorpusDecoys(t *testing.T) {
	for _, name := range []string{"pynode/python-warnings-decoy-A", "pynode/python-pytest-decoy-A", "multi/go-runtime-decoy-plain", "multi/nginx-error-run", "multi/postgres-server-run", "multi/etcd-zap-run"} {
		lines := readLines(t, corpus+name+".log")
		for _, sp := range joined(lines) {
			assert.Len(t, sp, 1, "%s: %q", name, lines[sp[0]-1])
		}
	}
}
