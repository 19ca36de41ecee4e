package fields

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads what every logger really printed (testdata/<logger>/lines.log, the program that made it beside it) and holds it against want.json.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/lines.log")
	require.NoError(t, err)
	require.Greater(t, len(dirs), 15)
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var got []shown
			for _, body := range splitRecords(string(raw)) {
				got = append(got, show(Read(lineRecord(body), ""), body))
			}
			golden(t, filepath.Join(dir, "want.json"), got)
		})
	}
}

// TestGoldenOTLP reads exceptions as the OpenTelemetry SDKs of Java, Python and Node sent them (testdata/corpus/otlp).
func TestGoldenOTLP(t *testing.T) {
	for name, run := range map[string]string{"otel-java": "java-agent-2.10.0", "otel-python-node": "new-semconv-k8s"} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("../../testdata/corpus/otlp", run, "logs.jsonl"))
			require.NoError(t, err)
			var got []shown
			unmarshaler := plog.JSONUnmarshaler{}
			for line := range bytes.SplitSeq(bytes.TrimSpace(raw), []byte("\n")) {
				logs, err := unmarshaler.UnmarshalLogs(line)
				require.NoError(t, err)
				for _, rl := range logs.ResourceLogs().All() {
					for _, sl := range rl.ScopeLogs().All() {
						for _, rec := range sl.LogRecords().All() {
							if _, ok := rec.Attributes().Get("exception.type"); ok && len(got) < 12 {
								got = append(got, show(Read(rec, sl.Scope().Name()), rec.Body().AsString()))
							}
						}
					}
				}
			}
			golden(t, filepath.Join("testdata", name+".json"), got)
		})
	}
}

func golden(t *testing.T, file string, got []shown) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	require.NoError(t, enc.Encode(got))
	if *update {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String())
}

// splitRecords: a record begins at every line with a header or of JSON.
func splitRecords(text string) (out []string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		starts := lineSeverity(line, 0) != 0 || strings.HasPrefix(line, "{") || readHead(colourless(line), true).time != 0 && !isBlank(line[0])
		if starts || len(out) == 0 {
			out = append(out, line)
		} else {
			out[len(out)-1] += "\n" + line
		}
	}
	return out
}

// shown is a Record as a person reads it.
type shown struct {
	Line                          string         `json:"line"`
	Severity                      string         `json:"severity"`
	Time                          string         `json:"time,omitempty"`
	Message                       string         `json:"message"`
	Template                      string         `json:"template,omitempty"`
	Params                        []string       `json:"params,omitempty"`
	Logger                        string         `json:"logger,omitempty"`
	Thread                        string         `json:"thread,omitempty"`
	Failure                       []string       `json:"failure,omitempty"`
	Trace                         string         `json:"trace,omitempty"`
	Code                          string         `json:"code,omitempty"`
	Service, Version, Environment string         `json:",omitempty"`
	Fingerprint                   []string       `json:"fingerprint,omitempty"`
	User                          *sentry.User   `json:"user,omitempty"`
	Request                       string         `json:"request,omitempty"`
	Rest                          map[string]any `json:"rest,omitempty"`
}

func show(r Record, body string) shown {
	s := shown{
		Line: cut(body, 60), Severity: r.Severity.String(), Message: r.Message, Template: r.Template, Params: r.Params, Logger: r.Logger,
		Thread: strings.Trim(r.ThreadName+" "+r.ThreadID, " "), Service: r.Service, Version: r.Version, Environment: r.Environment, Fingerprint: r.Fingerprint, User: r.User,
	}
	if r.Time != 0 {
		s.Time = time.Unix(0, int64(r.Time)).UTC().Format(time.RFC3339Nano)
	}
	if r.Request != nil {
		s.Request = fmt.Sprintf("%s %s ?%s %v", r.Request.Method, r.Request.URL, r.Request.QueryString, r.Request.Headers)
	}
	if !r.TraceID.IsZero() {
		s.Trace = r.TraceID.String() + " " + r.SpanID.String()
	}
	if r.Code.Filename != "" || r.Code.Function != "" {
		s.Code = fmt.Sprintf("%s:%d %s.%s", r.Code.Filename, r.Code.Lineno, r.Code.Module, r.Code.Function)
	}
	f := r.Failure
	if f.Type != "" || f.Message != "" {
		s.Failure = append(s.Failure, f.Type+": "+f.Message)
	}
	if f.Stacktrace != "" {
		s.Failure = append(s.Failure, fmt.Sprintf("text whole=%v: %s ... %s", f.Whole, cut(f.Stacktrace, 70), f.Stacktrace[max(0, len(f.Stacktrace)-60):]))
	}
	for _, e := range f.Exceptions {
		line := fmt.Sprintf("%s | %s | %s", e.Module, e.Type, e.Value)
		if m := e.Mechanism; m != nil {
			line += fmt.Sprintf(" (%s id %d parent %v %d group %v %s)", m.Type, m.ExceptionID, m.HasParent, m.ParentID, m.IsExceptionGroup, m.Source)
		}
		var lineSb142 strings.Builder
		for _, fr := range e.Frames {
			lineSb142.WriteString(fmt.Sprintf(" > %s.%s %s:%d", fr.Module, fr.Function, fr.Filename, fr.Lineno))
		}
		line += lineSb142.String()
		s.Failure = append(s.Failure, line)
	}
	s.Rest = plainMap(r.Rest)
	return s
}

func plainMap(attrs []sentry.Attr) map[string]any {
	if len(attrs) == 0 {
		return nil
	}
	m := map[string]any{}
	for _, a := range attrs {
		m[a.Key] = plainValue(a.Value)
	}
	return m
}

func plainValue(v sentry.Value) any {
	switch v.Kind() {
	case sentry.KindString:
		return v.Str()
	case sentry.KindBool:
		return v.BoolVal()
	case sentry.KindInt:
		return v.IntVal()
	case sentry.KindDouble:
		return v.DoubleVal()
	case sentry.KindMap:
		return plainMap(v.MapVal())
	case sentry.KindList:
		l := []any{}
		for _, e := range v.ListVal() {
			l = append(l, plainValue(e))
		}
		return l
	}
	return nil
}
