package envelope

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestEnvelopeRoundTrip(t *testing.T) {
	h := Header{EventID: sentry.EventID{1}, SentAt: time.Unix(1700000000, 123e6), SDK: SDK{"a", "1"}, DSC: []sentry.Tag{{Key: "trace_id", Value: "x"}}}
	body := AppendEnvelope(nil, h, Item{Type: TypeEvent, Payload: []byte("{\"a\":\n1}")}, Item{Type: TypeLog, ContentType: ContentTypeLog, ItemCount: 2, Payload: []byte(`{}`)})
	e, err := Parse(body)
	require.NoError(t, err)
	require.Equal(t, h.EventID, e.EventID)
	require.True(t, h.SentAt.Equal(e.SentAt))
	require.Equal(t, h.SDK, e.SDK)
	require.Equal(t, h.DSC, e.DSC)
	require.Len(t, e.Items, 2)
	require.Equal(t, "{\"a\":\n1}", string(e.Items[0].Payload))
	require.Equal(t, 2, e.Items[1].ItemCount)
}
