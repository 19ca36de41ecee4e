package fields

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// traceIDOf reads a trace id as tracers write it into logs: 32 hex digits, a UUID, Google's projects/P/traces/ID, Datadog's decimal number of
// 64 bits, B3's 16 hex digits. The short ones are the lower half of the id that OTLP carries, its upper half zero.
func traceIDOf(v sentry.Value) (id sentry.TraceID) {
	n, s := uint64(0), trimSpace(v.Str())
	if i := strings.LastIndex(s, "/traces/"); i >= 0 {
		s = s[i+len("/traces/"):]
	}
	switch {
	case v.Kind() == sentry.KindInt:
		n = uint64(v.IntVal())
	case len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-':
		id, _ = sentry.ParseTraceID(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
		return id
	case len(s) == 32:
		id, _ = sentry.ParseTraceID(s)
		return id
	default:
		n = halfID(s)
	}
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

// halfID reads 64 bits: 16 hex digits, or a decimal number. 16 decimal digits are hex: tracers that write decimals do not pad them, and but
// one in twenty such numbers is that short.
func halfID(s string) uint64 {
	base := 10
	switch {
	case len(s) < 10:
		return 0
	case len(s) == 16:
		base = 16
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		return 0
	}
	return n
}

// spanIDOf reads a span id: 16 hex digits or Datadog's decimal number.
func spanIDOf(v sentry.Value) (id sentry.SpanID) {
	n := uint64(v.IntVal())
	if v.Kind() == sentry.KindString {
		n = halfID(trimSpace(v.Str()))
	}
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// traceParent reads a W3C traceparent header: version-trace-span-flags.
func traceParent(s string) (sentry.TraceID, sentry.SpanID) {
	if len(s) < 55 || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return sentry.TraceID{}, sentry.SpanID{}
	}
	t, _ := sentry.ParseTraceID(s[3:35])
	p, _ := sentry.ParseSpanID(s[36:52])
	return t, p
}

// idsInText finds the ids that a layout prints in the header: trace_id=..., traceId: ..., or bare in brackets as Spring Boot does
// ([app,trace,span], [trace-span]). Only the first line is looked at.
func idsInText(line string) (t sentry.TraceID, s sentry.SpanID) {
	line = line[:min(len(line), 2*maxHead)]
	for i := 0; i < len(line); {
		n := hexRun(line[i:])
		end := i + n
		bare := n == 32 && (i == 0 || !isWord(line[i-1])) && (end == len(line) || !isWord(line[end]))
		if !bare {
			i += max(n, 1)
			continue
		}
		if !idPlace(line, i, end) {
			i = end
			continue
		}
		t, _ = sentry.ParseTraceID(line[i:end])
		if t.IsZero() {
			return t, s
		}
		for j := end; j < min(len(line), end+24); j++ {
			if m := hexRun(line[j:]); m == 16 && !isWord(line[j-1]) && (j+m == len(line) || !isWord(line[j+m])) {
				s, _ = sentry.ParseSpanID(line[j : j+m])
				return t, s
			} else if m > 0 {
				j += m - 1
			}
		}
		return t, spanInText(line)
	}
	return t, s
}

// spanInText finds a span id behind the word span, wherever it stands.
func spanInText(line string) (s sentry.SpanID) {
	for i := 0; i+20 <= len(line); i++ {
		if line[i+1] != 'p' || (line[i]|0x20) != 's' || line[i+2:i+4] != "an" {
			continue
		}
		for j := i + 4; j < min(len(line), i+10); j++ {
			if n := hexRun(line[j:]); n == 16 && !isWord(line[j-1]) {
				s, _ = sentry.ParseSpanID(line[j : j+n])
				return s
			}
		}
	}
	return s
}

// idPlace: a name that says "trace" stands before the id, or brackets stand around it with at most another id and the app's name.
func idPlace(line string, start, end int) bool {
	before := strings.ToLower(line[max(0, start-24):start])
	if strings.Contains(before, "trace") {
		return true
	}
	open := strings.LastIndexByte(line[:start], '[')
	shut := strings.IndexByte(line[end:], ']')
	return open >= 0 && shut >= 0 && shut <= 24 && strings.IndexByte(line[open:start], ']') < 0 && strings.IndexByte(line[open:start], ' ') < 0 && end-open <= 100 &&
		(shut == 0 || line[end] == ',' || line[end] == '-')
}

func hexRun(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || 'a' <= s[n]|0x20 && s[n]|0x20 <= 'f') {
		n++
	}
	return n
}
