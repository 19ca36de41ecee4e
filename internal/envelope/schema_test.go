package envelope

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var update = flag.Bool("update", false, "write the golden files")

// newerThanSchema are members that the schema of July 2024 does not know, by where they stand: "frames" means in each element of any list of that name,
// "" the event itself.
var newerThanSchema = []struct{ in, member, why string }{
	{"trace", "links", "span links, develop docs: trace context, 2025"},
	{"", "_meta", "no member of the event to Relay but what it reads beside it (relay-protocol/src/annotated.rs)"},
}

// withoutNewer removes these members and counts them.
func withoutNewer(v any, in string, found map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		for _, n := range newerThanSchema {
			if _, ok := v[n.member]; ok && n.in == in {
				delete(v, n.member)
				found[n.in+"."+n.member]++
			}
		}
		for key, member := range v {
			withoutNewer(member, key, found)
		}
	case []any:
		for _, element := range v {
			withoutNewer(element, in, found)
		}
	}
}

// TestGoldenEvents holds payloads byte for byte, against the rule book and against Relay's own schema.
func TestGoldenEvents(t *testing.T) {
	schema := relaySchema(t)
	newer := make(map[string]int)
	linked := typicalEvent()
	linked.Trace.Links = []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(9)}}
	for name, e := range map[string]*sentry.Event{
		"full":     fullEvent(),
		"typical":  linked,
		"chain":    chainEvent(),
		"hostile":  hostileEvent(),
		"scrubbed": scrubbedEvent(),
		"message":  {ID: testEventID(5), Timestamp: sentry.Time(1_700_000_000e9), Message: &sentry.Message{Formatted: "disk <full> at 100%"}},
		"least":    {ID: testEventID(6), Timestamp: 1_700_000_000_000_000_001},
	} {
		payload := AppendEvent(nil, e, Prepare(e.Resource, testSDK))
		golden(t, filepath.Join("testdata", "events", name+".json"), payload)
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), name)
		tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
		require.NoError(t, err)
		withoutNewer(tree, "", newer)
		require.NoError(t, schema.Validate(tree), name)
	}
	for _, n := range newerThanSchema {
		require.Positive(t, newer[n.in+"."+n.member], "%s.%s is on the list of exceptions for nothing", n.in, n.member)
	}
}

func relaySchema(t *testing.T) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	// Relay's uuid is written without dashes (event.rs: "Dashes are not allowed").
	c.RegisterFormat(&jsonschema.Format{Name: "uuid", Validate: func(v any) error {
		if _, ok := sentry.ParseEventID(fmt.Sprint(v)); !ok {
			return fmt.Errorf("no event id: %v", v)
		}
		return nil
	}})
	schema, err := c.Compile(filepath.Join("testdata", "schema", "event.schema.json"))
	require.NoError(t, err)
	return schema
}

// TestSchemaRefuses shows that the schema judges at all.
func TestSchemaRefuses(t *testing.T) {
	schema := relaySchema(t)
	for _, bad := range []string{`{"event_id":"x"}`, `{"level":"warn"}`, `{"surprise":1}`, `{"contexts":5}`, `{"exception":{"values":[{"mechanism":{}}]}}`} {
		tree, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(bad)))
		require.NoError(t, err)
		require.Error(t, schema.Validate(tree), bad)
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	require.True(t, json.Valid(got), "%s", got)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(bytes.TrimSuffix(want, []byte("\n"))), string(got))
}

// TestGoldenEnvelopes holds whole envelopes byte for byte, and strictly: time included.
func TestGoldenEnvelopes(t *testing.T) {
	e, tx := fullEvent(), testTransaction(2)
	e.Resource.Tags = append(e.Resource.Tags, sentry.Tag{Key: "x", Value: "y"})
	for name, item := range map[string]struct {
		id      sentry.EventID
		kind    string
		payload []byte
	}{
		"event":       {e.ID, TypeEvent, AppendEvent(nil, e, nil)},
		"transaction": {tx.ID, TypeTransaction, AppendTransaction(nil, tx, Prepare(tx.Resource, testSDK))},
	} {
		dsc := []sentry.Tag{{Key: "trace_id", Value: testTraceID().String()}, {Key: "public_key", Value: "k"}, {Key: "sample_rate", Value: "1"}, {Key: "sampled", Value: "true"}}
		body := AppendEnvelope(nil, Header{EventID: item.id, SentAt: testTime.Add(time.Second), SDK: testSDK, DSC: dsc}, Item{Type: item.kind, Payload: item.payload})
		file := filepath.Join("testdata", "envelopes", name+".envelope")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, body, 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(body))
		parsed, err := Parse(body)
		require.NoError(t, err)
		require.Empty(t, Check(parsed), name)
	}
}
