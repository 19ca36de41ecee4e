package fields

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

const corpusLogs = "../../testdata/corpus/logs"

// truth is what the program that wrote a record knew of it.
type truth struct {
	Level, Logger, Message, Thread string
	Timestamp                      any // text, or zap's number
	First                          int `json:"first_line"`
	Last                           int `json:"last_line"`
	Line                           int `json:"line"`
	Optional                       bool
	Exceptions                     []thrown
	body                           string
}

// thrown is an exception; of Python's and Node's only the name is needed.
type thrown struct {
	Class, Type string
	ToString    *string `json:"to_string"`
}

func (e *thrown) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, &e.Type)
	}
	type plain thrown
	return json.Unmarshal(raw, (*plain)(e))
}

// name is the class without what stands in front of it.
func (e *thrown) name() string {
	name := e.Class
	if name == "" {
		name = e.Type
	}
	return name[strings.LastIndexAny(name, `.\:*`)+1:]
}

// readTruth cuts a log of the corpus into its records. others are the lines that belong to none.
func readTruth(t *testing.T, log string) (records []truth, others []string) {
	raw, err := os.ReadFile(log)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	base := strings.TrimSuffix(log, ".log")
	switch filepath.Base(filepath.Dir(log)) {
	case "pynode":
		records = load[[]truth](t, base+".records.json")
	case "java":
		records = load[struct{ Records []truth }](t, base+".expect.json").Records
		placeJava(records, lines)
	default:
		records = load[struct{ Records []truth }](t, base+".expect.json").Records
		placeMulti(records, lines)
	}
	taken := make([]bool, len(lines)+1)
	kept := records[:0]
	for _, r := range records {
		if r.First == 0 {
			if r.Level != "" {
				t.Errorf("%s: no line for %+v", log, r)
			}
			continue
		}
		r.Last = min(r.Last, len(lines))
		for i := r.First; i <= r.Last; i++ {
			taken[i] = true
		}
		r.body = strings.Join(lines[r.First-1:r.Last], "\n")
		kept = append(kept, r)
	}
	for i, line := range lines {
		if !taken[i+1] {
			others = append(others, line)
		}
	}
	return kept, others
}

func load[T any](t *testing.T, file string) (v T) {
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &v), file)
	return v
}

// placeJava finds the records of a Java log, whose truth has them in their order but not their lines.
func placeJava(records []truth, lines []string) {
	xml := strings.HasPrefix(lines[0], "<?xml")
	at := 0
	for i := range records {
		want := firstLine(records[i].Message)
		quoted, _ := json.Marshal(want)
		slashed := strings.ReplaceAll(strings.Trim(string(quoted), `"`), "/", `\/`)
		for at < len(lines) && (records[i].Level == "" || !xml && lineSeverity(lines[at], 0) == 0 || !strings.Contains(lines[at], want) && !strings.Contains(lines[at], strings.Trim(string(quoted), `"`)) && !strings.Contains(lines[at], slashed) &&
			(!xml || !strings.Contains(lines[at], strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(want)))) {
			at++
		}
		if at == len(lines) {
			return
		}
		records[i].First = at + 1
		at++
		for at < len(lines) && xml && lines[at-1] != "</record>" {
			at++
		}
	}
	two := len(lines) > 1 && strings.HasPrefix(lines[1], "INFO: ") // the head is on the line before
	for i := range records {
		if two {
			records[i].First--
		}
		for xml && records[i].First > 1 && lines[records[i].First-1] != "<record>" {
			records[i].First--
		}
		records[i].Last = len(lines)
		if i > 0 {
			records[i-1].Last = records[i].First - 1
		}
	}
}

// placeMulti: the truth has the first lines. A record ends before the next line that has a header of its own.
func placeMulti(records []truth, lines []string) {
	starts := map[int]bool{}
	for i := range records {
		records[i].First = records[i].Line
		starts[records[i].First] = true
	}
	for i := range records {
		last := records[i].First
		for last < len(lines) && !starts[last+1] && plainSeverity(lines[last]) == 0 && readHead(colourless(lines[last]), true).time == 0 && !strings.HasPrefix(lines[last], "{") {
			last++
		}
		records[i].Last = last
	}
}

func lineRecord(body string) plog.LogRecord {
	rec := plog.NewLogRecord()
	rec.Body().SetStr(body)
	return rec
}

// rank is Sentry's level: the corpus and the record may name it differently inside one.
func rank(n plog.SeverityNumber) int {
	if n == 0 {
		return 0
	}
	return (int(n)-1)/4 + 1
}

var corpusLevels = map[string]int{
	"": 0, "trace": 1, "debug": 2, "fine": 2, "info": 3, "notice": 3, "success": 3, "warn": 4, "warning": 4, "error": 5, "severe": 5,
	"fatal": 6, "critical": 6, "alert": 6, "emergency": 6, "panic": 6, "dpanic": 6,
}

type score struct{ right, wrong int }

func (s *score) count(ok bool) {
	if ok {
		s.right++
	} else {
		s.wrong++
	}
}

func (s score) String() string {
	if s.right+s.wrong == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.right, s.right+s.wrong)
}

// corpusFamilies: Java, Python, Node; of the other runtimes the loggers of Go, and the servers and loggers whose layouts are read by the same grammar.
func corpusFiles(t *testing.T) []string {
	var files []string
	for _, pattern := range []string{"java/*.log", "pynode/*.log", "multi/*.log"} {
		found, err := filepath.Glob(filepath.Join(corpusLogs, pattern))
		require.NoError(t, err)
		files = append(files, found...)
	}
	sort.Strings(files)
	require.Greater(t, len(files), 400)
	return files
}

// loggers are the programs of multi/ that print a level by a logger; the others crash, and say nothing but that.
var loggers = []string{
	"go-apex", "go-charm", "go-glog", "go-gokit", "go-hclog", "go-klog", "go-logrus", "go-oops", "go-slog", "go-zap", "go-zerolog", "containerd", "etcd", "nginx-error", "postgres",
	"redis-server-run", "php-laravel", "php-monolog", "php-cli-warnings", "rust-env", "rust-slog", "rust-tracing", "rust-log", "ruby-logger", "ruby-logging", "ruby-sidekiq",
	"elixir-logger", "elixir-mix-logger", "erlang-lager", "erlang-otp-logger", "dotnet-core31-logged", "dotnet-mono-logged", "perl-core-eval-log", "mix-zap",
}

func hasLogger(name string) bool {
	for _, l := range loggers {
		if strings.HasPrefix(name, "multi/"+l) {
			return true
		}
	}
	return false
}

// TestCorpus reads every record of the corpus and holds it against what the program that wrote it knew.
func TestCorpus(t *testing.T) {
	total := [6]score{}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-44s %9s %9s %9s %9s %9s %9s\n", "log", "level", "message", "logger", "thread", "time", "thrown")
	for _, file := range corpusFiles(t) {
		name := strings.TrimSuffix(strings.TrimPrefix(file, corpusLogs+"/"), ".log")
		records, others := readTruth(t, file)
		var scores [6]score
		for _, r := range records {
			if !strings.HasPrefix(name, "multi/") || hasLogger(name) {
				compare(t, name, r, &scores)
			}
		}
		for _, line := range others {
			if strings.HasPrefix(name, "multi/") && !hasLogger(name) && len(records) > 0 {
				break // the crashes that these files are about, where the truth names other lines of them
			}
			if n := Severity(lineRecord(line)); n >= plog.SeverityNumberError && !otherwise(name, "noise", line) {
				t.Errorf("%s: no error record, but severity %v: %.160q", name, n, line)
			}
		}
		fmt.Fprintf(&table, "%-44s %9v %9v %9v %9v %9v %9v\n", name, scores[0], scores[1], scores[2], scores[3], scores[4], scores[5])
		for i := range scores {
			total[i].right += scores[i].right
			total[i].wrong += scores[i].wrong
		}
	}
	for _, d := range differences {
		if d.count != 0 {
			t.Errorf("%s: %d differences of %s less than known (%s)", d.log, d.count, d.field, d.why)
		}
	}
	t.Logf("%s%-44s %9v %9v %9v %9v %9v %9v", table.String(), "all", total[0], total[1], total[2], total[3], total[4], total[5])
}

func compare(t *testing.T, name string, want truth, scores *[6]score) {
	got := Read(lineRecord(want.body), "")
	check := func(i int, field string, ok bool, g, w any) {
		if !ok && otherwise(name, field, want.body) {
			return
		}
		scores[i].count(ok)
		if !ok {
			t.Errorf("%s: %s %.120q, want %.120q in %.200q", name, field, fmt.Sprint(g), fmt.Sprint(w), want.body)
		}
	}
	head := strings.Join(strings.SplitN(want.body, "\n", 3)[:min(2, 1+strings.Count(want.body, "\n"))], "\n")
	if level, ok := corpusLevels[strings.ToLower(strings.SplitN(want.Level, "+", 2)[0])]; ok && level > 0 && (got.Severity != 0 || namesLevel(head, want.Level)) {
		check(0, "level", rank(got.Severity) == level || want.Optional, got.Severity, want.Level)
	}
	if want.Message != "" && holds(want.body, want.Message) {
		check(1, "message", strings.TrimSuffix(squeeze(got.Message), ":") == strings.TrimSuffix(squeeze(want.Message), ":"), got.Message, want.Message)
	}
	if want.Logger != "" && wordIn(head, want.Logger[strings.LastIndexByte(want.Logger, '.')+1:]) {
		check(2, "logger", got.Logger == want.Logger || got.Service == want.Logger || shortened(got.Logger, want.Logger, head), got.Logger, want.Logger)
	}
	if want.Thread != "" && (strings.Contains(head, "["+want.Thread) || strings.Contains(head, `"`+want.Thread+`"`) || strings.Contains(head, " "+want.Thread+" ")) {
		check(3, "thread", got.ThreadName == want.Thread, got.ThreadName, want.Thread)
	}
	stamp, _ := want.Timestamp.(string)
	if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil && (got.Time != 0 || holdsTime(head, at)) {
		off := time.Unix(0, int64(got.Time)).Sub(at)
		check(4, "time", off > -2*time.Second && off < 2*time.Second, time.Unix(0, int64(got.Time)).UTC(), stamp)
	}
	if len(want.Exceptions) > 0 && want.Exceptions[0].ToString == nil && !strings.HasPrefix(name, "multi/") {
		names := thrownNames(&got.Failure)
		ok := false
		for _, e := range want.Exceptions[:1] {
			ok = ok || strings.HasSuffix(names, e.name())
		}
		check(5, "thrown", ok, names, want.Exceptions[0].name())
	}
}

// thrownNames are the classes of a failure, the thrown one last, as the event will have them.
func thrownNames(f *Failure) string {
	list := f.Exceptions
	if len(list) == 0 {
		trace, ok := stacktrace.Parse(f.Input(stacktrace.Unknown))
		if !ok {
			return f.Type
		}
		list = trace.Exceptions
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Type)
	}
	return strings.Join(names, " ")
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// shortened: layouts print the beginnings of packages only.
func shortened(got, want, head string) bool {
	return got != "" && !strings.Contains(head, want) && got[strings.LastIndexAny(got, ".:")+1:] == want[strings.LastIndexAny(want, ".:")+1:]
}

func holdsTime(head string, at time.Time) bool {
	for _, layout := range []string{"2006-01-02", "2006/01/02", "02/Jan/2006", "02-Jan-2006", "1/2/2006", "Jan 2, 2006"} {
		if strings.Contains(head, at.Format(layout)) {
			return true
		}
	}
	return strings.Contains(head, strconv.FormatInt(at.Unix(), 10))
}

// differences from the truth that are known, how many, and why.
var differences = []*struct {
	log, field string
	count      int
	why        string
}{
	{"java/logback-nopex", "thrown", 23, "%nopex prints no exception"},
	{"java/tinylog", "thrown", 1, "an exception without a stack, on the message's own line"},
	{"pynode/node-consola", "thrown", 4, "consola prints no class"},
	{"pynode/node-console", "thrown", 3, "the message of an error alone"},
	{"pynode/node-webpack", "thrown", 3, "the same"},
	{"pynode/node-winston-plain", "thrown", 7, "without format.errors the error is lost"},
	{"pynode/python-gcloud", "thrown", 1, "three lines in one record of the truth"},
	{"java/tinylog", "message", 1, "an exception without a stack, on the message's own line"},
	{"multi/elixir-logger", "level", 1, "the truth, transcribed by hand, takes the [error] inside of the message for the level"},
	{"multi/elixir-mix-logger", "level", 1, "the same"},
	{"multi/elixir-logger-format", "message", 1, "the message is the exception's header; the truth has what the exception says"},
	{"multi/erlang-otp-logger", "noise", 1, "a line of a report alone"},
	{"multi/go-oops", "message", 1, "oops prints its own header and fields as the message"},
	{"multi/go-zap-dpanic", "message", 1, "a panic of the runtime, not a line of the logger"},
	{"multi/mix-zap", "message", 1, "a panic of the runtime"},
	{"multi/perl-core-eval-log", "message", 1, "die puts the place into the message"},
	{"multi/ruby-logger", "message", 3, "Ruby's Logger prints (Class) behind an exception's message; the truth has the exception's message"},
	{"multi/ruby-logging-pattern", "message", 2, "a small word and a colon after the level may be the message's own words"},
	{"multi/ruby-logging-pattern", "logger", 2, "the same"},
	{"multi/ruby-sidekiq", "message", 1, "the message is the exception's header and its details"},
	{"multi/rust-env-logger-bt1", "message", 1, "the truth has the backtrace in the message"},
	{"multi/rust-log-panics", "message", 2, "numbered lines are no certain trace"},
	{"pynode/node-winston-cli", "message", 9, "winston joins the error's message to the text, and this format prints no stack member to tell them apart"},
	{"pynode/node-winston", "message", 7, "printf prints the stack instead of the message; errors without a message, with one of several lines"},
	{"pynode/node-winston-cli", "logger", 1, "the name stands in a path only"},
	{"pynode/node-consola", "message", 3, "consola joins the error's message to the text"},
	{"pynode/node-util-inspect", "message", 7, "an object is printed behind the text, over several lines"},
	{"pynode/node-", "level", 7, "a word of the message (AggregateError [errors]) or of the diff is no level"},
	{"pynode/python-uvicorn", "message", 17, "the access log prints the reason behind the status"},
	{"pynode/python-flask-dev", "message", 14, "the truth has the colours"},
	{"pynode/python-flask-dev", "level", 1, "werkzeug logs `WARNING: ...` as info"},
	{"pynode/python-celery", "logger", 12, "the text has the task's name, not the logger's"},
	{"pynode/python-celery", "level", 1, "lines of two processes in one record of the truth"},
	{"pynode/python-celery", "message", 1, "the same"},
	{"pynode/python-gcloud", "level", 1, "three lines in one record of the truth"},
	{"pynode/python-gcloud", "message", 1, "the same"},
	{"pynode/python-threads", "message", 8, "the runtime's header of an uncaught exception is no message of the app"},
	{"pynode/python-faulthandler", "message", 1, "the same"},
}

// otherwise counts down the known differences.
func otherwise(name, field, body string) bool {
	for _, d := range differences {
		if strings.HasPrefix(name, d.log) && d.field == field && d.count > 0 {
			d.count--
			return true
		}
	}
	return false
}

// foldRuns cuts runs of one frame to three, as the truth of Python has them.
func foldRuns[T comparable](frames []T) (out []T) {
	for _, f := range frames {
		if n := len(out); n < 3 || out[n-1] != f || out[n-2] != f || out[n-3] != f {
			out = append(out, f)
		}
	}
	return out
}

// TestStructuredFrames: where a logger wrote frames as data, they are all there, each under its exception, in Sentry's order.
func TestStructuredFrames(t *testing.T) {
	type frame struct {
		Function string
		Lineno   int
	}
	type exception struct {
		Class, Type string
		Value       *string
		Frames      []frame
	}
	type record struct {
		First      int `json:"first_line"`
		Message    string
		Exceptions []exception
	}
	for _, log := range []string{"java/logback-json", "java/log4j2-jsonlayout", "java/jul-xml", "pynode/python-structlog-json_dict-A"} {
		t.Run(filepath.Base(log), func(t *testing.T) {
			file := filepath.Join(corpusLogs, log)
			var records []record
			if strings.HasPrefix(log, "java/") {
				records = load[struct{ Records []record }](t, file+".expect.json").Records
			} else {
				records = load[[]record](t, file+".expect.json")
			}
			bodies := map[string]string{}
			all, _ := readTruth(t, file+".log")
			for _, r := range all {
				bodies[fmt.Sprint(r.Message, len(r.Exceptions) > 0)] = r.body
				bodies[strconv.Itoa(r.First)] = r.body
			}
			compared := 0
			for _, r := range records {
				if len(r.Exceptions) == 0 {
					continue
				}
				body := bodies[strconv.Itoa(r.First)]
				if r.First == 0 {
					body = bodies[fmt.Sprint(r.Message, true)]
				}
				read := Read(lineRecord(body), "")
				got := read.Failure.Exceptions
				require.NotEmpty(t, got, "%.200s", body)
				last, want := got[len(got)-1], r.Exceptions[0]
				var have, wanted []frame
				for _, f := range last.Frames {
					have = append(have, frame{f.Function, f.Lineno})
				}
				for _, f := range want.Frames {
					wanted = append(wanted, frame{f.Function, max(f.Lineno, 0)})
				}
				if strings.HasPrefix(log, "java/") {
					slices.Reverse(wanted)
				}
				wanted = wanted[max(0, len(wanted)-stacktrace.MaxFrames):]
				assert.Equal(t, foldRuns(wanted), foldRuns(have), "%.200s", body)
				if log != "java/jul-xml" {
					assert.LessOrEqual(t, len(got), max(len(r.Exceptions), 1))
				}
				compared++
			}
			assert.Greater(t, compared, 15)
		})
	}
}

// namesLevel: the level stands in the text as loggers write it.
func namesLevel(head, level string) bool {
	small := strings.ToLower(level)
	return wordIn(head, strings.ToUpper(level)) || strings.Contains(head, "["+small) || strings.Contains(head, `"`+small+`"`) || strings.Contains(head, small+": ")
}

// holds: the text has the message in some spelling; not every layout prints what was said.
func holds(body, message string) bool {
	if strings.Contains(squeeze(stripANSI(body)), squeeze(message)) {
		return true
	}
	quoted, _ := json.Marshal(message)
	escaped := strings.Trim(string(quoted), `"`)
	return strings.Contains(body, escaped) || strings.Contains(body, strings.ReplaceAll(escaped, "/", `\/`)) || strings.Contains(entities(body), message)
}

func wordIn(text, word string) bool {
	for i := strings.Index(text, word); i >= 0; {
		end := i + len(word)
		if (i == 0 || !isWord(text[i-1])) && (end == len(text) || !isWord(text[end])) {
			return true
		}
		next := strings.Index(text[end:], word)
		if next < 0 {
			return false
		}
		i = end + next
	}
	return false
}
