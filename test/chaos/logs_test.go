//go:build linux

package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// sampledLogs are so many logs whose every attribute is compared with the record.
const sampledLogs = 1000

// logsPerRequest is what OTLP senders put into a request by default (512, collectors 8192).
const logsPerRequest = 1000

// TestLogsArriveExactlyOnce sends records as fast as they are acknowledged; each arrives once, and a sample of them as it was sent.
func TestLogsArriveExactlyOnce(t *testing.T) {
	needsChaos(t)
	requests := 100
	if long {
		requests = 1000
	}
	wanted := make(map[int]bool, sampledLogs)
	for len(wanted) < sampledLogs {
		wanted[rand.IntN(requests*logsPerRequest)] = true
	}
	sampled := logSample{wanted: wanted, got: make(map[int]json.RawMessage)}
	w := row{name: fmt.Sprintf("%d log records", requests*logsPerRequest), early: true}
	w.start = func(r *run, cfg *config) {
		r.fake.payloads = sampled.look
		r.collector = newCollector(t, *cfg)
		many := load{logs: manyLogs, ofLogs: map[sentry.Category]int{sentry.CategoryLogItem: logsPerRequest}}
		s := newSender(t, r.collector.grpc, many, 0, "shop")
		s.most = requests
		r.accounts = []account{{s, r.fake.books("1")}}
	}
	var took time.Duration
	w.fault = func(r *run) {
		begin := time.Now()
		r.accounts[0].sender.wg.Wait()
		took = time.Since(begin)
	}
	w.check = func(r *run) {
		require.Equal(t, requests*logsPerRequest, r.arrived(sentry.CategoryLogItem))
		assert.Len(t, sampled.got, sampledLogs)
		for n, got := range sampled.got {
			compareLog(t, n, got)
		}
		table.note("%s: %.0f a second were acknowledged; %d compared with the input", w.name, float64(requests*logsPerRequest)/took.Seconds(), len(sampled.got))
	}
	w.play(t)
}

// manyLogs is a request of records that differ in everything; what the n-th record is depends on n alone.
func manyLogs(ld plog.Logs, app string, n int) {
	rl := ld.ResourceLogs().AppendEmpty()
	fillResource(rl.Resource(), app)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.shop")
	sl.LogRecords().EnsureCapacity(logsPerRequest)
	for i := range logsPerRequest {
		manyLog(sl.LogRecords().AppendEmpty(), n*logsPerRequest+i)
	}
}

// firstLog is the time of the first record.
var firstLog = time.Now().Add(-time.Hour).Truncate(time.Second)

var manySeverities = []plog.SeverityNumber{plog.SeverityNumberInfo, plog.SeverityNumberInfo2, plog.SeverityNumberWarn, plog.SeverityNumberWarn4}

var manyTexts = []string{"plain", "Grüße, 世界 🌍", "a \"quoted\" \\ text", "tab\tand\nline", "\x00\x1f\x7f", "</script>", ""}

func manyLog(rec plog.LogRecord, n int) {
	rec.SetTimestamp(pcommon.NewTimestampFromTime(firstLog.Add(time.Duration(n) * time.Millisecond)))
	rec.SetSeverityNumber(manySeverities[n%len(manySeverities)])
	rec.Body().SetStr(manyTexts[n%len(manyTexts)] + " " + mark(bodyMarker, n))
	if n%3 > 0 {
		rec.SetTraceID(traceID(n))
	}
	if n%3 == 2 {
		rec.SetSpanID(spanID(n))
	}
	attrs := rec.Attributes()
	attrs.PutStr("text", manyTexts[n/3%len(manyTexts)])
	attrs.PutInt("number", int64(n)-500_000)
	attrs.PutInt("large", 1<<53+int64(n))
	attrs.PutDouble("share", float64(n)/7)
	attrs.PutBool("even", n%2 == 0)
	attrs.PutStr("key-"+strconv.Itoa(n%100), "value")
	names := attrs.PutEmptySlice("names")
	for i := range n % 4 {
		names.AppendEmpty().SetStr(manyTexts[(n+i)%len(manyTexts)])
	}
	nested := attrs.PutEmptyMap("nested")
	nested.PutInt("depth", int64(n%10))
	nested.PutStr("text", manyTexts[n%len(manyTexts)])
}

// logSample keeps the logs whose records are compared.
type logSample struct {
	mu     sync.Mutex
	wanted map[int]bool
	got    map[int]json.RawMessage
}

// look takes an envelope apart if there is anything wanted in it.
func (s *logSample) look(kind string, body []byte) {
	if kind != envelope.TypeLog {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range numbersIn(body, bodyMarker) {
		if s.wanted[n] {
			s.keep(body)
			return
		}
	}
}

func (s *logSample) keep(body []byte) {
	lines := bytes.SplitN(body, []byte{'\n'}, 4)
	var container struct {
		Items []json.RawMessage `json:"items"`
	}
	if len(lines) < 3 || json.Unmarshal(lines[2], &container) != nil {
		return // the sample will be short
	}
	for _, item := range container.Items {
		if numbers := numbersIn(item, bodyMarker); len(numbers) == 1 && s.wanted[numbers[0]] {
			s.got[numbers[0]] = item
		}
	}
}

// attribute is an attribute of a log, as Sentry Logs has it.
type attribute struct {
	Value any    `json:"value"`
	Type  string `json:"type"`
}

// sentLog is a log as it arrives.
type sentLog struct {
	Timestamp  json.Number          `json:"timestamp"`
	TraceID    string               `json:"trace_id"`
	SpanID     string               `json:"span_id"`
	Level      string               `json:"level"`
	Severity   int                  `json:"severity_number"`
	Body       string               `json:"body"`
	Attributes map[string]attribute `json:"attributes"`
}

// compareLog holds a log against what its record says.
func compareLog(t *testing.T, n int, payload json.RawMessage) {
	rec := plog.NewLogRecord()
	manyLog(rec, n)
	var got sentLog
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&got))
	assert.Equal(t, rec.Body().Str(), got.Body)
	assert.Equal(t, int(rec.SeverityNumber()), got.Severity)
	assert.Equal(t, map[int]string{2: "info", 3: "warn"}[(int(rec.SeverityNumber())-1)/4], got.Level)
	seconds, err := got.Timestamp.Float64()
	require.NoError(t, err)
	assert.InDelta(t, float64(rec.Timestamp())/1e9, seconds, 1e-6)
	if !rec.TraceID().IsEmpty() {
		assert.Equal(t, rec.TraceID().String(), got.TraceID)
	}
	assert.Len(t, got.TraceID, 32)
	if !rec.SpanID().IsEmpty() {
		assert.Equal(t, rec.SpanID().String(), got.SpanID)
	}
	want := map[string]attribute{
		"service.name": {"shop", "string"}, "k8s.namespace.name": {"shop", "string"}, "k8s.pod.name": {"shop-7d9c8b6f5-x2x4z", "string"},
		"sentry.release": {"1.2.3", "string"}, "server.address": {"shop-7d9c8b6f5-x2x4z", "string"}, "otel.scope.name": {"com.acme.shop", "string"},
		"sentry.origin": {"auto.otlp.logs", "string"}, "sentry.sdk.name": {"sentry.go.otelcol", "string"},
	}
	for key, v := range rec.Attributes().All() {
		want[key] = attributeOf(v)
	}
	delete(got.Attributes, "sentry.sdk.version")
	delete(got.Attributes, "service.version")
	for key, a := range got.Attributes {
		got.Attributes[key] = attribute{plain(key, a), a.Type}
	}
	assert.Equal(t, want, got.Attributes, "record %d", n)
}

// plain is an attribute's value where several spellings mean the same: a double's, and JSON in a text.
func plain(key string, a attribute) any {
	if number, ok := a.Value.(json.Number); ok && a.Type == "double" {
		f, _ := number.Float64() // else it is not equal
		return f
	}
	if text, ok := a.Value.(string); ok && key == "nested" {
		var value any
		_ = json.Unmarshal([]byte(text), &value) // likewise
		return value
	}
	return a.Value
}

// attributeOf is what becomes of an attribute: nested ones are JSON in a text.
func attributeOf(v pcommon.Value) attribute {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return attribute{json.Number(strconv.FormatInt(v.Int(), 10)), "integer"}
	case pcommon.ValueTypeDouble:
		return attribute{v.Double(), "double"}
	case pcommon.ValueTypeBool:
		return attribute{v.Bool(), "boolean"}
	case pcommon.ValueTypeSlice:
		return attribute{v.Slice().AsRaw(), "array"}
	case pcommon.ValueTypeMap:
		var value any
		text, _ := json.Marshal(v.Map().AsRaw()) // what the generator makes can be written,
		_ = json.Unmarshal(text, &value)         // and read
		return attribute{value, "string"}
	default:
		return attribute{v.Str(), "string"}
	}
}
