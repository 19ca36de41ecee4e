package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const corpus = "../../testdata/corpus"

// maxLine of a recorded request.
const maxLine = 64 << 20

// inputs is all that the judges are asked about, a request each.
type inputs struct {
	logs   []plog.Logs
	traces []ptrace.Traces
}

func allInputs(t *testing.T) inputs {
	var in inputs
	for _, root := range []string{given24, filepath.Join("parity", "recorded")} {
		pairs, err := ReadPairs(root)
		require.NoError(t, err)
		for _, p := range pairs {
			in.logs = append(in.logs, fromFile(p.Name(), p.Text))
			if p.OTLP != nil {
				in.logs = append(in.logs, otlpLogs(t, p.OTLP))
			}
		}
	}
	for _, name := range files(t, corpus, "logs", "*", "*.log") {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		in.logs = append(in.logs, fromFile(name, strings.ToValidUTF8(string(raw), "\uFFFD")))
	}
	for _, name := range files(t, corpus, "otlp", "*", "logs.jsonl") {
		eachLine(t, name, func(line []byte) { in.logs = append(in.logs, otlpLogs(t, line)) })
	}
	for _, name := range files(t, corpus, "otlp", "*", "traces.jsonl") {
		eachLine(t, name, func(line []byte) {
			req := ptraceotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalJSON(line))
			in.traces = append(in.traces, req.Traces())
		})
	}
	in.shift(time.Now())
	return in
}

// fromFile tells the records of one file from those of another, as a collector does that reads files.
func fromFile(name, text string) plog.Logs {
	ld := textLogs(text)
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("log.file.path", name)
	at := int64(0)
	for _, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.Attributes().PutInt("log.file.record_offset", at)
		at += int64(len(rec.Body().Str())) + 1
	}
	return ld
}

func files(t *testing.T, pattern ...string) []string {
	names, err := filepath.Glob(filepath.Join(pattern...))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	return names
}

func eachLine(t *testing.T, name string, f func([]byte)) {
	file, err := os.Open(name)
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) > 0 {
			f(lines.Bytes())
		}
	}
	require.NoError(t, lines.Err())
}

// shift moves all times by as much as the newest lies before now: Sentry takes no old transactions.
func (in inputs) shift(now time.Time) {
	var newest pcommon.Timestamp
	in.eachTime(func(get func() pcommon.Timestamp, _ func(pcommon.Timestamp)) { newest = max(newest, get()) })
	by := pcommon.NewTimestampFromTime(now.Add(-time.Second)) - newest
	in.eachTime(func(get func() pcommon.Timestamp, set func(pcommon.Timestamp)) {
		if get() != 0 {
			set(get() + by)
		}
	})
}

func (in inputs) eachTime(f func(get func() pcommon.Timestamp, set func(pcommon.Timestamp))) {
	for _, ld := range in.logs {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, rec := range sl.LogRecords().All() {
					f(rec.Timestamp, rec.SetTimestamp)
					f(rec.ObservedTimestamp, rec.SetObservedTimestamp)
				}
			}
		}
	}
	for _, td := range in.traces {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					f(span.StartTimestamp, span.SetStartTimestamp)
					f(span.EndTimestamp, span.SetEndTimestamp)
					for _, e := range span.Events().All() {
						f(e.Timestamp, e.SetTimestamp)
					}
				}
			}
		}
	}
}

// goldenPayloads are the events and transactions of the exporter's golden files.
func goldenPayloads(t *testing.T) []payload {
	var out []payload
	for _, name := range files(t, "..", "..", "exporter", "sentryexporter", "testdata", "*", "*", "envelope.golden") {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, item := range strings.Split(string(raw), "\n--- ")[1:] {
			kind, text, _ := strings.Cut(item, "\n")
			if kind != "event" && kind != "transaction" {
				continue // the judges know no other items
			}
			p := payload{Source: filepath.Base(filepath.Dir(name)), Type: kind}
			require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&p.Payload))
			out = append(out, p)
		}
	}
	return out
}
