package envelope

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// scrubbedEvent has the marker of what was taken out in every place that holds free text.
func scrubbedEvent() *sentry.Event {
	e := typicalEvent()
	e.ID = testEventID(8)
	e.Message = &sentry.Message{Formatted: "é login password=[Filtered] token=[Filtered]\n"}
	e.Exceptions[0].Value = "postgres://shop:[Filtered]@db"
	e.Request = &sentry.Request{Method: "GET", URL: "https://x.example.com/", QueryString: "token=[Filtered]", Headers: []sentry.Tag{{Key: "cookie", Value: "[Filtered]"}}}
	e.Tags = append(e.Tags, sentry.Tag{Key: "api_key", Value: "[Filtered]"})
	e.Extra = append(e.Extra,
		sentry.Attr{Key: "nested \"key\"", Value: sentry.Map([]sentry.Attr{{Key: "list", Value: sentry.List([]sentry.Value{sentry.Int(1), sentry.String("[Filtered]")})}})},
		sentry.Attr{Key: "[Filtered] in a key", Value: sentry.String("is nothing")})
	e.Breadcrumbs = append(e.Breadcrumbs, sentry.Breadcrumb{Timestamp: e.Timestamp, Message: "card [Filtered]"})
	return e
}

// metaOf is a tree with one remark, about the platform of an event.
func metaOf(kind string, from, to int) map[string]any {
	return map[string]any{"platform": map[string]any{"": map[string]any{"rem": []any{[]any{"rule", kind, from, to}}}}}
}

// remarksOf are the remarks of a payload as path and range.
func remarksOf(t *testing.T, payload []byte) map[string][][2]int {
	t.Helper()
	var p struct {
		Meta map[string]any `json:"_meta"`
	}
	require.NoError(t, json.Unmarshal(payload, &p), "%s", payload)
	out := make(map[string][][2]int)
	collectRemarks(p.Meta, "", out)
	return out
}

func collectRemarks(tree map[string]any, at string, out map[string][][2]int) {
	for key, v := range tree {
		branch := v.(map[string]any)
		if key != "" {
			collectRemarks(branch, at+"/"+key, out)
			continue
		}
		for _, remark := range branch["rem"].([]any) {
			r := remark.([]any)
			if r[0] != scrubRule || r[1] != "s" {
				continue
			}
			out[at] = append(out[at], [2]int{int(r[2].(float64)), int(r[3].(float64))})
		}
	}
}

// markersOf are the texts with the marker in a payload, likewise.
func markersOf(v any, at string, out map[string][][2]int) {
	switch v := v.(type) {
	case string:
		for from := 0; strings.Contains(v[from:], filtered); {
			from += strings.Index(v[from:], filtered)
			out[at] = append(out[at], [2]int{from, from + len(filtered)})
			from += len(filtered)
		}
	case []any:
		for i, element := range v {
			markersOf(element, at+"/"+strconv.Itoa(i), out)
		}
	case map[string]any:
		for key, member := range v {
			if key != "" && (at != "" || key != "_meta") {
				markersOf(member, at+"/"+key, out)
			}
		}
	}
}

func wantedRemarks(t *testing.T, payload []byte) map[string][][2]int {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal(payload, &v), "%s", payload)
	out := make(map[string][][2]int)
	markersOf(v, "", out)
	return out
}

func TestMeta(t *testing.T) {
	payload := AppendEvent([]byte("x"), scrubbedEvent(), nil)[1:]
	want := wantedRemarks(t, payload)
	require.Equal(t, [][2]int{{18, 28}, {35, 45}}, want["/logentry/formatted"])
	require.Contains(t, want, `/extra/nested "key"/list/1`)
	require.Len(t, want, 7)
	require.Equal(t, want, remarksOf(t, payload))
	fitted, fit := FitEvent(nil, scrubbedEvent(), nil)
	require.True(t, fit.OK)
	require.Equal(t, string(payload), string(fitted))

	tx := testTransaction(3)
	tx.Spans[1].Description = "SELECT [Filtered]"
	tx.Spans[2].Data = []sentry.Attr{{Key: "db.password", Value: sentry.String(filtered)}}
	payload = AppendTransaction(nil, tx, nil)
	require.Empty(t, violations(t, tx.ID, TypeTransaction, payload))
	want = wantedRemarks(t, payload)
	require.Len(t, want, 2)
	require.Equal(t, want, remarksOf(t, payload))
	fitted, fit = FitTransaction(nil, tx, nil)
	require.True(t, fit.OK)
	require.Equal(t, string(payload), string(fitted))
}

func TestNoMetaWithoutMarkers(t *testing.T) {
	e := typicalEvent()
	require.NotContains(t, string(AppendEvent(nil, e, nil)), "_meta")
	e.Extra = []sentry.Attr{{Key: filtered, Value: sentry.Int(1)}}
	payload := AppendEvent(nil, e, nil)
	require.NotContains(t, string(payload), "_meta")
	require.True(t, json.Valid(payload))
}

// TestMetaFits: "_meta" costs an event nothing of what it says; it tells of as much as there is room for.
func TestMetaFits(t *testing.T) {
	e := scrubbedEvent()
	p := Prepare(e.Resource, testSDK)
	full := AppendEvent(nil, e, p)
	bare := appendEvent(nil, e, p, &trim{
		source: true, threads: true, extra: MaxExtraBytes, breadcrumbs: MaxBreadcrumbs, text: MaxMessage, frames: MaxFrames, exceptions: 100, value: noLimit,
	})
	seen := make(map[int]bool)
	for limit := len(bare); limit <= len(full); limit++ {
		payload, fit := FitEventWithin([]byte("before"), e, p, limit)
		payload = payload[len("before"):]
		require.True(t, fit.OK)
		require.Zero(t, fit.Cut)
		require.LessOrEqual(t, len(payload), limit)
		require.True(t, strings.HasPrefix(string(payload), string(bare[:len(bare)-1])))
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), "%s", payload)
		seen[len(remarksOf(t, payload))] = true
	}
	require.Len(t, seen, len(wantedRemarks(t, full))+1, "from none to all")
}

// FuzzMeta: every text with the marker has its remarks, and nothing else has.
func FuzzMeta(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		e := s.event()
		if e.Message == nil {
			e.Message = &sentry.Message{Formatted: s.str() + filtered}
		}
		payload := AppendEvent(nil, e, nil)
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), "%s", payload)
		require.Equal(t, wantedRemarks(t, payload), remarksOf(t, payload))
	})
}

func BenchmarkMeta(b *testing.B) {
	for name, e := range map[string]*sentry.Event{"none": typicalEvent(), "scrubbed": scrubbedEvent()} {
		b.Run(name, func(b *testing.B) {
			p := Prepare(e.Resource, testSDK)
			payload := appendEvent(nil, e, p, &trim{text: MaxMessage, exceptions: 100, frames: MaxFrames, extra: MaxExtraBytes, breadcrumbs: MaxBreadcrumbs})
			n := len(payload)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				payload = appendMeta(payload[:n], 0, noLimit)
				payload[n-1] = '}'
			}
		})
	}
}
