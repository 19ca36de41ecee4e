package fields

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func seeds(f *testing.F) {
	files, err := filepath.Glob("testdata/*/lines.log")
	require.NoError(f, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(f, err)
		for i, body := range splitRecords(string(raw)) {
			if i%3 == 0 {
				f.Add(body)
			}
		}
	}
	for _, l := range layouts {
		f.Add(l.line)
	}
	for body := range levelBodies {
		f.Add(body)
	}
}

// FuzzRead: no panic, and what is read is within the limits and comes from the text.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body string) {
		r := Read(lineRecord(body), "scope")
		if len(r.Message) > len(body)+len(r.Template)+64 && len(r.Params) == 0 && r.Template == "" {
			t.Fatalf("message of %d bytes from a body of %d", len(r.Message), len(body))
		}
		if r.Severity < 0 || r.Severity > plog.SeverityNumberFatal4 {
			t.Fatalf("severity %d", r.Severity)
		}
		if r.Time != 0 && (r.Time < 3e16 || r.Time > 7.3e18) {
			t.Fatalf("time %d is none between 1971 and 2200", r.Time)
		}
		if n := countValues(r.Rest); n > 4*maxRest {
			t.Fatalf("%d values in rest", n)
		}
		if utf8.ValidString(body) && !utf8.ValidString(r.Message) {
			t.Fatalf("message cut inside a character: %q of %q", r.Message, body)
		}
		if again := Read(lineRecord(body), "scope"); again.Message != r.Message || again.Time != r.Time || again.Logger != r.Logger {
			t.Fatal("not the same twice")
		}
	})
}

func countValues(attrs []sentry.Attr) int {
	n := len(attrs)
	for _, a := range attrs {
		n += countValues(a.Value.MapVal())
	}
	return n
}

// FuzzSeverity: the cheap answer is the full one, the same text taken apart by a receiver gives the same, and so does encoding/json where a body
// has one level and it is a word.
func FuzzSeverity(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body string) {
		got := Severity(lineRecord(body))
		if full := Read(lineRecord(body), "").Severity; full != got {
			t.Fatalf("Severity %v, Read %v", got, full)
		}
		trimmed := strings.TrimSpace(body)
		if strings.HasPrefix(trimmed, "{") {
			return
		}
		// the header alone decides: what stands below the second line changes nothing
		if lines := strings.SplitN(body, "\n", 4); len(lines) == 4 && strings.TrimSpace(lines[0]) != "" && !looksLogfmt(trimmed) && !strings.HasPrefix(trimmed, "<") {
			if head := Severity(lineRecord(strings.Join(lines[:3], "\n"))); head != got {
				t.Fatalf("severity %v of the head, %v of all", head, got)
			}
		}
	})
}

// FuzzJSON: the scanner reads what encoding/json reads.
func FuzzJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body string) {
		attrs, ok := parseObject(body)
		var want map[string]any
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		if dec.Decode(&want) != nil || dec.More() || want == nil || !json.Valid([]byte(body)) || !utf8.ValidString(body) {
			return
		}
		if !ok {
			t.Fatalf("valid JSON is not read: %q", body)
		}
		for _, a := range attrs {
			s, isText := want[a.Key].(string)
			if a.Value.Kind() == sentry.KindString && isText && len(attrs) == len(want) && s != a.Value.Str() {
				t.Fatalf("%q: %q, want %q", a.Key, a.Value.Str(), s)
			}
		}
	})
}

// TestAnyValue: every name with every kind of value, alone and beside the members that make a logger known. Whatever an app writes there, it is read.
func TestAnyValue(t *testing.T) {
	values := []string{
		`null`, `true`, `0`, `-1`, `1.5`, `1795255872`, `18446744073709551615`, `""`, `"x"`, `"a\nb"`, `"E: x\n\tat a.B.c(B.java:1)"`, `[]`, `[1]`, `["a"]`, `[[]]`, `[{}]`, `{}`, `{"a":1}`,
		`[{"exc_type":"E"}]`, `[{"func":"f","source":"a.go"}]`, `{"stepArray":[{"methodName":"m"}]}`, `{"className":"E","stepArray":[],"cause":{}}`, `{"root":{"message":"m","stack":[]},"wrap":[1]}`,
		`{"class":"E","file":"a.php:1","previous":{"class":"F","file":"b.php:2"}}`, `{"commonElementCount":1,"extendedStackTrace":"x"}`, `{"stack":"s","cause":{"stack":"t","cause":[]}}`,
	}
	families := `"levelname":"ERROR","short_message":"m","pid":1,"hostname":"h","text":"t","record":{},"sequenceNumber":0,"mdc":{},"t":{"$date":"x"},"target":"a::b","arguments":["a",1]`
	paths := []string{"level", "severity", "log", "record", "v", "ts"}
	for _, n := range append(append([]name{}, names...), appNames...) {
		paths = append(paths, n.path)
	}
	for _, owner := range errorOwners {
		paths = append(paths, owner)
		for _, m := range errorMembers {
			paths = append(paths, owner+"."+m.path)
		}
	}
	for _, c := range containers {
		paths = append(paths, c, c+".error", c+".trace_id")
	}
	for _, path := range paths {
		for _, value := range values {
			member, _ := json.Marshal(path)
			nested := value
			for parts := strings.Split(path, "."); len(parts) > 0; parts = parts[:len(parts)-1] {
				key, _ := json.Marshal(parts[len(parts)-1])
				nested = `{` + string(key) + `:` + nested + `}`
			}
			for _, body := range []string{`{` + string(member) + `:` + value + `}`, nested, `{` + families + `,` + string(member) + `:` + value + `}`, `{` + families + `,` + nested[1:]} {
				r := Read(lineRecord(body), "")
				r.Failure.Found()
				var m map[string]any
				require.NoError(t, json.Unmarshal([]byte(body), &m), body)
				rec := plog.NewLogRecord()
				require.NoError(t, rec.Body().SetEmptyMap().FromRaw(m))
				Read(rec, "")
				rec = plog.NewLogRecord()
				require.NoError(t, rec.Attributes().FromRaw(m))
				Read(rec, "")
			}
		}
	}
}

// TestLinear: bodies made to be slow. Time per byte must not grow with the size.
func TestLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"brackets": "[", "braces": `{"a":`, "pairs": "a=[ ", "quotes": `a="b `, "escapes": `\"`, "lines": "\n", "blanks": " ", "headers": "E: x\n", "colours": "\x1b[", "names": "a.b ",
		"fields": `{"a" `, "times": "2026-11-21 ", "spans": "a{", "hex": "0123456789abcdef", "trace": "trace ", "columns": "¦", "priorities": "<1>", "records": "<record>", "repr": "a='",
		"klog": "a=<\n", "dots": "a.", "margin": "  a=\n  │ ", "members": `"a":1,`, "elements": "<a>",
	} {
		t.Run(name, func(t *testing.T) {
			for _, prefix := range []string{"", "2026/11/21 10:11:12 ERROR x ", `{"message":"`, "level=error ", "E1121 10:11:12.123456 1 a.go:1] \"", "<record><message>", "Traceback "} {
				body := prefix + strings.Repeat(unit, 1<<20/len(unit))
				start := time.Now()
				rec := lineRecord(body)
				Severity(rec)
				Read(rec, "")
				// What grows with the square of a megabyte takes hours; a busy machine takes a second or two.
				assert.Less(t, time.Since(start), 15*time.Second, "%q + %q", prefix, unit)
			}
		})
	}
}
