package envelope

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nest puts v into that many maps.
func nest(v sentry.Value, levels int) sentry.Value {
	for i := range levels {
		v = sentry.Map([]sentry.Attr{{Key: "k" + strconv.Itoa(i), Value: v}})
	}
	return v
}

func TestDataIsFlat(t *testing.T) {
	list := func(v ...sentry.Value) sentry.Value { return sentry.List(v) }
	for name, c := range map[string]struct {
		value sentry.Value
		want  string
	}{
		"string":          {sentry.String("x"), `"x"`},
		"bool":            {sentry.Bool(true), `true`},
		"int":             {sentry.Int(math.MinInt64), `-9223372036854775808`},
		"double":          {sentry.Double(3), `3.0`},
		"scalars":         {list(sentry.Int(1), sentry.Int(2)), `[1,2]`},
		"mixed scalars":   {list(sentry.Int(1), sentry.String("x")), `[1,"x"]`},
		"no number in it": {list(sentry.Double(math.NaN()), sentry.Double(1)), `[null,1.0]`},
		"empty list":      {list(), `[]`},
		"map":             {sentry.Map([]sentry.Attr{str("a\"", "b"), num("c", 1)}), `"{\"a\\\"\":\"b\",\"c\":1}"`},
		"empty map":       {sentry.Map(nil), `"{}"`},
		"list of maps":    {list(sentry.Map([]sentry.Attr{num("a", 1)}), sentry.Int(2)), `"[{\"a\":1},2]"`},
		"list of lists":   {list(list(sentry.Int(1))), `"[[1]]"`},
	} {
		got := appendSpanDataText(sentry.Attr{Key: "k", Value: c.value})
		require.Equal(t, `{"data":{"k":`+c.want+`}`, got, name)
	}
	for name, nothing := range map[string]sentry.Attr{
		"null": {Key: "k"}, "NaN": {Key: "k", Value: sentry.Double(math.NaN())}, "no key": {Value: sentry.Int(1)},
	} {
		require.Equal(t, `{`, appendSpanDataText(nothing), name)
	}
	require.Equal(t, `{"data":{"b":2,"a":3}`, appendSpanDataText(num("a", 1), num("b", 2), num("a", 3)), "the last of equal keys wins")
}

func appendSpanDataText(attrs ...sentry.Attr) string {
	dst, _ := appendSpanData([]byte("{"), `"data":{`, attrs, noLimit)
	return string(dst)
}

// TestNestingEndsInText: as deep as Relay keeps containers, then JSON text, and that ends too.
func TestNestingEndsInText(t *testing.T) {
	e := &sentry.Event{ID: testEventID(1), Timestamp: 1, Extra: []sentry.Attr{
		{Key: "five", Value: nest(sentry.String("in"), 5)},
		{Key: "six", Value: nest(sentry.String("in"), 6)},
		{Key: "hundred", Value: nest(sentry.String("in"), 100)},
	}}
	var got struct{ Extra map[string]any }
	require.NoError(t, json.Unmarshal(AppendEvent(nil, e, nil), &got))
	require.Equal(t, "in", at(got.Extra["five"], "k4", "k3", "k2", "k1", "k0"))
	require.Equal(t, `{"k0":"in"}`, at(got.Extra["six"], "k5", "k4", "k3", "k2", "k1"))
	text := at(got.Extra["hundred"], "k99", "k98", "k97", "k96", "k95").(string)
	require.True(t, json.Valid([]byte(text)))
	require.Equal(t, maxTextDepth, strings.Count(text, "{"))
}

// TestBagsEnd: a bag of free data is cut where its room ends, and stays JSON.
func TestBagsEnd(t *testing.T) {
	var list []sentry.Value
	var attrs []sentry.Attr
	for i := range 20_000 {
		list = append(list, sentry.Int(int64(i)))
		attrs = append(attrs, num("key"+strconv.Itoa(i), int64(i)))
	}
	for name, fields := range map[string][]sentry.Attr{
		"text":       {str("a", strings.Repeat("x", 300_000)), num("after", 1)},
		"escapes":    {str("a", strings.Repeat("\x00", 300_000))},
		"long key":   {str(strings.Repeat("k", 300_000), "x"), num("after", 1)},
		"list":       {{Key: "a", Value: sentry.List(list)}},
		"map":        {{Key: "a", Value: sentry.Map(attrs)}},
		"text, deep": {{Key: "a", Value: nest(sentry.List(list), 5)}},
		"many":       attrs,
	} {
		e := &sentry.Event{
			ID: testEventID(1), Timestamp: 1, Extra: fields, Contexts: []sentry.Context{{Key: "c", Fields: fields}},
			Request: &sentry.Request{Data: sentry.Map(fields)}, User: &sentry.User{Data: fields},
			Breadcrumbs: []sentry.Breadcrumb{{Data: fields}},
			Exceptions:  []sentry.Exception{{Type: "E", Frames: []sentry.Frame{{Function: "f", Vars: fields}}}},
		}
		payload := AppendEvent(nil, e, nil)
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), name)
		var got struct {
			Extra    map[string]json.RawMessage
			Contexts map[string]json.RawMessage
		}
		require.NoError(t, json.Unmarshal(payload, &got))
		if name != "long key" {
			require.Greater(t, len(got.Contexts["c"]), MaxContextBytes-50, "%s: the room is used", name)
		}
	}
}

// TestTraceContextFits: its data has many values, of which the large ones give way.
func TestTraceContextFits(t *testing.T) {
	tx := testTransaction(0)
	tx.Trace.Data = append(tx.Trace.Data, str("url.full", strings.Repeat("u", 20_000)), str("user_agent.original", strings.Repeat("a", 9_000)))
	payload := AppendTransaction(nil, tx, nil)
	require.Empty(t, violations(t, tx.ID, TypeTransaction, payload))
	require.Contains(t, string(payload), `"http.route":"/pay"`)
	require.Contains(t, string(payload), "uuuu...")
	require.Contains(t, string(payload), "aaaa...")
}

// TestManyKeys: the last of equal keys wins also where a map finds them.
func TestManyKeys(t *testing.T) {
	for _, n := range []int{2, 100, manyKeys + 1} {
		var attrs []sentry.Attr
		for i := range n {
			attrs = append(attrs, num("k"+strconv.Itoa(i%(n-1)), int64(i)))
		}
		attrs = append(attrs, num("\xff", 1), num("\xfe", 2))
		var got map[string]int
		require.NoError(t, json.Unmarshal([]byte(appendSpanDataText(attrs...)[len(`{"data":`):]), &got))
		require.Len(t, got, n)
		require.Equal(t, n-1, got["k0"])
		require.Equal(t, 2, got["\ufffd"])
	}
}
