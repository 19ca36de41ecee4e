package stacktrace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const javaCorpus = "../../testdata/corpus/logs/java"

// javaLayout says how the records of a log are told apart; only tests need that, a Collector gets them one by one.
type javaLayout struct {
	record *regexp.Regexp              // text: how a record's first line begins; nil: find is fed with what is left, again and again
	fields func(map[string]any) *Input // JSON: the input that a record's fields make; nil: no exception
	none   string                      // why the log holds no trace
	depth  int                         // how many frames of each exception are printed; 0: all
	bare   bool                        // suppressed exceptions are left out
}

var (
	javaDated   = regexp.MustCompile(`^(\x1b\[2m)?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d`)
	javaTimed   = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3} \[`)
	javaMonthly = regexp.MustCompile(`^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M`)
	javaTiny    = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[`)
	javaThread  = regexp.MustCompile(`^\[[^\]]+\] (ERROR|WARN|INFO|DEBUG) `)
)

// javaLayouts: by the name of the log, the longest prefix wins.
var javaLayouts = map[string]javaLayout{
	"":                    {record: javaDated},
	"logback-default":     {record: javaTimed},
	"log4j2-default":      {record: javaTimed},
	"jul-simple":          {record: javaMonthly},
	"slf4j-simple":        {record: javaThread},
	"logback-ex-short":    {record: javaDated, depth: 1},
	"log4j2-rex":          {record: javaDated, bare: true},
	"tinylog":             {record: javaTiny, bare: true},
	"stderr-":             {},
	"uncaught-":           {},
	"kotlin-stderr":       {},
	"scala-stderr":        {},
	"groovy-stderr":       {},
	"logstash":            {fields: javaFields("stack_trace")},
	"exotic-logstash":     {fields: javaFields("stack_trace")},
	"spring-boot-logsta":  {fields: javaFields("stack_trace")},
	"log4j2-jtl-ecs":      {fields: javaFields("error.stack_trace", "error.type", "error.message")},
	"spring-boot-ecs":     {fields: javaFields("error/stack_trace", "error/type", "error/message")},
	"log4j2-jtl-logstash": {fields: javaFields("exception/stacktrace", "exception/exception_class", "exception/exception_message")},
	"spring-boot-gelf":    {fields: javaFields("_error_stack_trace", "_error_type", "_error_message")},
	"log4j2-jtl-gcp":      {fields: javaMessage("message")},
	"log4j2-jsonlayout":   {none: "frames are JSON: internal/fields"},
	"logback-json":        {none: "frames are JSON: internal/fields"},
	"jul-xml":             {none: "frames are XML: internal/fields"},
	"logback-nopex":       {none: "%nopex prints no trace"},
}

// javaFields is a layout with a field that holds nothing but the trace, and fields for type and message.
func javaFields(names ...string) func(map[string]any) *Input {
	return func(line map[string]any) *Input {
		var v [3]string
		for i, name := range names {
			v[i] = javaField(line, name)
		}
		if v[0] == "" {
			return nil
		}
		return &Input{Text: v[0], Whole: true, Type: v[1], Message: v[2]}
	}
}

// javaMessage is a layout whose message holds the trace behind the text.
func javaMessage(name string) func(map[string]any) *Input {
	return func(line map[string]any) *Input { return &Input{Text: javaField(line, name)} }
}

func javaField(line map[string]any, name string) string {
	for {
		first, rest, nested := strings.Cut(name, "/")
		if !nested {
			s, _ := line[first].(string)
			return s
		}
		line, _ = line[first].(map[string]any)
		name = rest
	}
}

func javaLayoutOf(name string) javaLayout {
	best := ""
	for prefix := range javaLayouts {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return javaLayouts[best]
}

// javaInputs are a log's records as inputs, nil where a record says nothing of an exception.
func javaInputs(t *testing.T, name string, layout javaLayout) []*Input {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(javaCorpus, name+".log"))
	require.NoError(t, err)
	text := string(b)
	var out []*Input
	switch {
	case layout.fields != nil:
		for line := range strings.Lines(text) {
			var fields map[string]any
			if json.Unmarshal([]byte(line), &fields) == nil {
				out = append(out, layout.fields(fields))
			}
		}
	case layout.record != nil:
		var record strings.Builder
		flush := func() {
			if record.Len() > 0 {
				out = append(out, &Input{Text: record.String()})
			}
			record.Reset()
		}
		for line := range strings.Lines(text) {
			if layout.record.MatchString(line) {
				flush()
			}
			record.WriteString(line)
		}
		flush()
	default:
		for text != "" {
			start, end := javaFind(text, false)
			if start < 0 {
				break
			}
			out = append(out, &Input{Text: text[start:end]})
			text = text[end:]
		}
	}
	return out
}

// javaExpected are the differences that the texts themselves make, by what stands in them.
var javaExpected = []struct{ log, difference, reason string }{
	{"", "tostring-overridden-multiline: type:", "toString() prints no package"},
	{"", "tostring-overridden-multiline: value:", "toString() prints no message of its own"},
	{"", "(:1)", "(Unknown Source) where the JVM knows a line but no file"},
	{"log4j2-225", "circular-reference: frames of", "Log4j 2.25.1 elides a frame of the thrown exception, which has none around it"},
}

func javaIsExpected(log, difference string) bool {
	for _, e := range javaExpected {
		if strings.Contains(log, e.log) && strings.Contains(difference, e.difference) {
			return true
		}
	}
	return false
}

func TestJavaCorpus(t *testing.T) {
	paths, err := filepath.Glob(javaCorpus + "/*.expect.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	sort.Strings(paths)
	var total javaScore
	t.Logf("%-26s %s", "log", javaScoreHead)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".expect.json")
		truth, layout := javaLoadTruth(t, path), javaLayoutOf(name)
		if layout.none != "" {
			t.Logf("%-26s %s", name, layout.none)
			continue
		}
		score := javaScoreLog(t, name, truth, layout)
		t.Logf("%-26s %s", name, score.String())
		for _, d := range score.decoys {
			t.Errorf("%s: a trace was found where there is none: %s", name, d)
		}
		for _, d := range score.unfound {
			t.Logf("      not found: %s", d)
		}
		for _, d := range score.differences {
			if !javaIsExpected(name, d) {
				t.Errorf("%s: %s", name, d)
			}
		}
		total.add(score)
	}
	t.Logf("%-26s %s", "all", total.String())
	require.GreaterOrEqual(t, float64(total.exact), 0.98*float64(total.frames))
}

// as takes out of the truth what the layout does not print.
func (r *javaTruthRecord) as(layout javaLayout) {
	if layout.depth > 0 {
		for i := range r.Exceptions {
			e := &r.Exceptions[i]
			e.Frames = e.Frames[:min(len(e.Frames), layout.depth)]
		}
	}
	if !layout.bare {
		return
	}
	var kept []javaTruthException
	ids := map[int]int{}
	for _, e := range r.Exceptions {
		_, printed := ids[e.owner()]
		if e.Suppressed != nil || e.CauseOf != nil && !printed {
			continue
		}
		ids[e.ID] = len(kept)
		e.ID = len(kept)
		if e.CauseOf != nil {
			owner := ids[*e.CauseOf]
			e.CauseOf = &owner
		}
		kept = append(kept, e)
	}
	r.Exceptions = kept
}

func javaScoreLog(t *testing.T, name string, truth javaTruth, layout javaLayout) javaScore {
	t.Helper()
	var score javaScore
	inputs := javaInputs(t, name, layout)
	if layout.record == nil && layout.fields == nil { // only records with exceptions come out
		var records []javaTruthRecord
		for _, r := range truth.Records {
			if len(r.Exceptions) > 0 {
				records = append(records, r)
			}
		}
		truth.Records = records
	}
	// Spring Boot's own start-up records come first and are not in the truth.
	if extra := len(inputs) - len(truth.Records); strings.HasPrefix(name, "spring-boot") && extra > 0 {
		inputs = inputs[extra:]
	}
	require.Len(t, inputs, len(truth.Records), name)
	for i := range truth.Records {
		truth.Records[i].as(layout)
		in := inputs[i]
		if in == nil {
			score.compare(&truth.Records[i], nil, false)
			continue
		}
		trace, ok := javaTrace(*in)
		javaKeyAgrees(t, *in)
		score.compare(&truth.Records[i], trace.Exceptions, ok)
	}
	return score
}

// A log that nobody cut into records, read from trace to trace.
func TestJavaWholeLogs(t *testing.T) {
	paths, err := filepath.Glob(javaCorpus + "/*.expect.json")
	require.NoError(t, err)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".expect.json")
		layout := javaLayoutOf(name)
		if layout.fields != nil || layout.none != "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(javaCorpus, name+".log"))
		require.NoError(t, err)
		var got, want []string
		for text := string(b); ; {
			trace, ok := javaTrace(Input{Text: text})
			if !ok {
				break
			}
			got, text = append(got, trace.Exceptions[len(trace.Exceptions)-1].Type), text[trace.End:]
		}
		for _, r := range javaLoadTruth(t, path).Records {
			// One line "No trace: com.example.NoTraceException: text" is a message for tinylog's layout, which has no line of its own for the exception.
			if len(r.Exceptions) > 0 && (name != "tinylog" || len(r.Exceptions[0].Frames) != 0) {
				want = append(want, r.Exceptions[0].Class[strings.LastIndexByte(r.Exceptions[0].Class, '.')+1:])
			}
		}
		require.Equal(t, want, got, name)
	}
}
