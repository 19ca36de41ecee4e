package envelope

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// TestParseFraming: the examples of the envelope docs and their edges.
func TestParseFraming(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []string // payloads
	}{
		"nothing inside":            {`{}`, nil},
		"nothing inside, line end":  {"{}\n", nil},
		"length and line end":       {"{}\n{\"type\":\"event\",\"length\":2}\n{}\n", []string{"{}"}},
		"length, no line end":       {"{}\n{\"type\":\"event\",\"length\":2}\n{}", []string{"{}"}},
		"line end in the payload":   {"{}\n{\"type\":\"attachment\",\"length\":3}\na\nb\n{\"type\":\"event\"}\n{}", []string{"a\nb", "{}"}},
		"carriage return belongs":   {"{}\n{\"type\":\"attachment\"}\na\r\n", []string{"a\r"}},
		"no length":                 {"{}\n{\"type\":\"session\"}\n{\"a\":1}\n{\"type\":\"session\"}\n{}\n", []string{`{"a":1}`, `{}`}},
		"empty, with length":        {"{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\",\"length\":0}\n", []string{"", ""}},
		"empty at the end":          {"{}\n{\"type\":\"attachment\",\"length\":0}", []string{""}},
		"empty, no length":          {"{}\n{\"type\":\"attachment\"}\n\n{\"type\":\"attachment\"}\n", []string{"", ""}},
		"null headers are none":     {"{}\n{\"type\":\"event\",\"length\":null,\"item_count\":null}\n{}", []string{"{}"}},
		"white space around header": {" {} \n {\"type\":\"event\"} \n{}", []string{"{}"}},
		"unknown members":           {"{\"x\":[1]}\n{\"type\":\"event\",\"y\":{}}\n{}", []string{"{}"}},
	} {
		e, err := Parse([]byte(c.body))
		require.NoError(t, err, name)
		var got []string
		for _, item := range e.Items {
			got = append(got, string(item.Payload))
			require.Equal(t, string(item.Payload), c.body[item.Offset:item.Offset+len(item.Payload)], name)
		}
		require.Equal(t, c.want, got, name)
	}
}

// TestParseErrors: each names the item and the byte.
func TestParseErrors(t *testing.T) {
	item := "{\"type\":\"event\",\"length\":2}\n{}\n"
	for body, want := range map[string]ParseError{
		"":                                      {-1, 0, "the header is not JSON: no value"},
		"\n":                                    {-1, 0, "the header is not JSON: no value"},
		"[]\n":                                  {-1, 0, "the header is not an object"},
		"{\"a\":}\n":                            {-1, 5, "the header is not JSON: no value"},
		"{}\n\n":                                {0, 3, "the header is not JSON: no value"},
		"{}\n" + item + "\n":                    {1, 34, "the header is not JSON: no value"},
		"{}\n" + item + "x":                     {1, 34, "the header is not JSON: no value"},
		"{}\r\n{}":                              {0, 4, "the item has no type"},
		"{}\n{\"length\":2}\n{}":                {0, 3, "the item has no type"},
		"{}\n{\"type\":7}\n{}":                  {0, 3, "the item has no type"},
		"{}\n{\"type\":\"e\",\"length\":3}\n{}": {0, 27, "length says 3 bytes, 2 are left"},
		"{}\n{\"type\":\"e\",\"length\":2}\n{}}\n":      {0, 29, "no line end behind the payload"},
		"{}\n{\"type\":\"e\",\"length\":2}\n{}\r\n":     {0, 29, "no line end behind the payload"},
		"{}\n{\"type\":\"e\",\"length\":-1}\n{}":        {0, 3, "length is no count"},
		"{}\n{\"type\":\"e\",\"length\":\"2\"}\n{}":     {0, 3, "length is no count"},
		"{}\n{\"type\":\"e\",\"length\":2.0}\n{}":       {0, 3, "length is no count"},
		"{}\n{\"type\":\"e\",\"length\":99999999999}\n": {0, 3, "length is no count"},
		"{}\n{\"type\":\"e\",\"item_count\":true}\n":    {0, 3, "item_count is no count"},
	} {
		_, err := Parse([]byte(body))
		var got *ParseError
		require.ErrorAs(t, err, &got, "%q", body)
		require.Equal(t, want, *got, "%q", body)
	}
	require.Equal(t, "item 3, byte 7: x", (&ParseError{3, 7, "x"}).Error())
	require.Equal(t, "envelope header, byte 0: x", (&ParseError{-1, 0, "x"}).Error())
}

func TestParseIsBounded(t *testing.T) {
	for name, body := range map[string]string{
		"items":  "{}\n" + strings.Repeat("{\"type\":\"a\"}\n\n", maxItems+1),
		"header": `{"a":"` + strings.Repeat("x", maxHeaderBytes) + `"}`,
		"depth":  strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
	} {
		_, err := Parse([]byte(body))
		require.Error(t, err, name)
	}
}

func TestParsedHeader(t *testing.T) {
	e, err := Parse([]byte(`{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","sent_at":"2026-03-01T12:00:00.5Z","dsn":"https://k@h/1","sdk":{"name":"a","version":"b"},` +
		`"trace":{"trace_id":"x","sample_rate":1},"x":[1, 2]}`))
	require.NoError(t, err)
	require.Equal(t, "fc6d8c0c43fc4630ad850ee518f1b9d0", e.EventID.String())
	require.Equal(t, time.Date(2026, 3, 1, 12, 0, 0, 5e8, time.UTC), e.SentAt)
	require.Equal(t, "https://k@h/1", e.DSN)
	require.Equal(t, SDK{"a", "b"}, e.SDK)
	require.Equal(t, []sentry.Tag{{Key: "trace_id", Value: "x"}}, e.DSC)
	require.JSONEq(t, "[1,2]", string(e.Header["x"]))
}

// FuzzParse: no input panics, and what was read can be written and read again.
func FuzzParse(f *testing.F) {
	for _, make := range samples {
		f.Add(make().bytes(&testing.T{}))
	}
	for _, body := range []string{"", "{}", "{}\n{\"type\":\"a\"}\nb", "{\"a\":1e999,\"a\":\"\\ud800\"}\n", "[[[[", "{}\n{\"type\":\"span\",\"length\":2}\n[]"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Parse(body)
		if err != nil {
			var where *ParseError
			require.ErrorAs(t, err, &where)
			require.LessOrEqual(t, where.Offset, len(body))
			return
		}
		for _, v := range Check(e) {
			require.NotEmpty(t, v.Rule)
			require.Less(t, v.Item, len(e.Items))
		}
		var items []Item
		for _, item := range e.Items {
			items = append(items, Item{item.Type, item.ContentType, max(item.ItemCount, 0), item.Payload})
		}
		again, err := Parse(AppendEnvelope(nil, Header{EventID: e.EventID, SentAt: e.SentAt.Truncate(time.Millisecond), SDK: e.SDK, DSC: e.DSC}, items...))
		require.NoError(t, err)
		require.Equal(t, e.EventID, again.EventID)
		require.Len(t, again.Items, len(e.Items))
		for i, item := range e.Items {
			require.Equal(t, item.Type, again.Items[i].Type)
			require.Equal(t, item.ContentType, again.Items[i].ContentType)
			require.True(t, bytes.Equal(item.Payload, again.Items[i].Payload))
		}
	})
}

// FuzzReadJSON: the strict reader takes what encoding/json takes, and sees the same values.
func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,true,false,null,"x\u00e9\n"]}`, `[]`, `""`, `0`, `-`, `01`, `1.`, `"\x"`, `{"a":1,}`, `[1 2]`, `nul`, " 1 ", "\ufeff1", `"\ud83d\ude00"`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := readJSON(text)
		if err != nil {
			var broken *syntaxError
			require.ErrorAs(t, err, &broken)
			require.LessOrEqual(t, broken.offset, len(text))
			require.True(t, broken.rule == ruleJSONDepth || !json.Valid(text), "%q: %v", text, err)
			return
		}
		require.True(t, json.Valid(text), "%q", text)
		for _, flaw := range doc.flaws {
			if flaw.rule == ruleJSONNumber {
				return // encoding/json refuses it as well
			}
		}
		var want any
		require.NoError(t, json.Unmarshal(text, &want))
		require.Equal(t, want, plainValue(doc.root()))
	})
}

// plainValue is what encoding/json makes of a value.
func plainValue(v value) any {
	switch v.kind() {
	case kindBool:
		return v.raw()[0] == 't'
	case kindNumber:
		f, _ := v.num()
		return f
	case kindString:
		return v.str()
	case kindArray:
		list := []any{}
		for element := range v.elements() {
			list = append(list, plainValue(element))
		}
		return list
	case kindObject:
		m := map[string]any{}
		for key, member := range v.members() {
			m[key] = plainValue(member)
		}
		return m
	}
	return nil
}
