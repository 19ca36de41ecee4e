package sentrytest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func faultsOf(t *testing.T, seen map[string]string, dsc []sentry.Tag, kind, payload string) []string {
	e, err := envelope.Parse(envelope.AppendEnvelope(nil, envelope.Header{DSC: dsc}, envelope.Item{Type: kind, Payload: []byte(payload)}))
	require.NoError(t, err)
	return spanFaults(e, seen)
}

const soundAttributes = `"sentry.op":{"type":"string","value":"http.server"},"sentry.origin":{"type":"string","value":"auto.otlp.spans"},
	"sentry.platform":{"type":"string","value":"go"},"sentry.sdk.name":{"type":"string","value":"s"},"sentry.sdk.version":{"type":"string","value":"1"},
	"sentry.segment.id":{"type":"string","value":"0000000000000001"},"sentry.segment.name":{"type":"string","value":"GET /"}`

func TestStreamFaults(t *testing.T) {
	const segment = `{"span_id":"0000000000000001","is_segment":true,"attributes":{` + soundAttributes + `,"sentry.trace_lifecycle":{"type":"string","value":"stream"},
		"sentry.segment.name.source":{"type":"string","value":"route"},"sentry.span.source":{"type":"string","value":"route"}}}`
	of := func(more string) []string {
		return faultsOf(t, map[string]string{}, nil, envelope.TypeSpan, `{"items":[`+segment+more+`]}`)
	}
	assert.Empty(t, of(""))
	assert.Empty(t, of(`,{"span_id":"0000000000000002","attributes":{`+soundAttributes+`,"sentry.trace_lifecycle":{"type":"string","value":"stream"}}}`))
	assert.Equal(t, []string{"span 0000000000000002 is not said to be streamed"},
		of(`,{"span_id":"0000000000000002","attributes":{`+soundAttributes+`,"sentry.trace_lifecycle":{"type":"string","value":"static"}}}`))
	assert.Len(t, of(`,{"span_id":"0000000000000003"}`), len(streamedAttributes)+1)
	assert.Contains(t, of(`,{"span_id":"0000000000000004","attributes":{"sentry.segment.id":{"type":"string","value":"0000000000000001"}}}`),
		"span 0000000000000004 has not the name of its segment")
	assert.Contains(t, of(`,{"span_id":"0000000000000005","is_segment":true,"attributes":{`+soundAttributes+`}}`), "segment 0000000000000005 says that it is 0000000000000001")
	assert.NotEmpty(t, faultsOf(t, map[string]string{}, nil, envelope.TypeSpan, `{"items":7}`))
}

func TestTransactionFaults(t *testing.T) {
	of := func(payload string) []string {
		return faultsOf(t, map[string]string{}, nil, envelope.TypeTransaction, payload)
	}
	const head = `{"platform":"go","sdk":{"name":"s","version":"1"},"transaction_info":{"source":"route"},"contexts":{"trace":{"op":"a","status":"ok","origin":"o"}}`
	assert.Empty(t, of(head+`,"spans":[{"span_id":"1","op":"a","status":"ok","origin":"o"}]}`))
	assert.Equal(t, []string{"span 1 lacks op, status or origin"}, of(head+`,"spans":[{"span_id":"1","op":"a","status":"ok"}]}`))
	assert.Len(t, of(`{}`), 7)
	assert.NotEmpty(t, of(`[]`))
}

func TestSamplingContextsAreFrozen(t *testing.T) {
	seen := map[string]string{}
	of := func(members ...string) []string {
		var dsc []sentry.Tag
		for i := 0; i < len(members); i += 2 {
			dsc = append(dsc, sentry.Tag{Key: members[i], Value: members[i+1]})
		}
		return faultsOf(t, seen, dsc, envelope.TypeEvent, `{}`)
	}
	assert.Empty(t, of("trace_id", "a", "sample_rate", "0.5"))
	assert.Empty(t, of("trace_id", "b", "sample_rate", "1"), "another trace")
	assert.Empty(t, of("trace_id", "a", "public_key", "k"), "an envelope may know less")
	assert.Empty(t, of())
	assert.Equal(t, []string{`the sampling context of trace a has now sample_rate "1", before it had "0.5"`}, of("sample_rate", "1", "trace_id", "a"))
}
