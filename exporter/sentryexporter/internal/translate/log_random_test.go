package translate

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// checkOracle compares decoded logs with their records, by the standard library and in the plainest way.
func checkOracle(t testing.TB, ld plog.Logs, logs []map[string]any) {
	i := 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				checkLog(t, rl.Resource(), sl.Scope(), rec, logs[i])
				i++
			}
		}
	}
	require.Len(t, logs, i)
}

func checkLog(t testing.TB, res pcommon.Resource, scope pcommon.InstrumentationScope, rec plog.LogRecord, l map[string]any) {
	if id := rec.TraceID(); !id.IsEmpty() {
		require.Equal(t, hex.EncodeToString(id[:]), l["trace_id"])
		if id := rec.SpanID(); !id.IsEmpty() {
			require.Equal(t, hex.EncodeToString(id[:]), l["span_id"])
		}
	}
	attrs, _ := l["attributes"].(map[string]any)
	want := map[string]pcommon.Value{}
	for key, v := range scope.Attributes().All() {
		want["otel.scope."+key] = v
	}
	for key, v := range res.Attributes().All() {
		if NewGlobs(DefaultLogResourceAttributes).Match(key) {
			want[key] = v
		}
	}
	for key, v := range rec.Attributes().All() {
		want[key] = v
	}
	for key, v := range want {
		if strings.HasPrefix(key, "user.") || strings.HasPrefix(strings.TrimPrefix(key, "otel.scope."), "sentry.internal.") {
			require.NotContains(t, attrs, key)
			continue
		}
		if key == "" {
			continue
		}
		if v.Type() == pcommon.ValueTypeEmpty || v.Type() == pcommon.ValueTypeDouble && (math.IsNaN(v.Double()) || math.IsInf(v.Double(), 0)) {
			continue
		}
		got, ok := attrs[string([]rune(key))].(map[string]any)
		require.True(t, ok, key)
		checkValue(t, v, got["type"].(string), got["value"])
	}
	if v := rec.Body(); v.Type() == pcommon.ValueTypeMap && v.Map().Len() > 0 {
		sameJSON(t, v, l["body"].(string))
	} else if v.Type() == pcommon.ValueTypeStr && !strings.HasPrefix(v.Str(), "{") && v.Str() != "" {
		require.Equal(t, string([]rune(v.Str())), l["body"])
	}
}

func checkValue(t testing.TB, v pcommon.Value, kind string, got any) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		require.Equal(t, "string", kind)
		require.Equal(t, string([]rune(v.Str())), got)
	case pcommon.ValueTypeBool:
		require.Equal(t, "boolean", kind)
		require.Equal(t, v.Bool(), got)
	case pcommon.ValueTypeInt:
		require.Equal(t, "integer", kind)
		n, err := got.(json.Number).Int64()
		require.NoError(t, err)
		require.Equal(t, v.Int(), n)
	case pcommon.ValueTypeDouble:
		require.Equal(t, "double", kind)
		f, err := got.(json.Number).Float64()
		require.NoError(t, err)
		require.Equal(t, v.Double(), f)
	case pcommon.ValueTypeBytes:
		require.Equal(t, "string", kind)
		require.Equal(t, plainBytes(v), got)
	case pcommon.ValueTypeMap:
		require.Equal(t, "string", kind)
		sameJSON(t, v, got.(string))
	case pcommon.ValueTypeSlice:
		if kind == "array" {
			require.Len(t, got, v.Slice().Len())
		} else {
			sameJSON(t, v, got.(string))
		}
	}
}

func plainBytes(v pcommon.Value) string {
	if b := v.Bytes().AsRaw(); !utf8.Valid(b) {
		return base64.StdEncoding.EncodeToString(b)
	}
	return string(v.Bytes().AsRaw())
}

func sameJSON(t testing.TB, v pcommon.Value, got string) {
	var have any
	require.NoError(t, json.Unmarshal([]byte(got), &have), "%s", got)
	require.Equal(t, readBack(v, 0), have)
}

// readBack is a value as encoding/json reads it back.
func readBack(v pcommon.Value, depth int) any {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return string([]rune(v.Str()))
	case pcommon.ValueTypeBool:
		return v.Bool()
	case pcommon.ValueTypeInt:
		return float64(v.Int())
	case pcommon.ValueTypeDouble:
		if !math.IsNaN(v.Double()) && !math.IsInf(v.Double(), 0) {
			return v.Double()
		}
	case pcommon.ValueTypeBytes:
		return plainBytes(v)
	case pcommon.ValueTypeMap:
		if depth < maxLogDepth {
			out := map[string]any{}
			for key, member := range v.Map().All() {
				out[string([]rune(key))] = readBack(member, depth+1)
			}
			return out
		}
	case pcommon.ValueTypeSlice:
		if depth < maxLogDepth {
			out := []any{}
			for _, element := range v.Slice().All() {
				out = append(out, readBack(element, depth+1))
			}
			return out
		}
	case pcommon.ValueTypeEmpty:
	}
	return nil
}

// records makes requests of the bytes that a fuzzer gives it. When they are used up everything is zero, so that it ends.
type recordSource struct{ data []byte }

func (s *recordSource) n(limit int) int {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return int(b) % limit
}

func (s *recordSource) number() (u uint64) {
	for range 8 {
		u = u<<8 | uint64(s.n(256))
	}
	return u
}

var nastyTexts = []string{
	"", " ", "a", "service.name", "k8s.pod.name", "user.id", "otel.scope.name", "sentry.internal.x", "sentry.release", "event.name", "\xff", "\x00\x1f\n\"\\", "é世\U0001F600", "\xed\xa0\x80",
	"trace_id", "0102030405060708090a0b0c0d0e0f10", "traceparent", "level", "message", "12:30", "2026-11-21T10:11:12Z ERROR [main] a.B - gone", "exception.type",
	`{"level":"error","msg":"x","time":1795291199123,"a":{"b":[1,null,"c"]},"service.name":"own"}`, `{"msg":"\ud800","sentry.internal.x":1,"":2,"a\u0000":3}`, `{"a":1}`, "{}", "[]",
	"level=info msg=x trace_id=0102030405060708090a0b0c0d0e0f10", strings.Repeat("x", 3000), strings.Repeat("{", 100),
}

func (s *recordSource) text() string {
	if kind := s.n(64); kind < 48 {
		return nastyTexts[kind%len(nastyTexts)]
	}
	n := min(s.n(40), len(s.data))
	raw := string(s.data[:n])
	s.data = s.data[n:]
	return raw
}

func (s *recordSource) value(v pcommon.Value, depth int) {
	switch kind := s.n(10); {
	case kind == 1:
		v.SetBool(s.n(2) == 1)
	case kind == 2:
		v.SetInt(int64(s.number()))
	case kind == 3:
		v.SetDouble(math.Float64frombits(s.number()))
	case kind == 4:
		v.SetDouble(math.NaN())
	case kind == 5:
		v.SetEmptyBytes().FromRaw([]byte(s.text()))
	case kind == 6 && depth < 40:
		list := v.SetEmptySlice()
		for range s.n(4) {
			s.value(list.AppendEmpty(), depth+1)
		}
	case kind == 7 && depth < 40:
		s.attrs(v.SetEmptyMap(), depth+1)
	case kind == 8:
	default:
		v.SetStr(s.text())
	}
}

// attrs fills a map; keys do not repeat, in valid UTF-8 either: the oracle could not say which one counts.
func (s *recordSource) attrs(m pcommon.Map, depth int) {
	seen := map[string]bool{}
	for range s.n(6) {
		key := s.text()
		if written := string([]rune(key)); !seen[written] {
			seen[written] = true
			s.value(m.PutEmpty(key), depth)
		}
	}
}

func (s *recordSource) logs() plog.Logs {
	ld := plog.NewLogs()
	for range 1 + s.n(3) {
		rl := ld.ResourceLogs().AppendEmpty()
		s.attrs(rl.Resource().Attributes(), 0)
		for range 1 + s.n(3) {
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(s.text())
			for range s.n(5) {
				s.record(sl.LogRecords().AppendEmpty())
			}
		}
	}
	return ld
}

func (s *recordSource) record(rec plog.LogRecord) {
	times := []pcommon.Timestamp{0, logTime, logTime + 1, pcommon.Timestamp(s.number()), 1, math.MaxUint64}
	rec.SetTimestamp(times[s.n(len(times))])
	rec.SetObservedTimestamp(times[s.n(len(times))])
	rec.SetSeverityNumber(plog.SeverityNumber(s.n(30) - 2))
	rec.SetSeverityText(s.text())
	rec.SetEventName(s.text())
	if s.n(2) == 1 {
		rec.SetTraceID(pcommon.TraceID{byte(s.n(256)), 15: 1})
	}
	rec.SetSpanID(pcommon.SpanID{byte(s.n(3))})
	s.value(rec.Body(), 0)
	s.attrs(rec.Attributes(), 0)
}

// FuzzLogs: whatever a request holds, each record becomes a log that breaks no rule and has what the record has, and a retry gives the same bytes.
func FuzzLogs(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 20, 200, 2000} {
		for range 50 {
			data := make([]byte, n)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ld := (&recordSource{data}).logs()
		payloads := logsOf(t, ld, logOptions)
		require.Equal(t, payloads, logsOf(t, ld, logOptions))
		checkOracle(t, ld, decodeLogs(t, payloads))
	})
}
