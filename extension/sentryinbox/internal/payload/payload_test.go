package payload

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func event(t *testing.T, raw string) Event {
	ev, err := ReadEvent([]byte(raw))
	require.NoError(t, err)
	return ev
}

func TestReadEvent(t *testing.T) {
	ev := event(t, `{"event_id":"9EC79C33-EC99-42AB-8353-589FCB2E04DC","timestamp":1700000000.25,"platform":"java","level":"fatal","logger":"l","transaction":"t",
		"release":"r@1","environment":"prod","server_name":"h","fingerprint":["a",1],"user":{"email":"e","ip_address":"i"},
		"contexts":{"trace":{"trace_id":"4BF92F3577B34DA6A3CE929D0E0E4736","span_id":"00f067aa0ba902b7"}},
		"exception":{"values":[{"type":"A","value":"v","module":"m","mechanism":{"handled":false,"synthetic":true},
			"stacktrace":{"frames":[{"function":"f","module":"m","filename":"x.java","lineno":3,"in_app":true},{"function":"g"}]}}]},
		"threads":{"values":[{"name":"main","crashed":true,"current":true,"stacktrace":{"frames":[{"function":"h"}]}}]},
		"extra":{"exception.stacktrace":"raw"}}`)
	assert.Equal(t, Event{
		ID: "9ec79c33ec9942ab8353589fcb2e04dc", Timestamp: time.Unix(1700000000, 250e6).UTC(), Platform: "java", Level: "fatal", Logger: "l", Transaction: "t",
		Release: "r@1", Environment: "prod", ServerName: "h", Fingerprint: []string{"a", "1"}, User: "e",
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", SpanID: "00f067aa0ba902b7", Stacktrace: "raw",
		Exceptions: []Exception{{Type: "A", Value: "v", Module: "m", Synthetic: true, Unhandled: true, Frames: []Frame{
			{Function: "f", Module: "m", Filename: "x.java", Lineno: 3, InApp: true}, {Function: "g"},
		}}},
		Threads: []Thread{{Name: "main", Crashed: true, Current: true, Frames: []Frame{{Function: "h"}}}},
		Tags:    []Tag{{"environment", "prod"}, {"level", "fatal"}, {"logger", "l"}, {"release", "r@1"}, {"server_name", "h"}, {"transaction", "t"}},
	}, ev)
}

func TestFormsOfAMessage(t *testing.T) {
	tests := map[string]Message{
		`{"message":"text"}`: {"text", ""},
		`{"logentry":{"formatted":"user 1","message":"user %s"}}`:       {"user 1", "user %s"},
		`{"logentry":{"message":"only a template"}}`:                    {"only a template", ""},
		`{"logentry":{"formatted":"same","message":"same"}}`:            {"same", ""},
		`{"message":{"formatted":"as an object","message":"as %s"}}`:    {"as an object", "as %s"},
		`{"message":"beside","logentry":{"message":"the template %d"}}`: {"beside", "the template %d"},
		`{}`: {},
	}
	for raw, want := range tests {
		assert.Equal(t, want, event(t, raw).Message, raw)
	}
}

func TestFormsOfTags(t *testing.T) {
	want := []Tag{{"a", "1"}, {"b", "two"}, {"c", "true"}}
	for _, raw := range []string{
		`{"tags":{"b":"two","a":1,"c":true}}`,
		`{"tags":[["c",true],["a","1"],["b","two"]]}`,
		`{"tags":[{"key":"a","value":"1"},{"key":"b","value":"two"},{"key":"c","value":true}]}`,
	} {
		assert.Equal(t, want, event(t, raw).Tags, raw)
	}
	assert.Equal(t, []Tag{{"environment", "prod"}}, event(t, `{"environment":"prod","tags":{"environment":"other"}}`).Tags, "the member wins over the tag")
}

func TestFormsOfLists(t *testing.T) {
	assert.Len(t, event(t, `{"exception":[{"type":"A"},{"type":"B"}]}`).Exceptions, 2)
	assert.Len(t, event(t, `{"exception":{"values":[{"type":"A"},null,5,"x",{"type":"B"}]}}`).Exceptions, 2)
}

func TestLevels(t *testing.T) {
	for sent, want := range map[string]string{`"error"`: "error", `"WARNING"`: "warning", `"warn"`: "warning", `"critical"`: "fatal", `""`: "error", `null`: "error", `"odd"`: "odd"} {
		assert.Equal(t, want, event(t, `{"level":`+sent+`}`).Level, sent)
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 20, 30, 123456000, time.UTC)
	for sent, want := range map[string]time.Time{
		`"2026-11-21T10:20:30.123456Z"`:      at,
		`"2026-11-21T12:20:30.123456+02:00"`: at,
		`"2026-11-21T10:20:30.123456"`:       at, // as old SDKs write it: UTC
		`"1795256430.123456"`:                at,
		`1795256430.123456`:                  at,
		`0`:                                  time.Unix(0, 0).UTC(),
		`-1`:                                 {},
		`1e300`:                              {},
		`"soon"`:                             {},
		`""`:                                 {},
		`true`:                               {},
		`{}`:                                 {},
	} {
		assert.Equal(t, want, event(t, `{"timestamp":`+sent+`}`).Timestamp, sent)
	}
	_, err := json.Marshal(event(t, `{"timestamp":253402300799}`).Timestamp)
	assert.NoError(t, err, "every time that is read can be written")
}

func TestIDs(t *testing.T) {
	const id = "9ec79c33ec9942ab8353589fcb2e04dc"
	for sent, want := range map[string]string{
		id: id, "9EC79C33EC9942AB8353589FCB2E04DC": id, "9ec79c33-ec99-42ab-8353-589fcb2e04dc": id,
		"": "", "9ec79c33": "", "00000000000000000000000000000000": "", id + "0": "", "xec79c33ec9942ab8353589fcb2e04dc": "",
	} {
		assert.Equal(t, want, eventID(sent), sent)
		assert.Equal(t, want, event(t, `{"event_id":"`+sent+`"}`).ID)
	}
	assert.Empty(t, spanID("0000000000000000"))
	assert.Equal(t, "00f067aa0ba902b7", spanID("00F067AA0BA902B7"))
}

// TestAnyShape: members of a wrong type count as absent, whatever they are.
func TestAnyShape(t *testing.T) {
	shapes := []string{`null`, `true`, `1`, `"x"`, `[]`, `{}`, `[null]`, `[[]]`, `[[1,2]]`, `{"values":1}`, `{"values":[[]]}`, `{"frames":{}}`, `{"x":{"x":{"x":[]}}}`}
	keys := []string{
		"event_id", "timestamp", "level", "exception", "threads", "message", "logentry", "tags", "contexts", "extra", "user", "fingerprint", "spans",
		"start_timestamp", "transaction", "transaction_info", "attributes", "body", "trace_id", "is_segment", "end_timestamp",
	}
	for _, key := range keys {
		for _, shape := range shapes {
			raw := []byte(`{"` + key + `":` + shape + `,"contexts":{"trace":` + shape + `},"exception":{"values":[{"stacktrace":` + shape + `,"mechanism":` + shape + `}]}}`)
			_, err := ReadEvent(raw)
			require.NoError(t, err)
			_, err = ReadTransaction(raw)
			require.NoError(t, err)
			_, err = ReadStreamedSpan(raw)
			require.NoError(t, err)
			_, err = ReadLog(raw)
			require.NoError(t, err)
		}
	}
}

func TestNoObject(t *testing.T) {
	for _, raw := range []string{``, `null`, `[]`, `"x"`, `5`, `{`, `{}{}`, `{} x`, `{"a":}`} {
		_, err := ReadEvent([]byte(raw))
		assert.Error(t, err, raw)
		_, err = ReadTransaction([]byte(raw))
		assert.Error(t, err, raw)
		_, err = ReadStreamedSpan([]byte(raw))
		assert.Error(t, err, raw)
		_, err = ReadLog([]byte(raw))
		assert.Error(t, err, raw)
	}
}

func TestReadTransaction(t *testing.T) {
	tx, err := ReadTransaction([]byte(`{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","transaction":"GET /","transaction_info":{"source":"route"},"platform":"go","release":"r","environment":"e",
		"start_timestamp":10,"timestamp":12,"contexts":{"trace":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","op":"http.server","status":"ok","description":"other"}},
		"spans":[{"span_id":"00f067aa0ba902b8","parent_span_id":"00f067aa0ba902b7","op":"db","description":"SELECT","start_timestamp":10.5,"timestamp":"1970-01-01T00:00:11Z","origin":"auto"}, 7]}`))
	require.NoError(t, err)
	assert.Equal(t, "GET /", tx.Root.Name)
	assert.Equal(t, "http.server", tx.Root.Op)
	assert.Equal(t, 2*time.Second, tx.Root.End.Sub(tx.Root.Start))
	assert.Equal(t, "route", tx.Source)
	assert.Equal(t, []Span{{
		SpanID: "00f067aa0ba902b8", ParentSpanID: "00f067aa0ba902b7", Op: "db", Name: "SELECT", Origin: "auto",
		Start: time.Unix(10, 5e8).UTC(), End: time.Unix(11, 0).UTC(),
	}}, tx.Spans)
}

func TestReadStreamedSpanAndLog(t *testing.T) {
	s, err := ReadStreamedSpan([]byte(`{"span_id":"00f067aa0ba902b8","name":"n","status":"error","is_segment":true,"start_timestamp":1,"end_timestamp":2,
		"attributes":{"sentry.op":{"type":"string","value":"db"},"sentry.release":{"type":"string","value":"r"}}}`))
	require.NoError(t, err)
	assert.Equal(t, "n", s.Name)
	assert.Equal(t, "db", s.Op)
	assert.Equal(t, "r", s.Release)
	assert.True(t, s.Segment)
	assert.Equal(t, time.Second, s.End.Sub(s.Start))

	s, err = ReadStreamedSpan([]byte(`{"name":"POST","status":"error","attributes":{"sentry.description":{"type":"string","value":"POST http://pay/"},
		"sentry.status":{"type":"string","value":"not_found"},"sentry.span.source":{"type":"string","value":"route"}}}`))
	require.NoError(t, err)
	assert.Equal(t, "POST http://pay/", s.Name, "what says more")
	assert.Equal(t, "not_found", s.Status)
	assert.Equal(t, "route", s.Source)

	l, err := ReadLog([]byte(`{"timestamp":1,"level":"warn","body":"b","attributes":{"n":{"type":"integer","value":5},"bad":7}}`))
	require.NoError(t, err)
	assert.Equal(t, "warn", l.Level)
	assert.Equal(t, "b", l.Body)
	assert.ElementsMatch(t, []Tag{{"n", "5"}, {"bad", ""}}, l.Attributes)
}

func TestMembers(t *testing.T) {
	members, more, err := Members([]byte(`{"version":2,"x":[{}],"items":[{"a":1},5,"x"],"after":1}`), 10)
	require.NoError(t, err)
	assert.False(t, more)
	assert.Equal(t, []json.RawMessage{json.RawMessage(`{"a":1}`), json.RawMessage(`5`), json.RawMessage(`"x"`)}, members)
	members, more, err = Members([]byte(`{"items":[1,2,3]}`), 2)
	require.NoError(t, err)
	assert.True(t, more)
	assert.Len(t, members, 2)
	members, _, err = Members([]byte(`{"items":[]}`), 2)
	require.NoError(t, err)
	assert.Empty(t, members)
	for _, raw := range []string{``, `[]`, `{}`, `null`, `{"items":{}}`, `{"items":null}`, `{"items":[1,}`, `{"items":[`, `{"a":`, `{"version":2}`} {
		_, _, err = Members([]byte(raw), 5)
		assert.Error(t, err, raw)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"exception":{"values":[{"type":"A","stacktrace":{"frames":[{"lineno":1}]}}]},"tags":[["a","b"]],"timestamp":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"items":[{"attributes":{"a":{"value":1}}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		ev, err := ReadEvent(raw)
		if err == nil {
			if !json.Valid(raw) {
				t.Fatal("what was read is no JSON: it could not be written out again")
			}
			if _, err := json.Marshal(ev); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = ReadTransaction(raw)
		_, _ = ReadStreamedSpan(raw)
		_, _ = ReadLog(raw)
		members, _, err := Members(raw, 3)
		if err == nil && len(members) > 3 {
			t.Fatal("too many members")
		}
	})
}
