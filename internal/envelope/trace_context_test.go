package envelope

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A trace context keeps to the size of a context, and what had to go for that is told.
func TestWhatATraceContextLosesIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		attrs, value int
		keep         int // attributes that stay, at least
		cut          Cut
	}{
		"small":              {20, 20, 20, 0},
		"one large value":    {1, 20_000, 1, CutSpanData},
		"many large values":  {40, 4_000, 40, CutSpanData},
		"too many of any":    {500, 30, 80, CutSpanData},
		"too many and large": {500, 3_000, 80, CutSpanData},
	} {
		t.Run(name, func(t *testing.T) {
			tx := testTransaction(1)
			tx.Trace.Data = nil
			for i := range c.attrs {
				tx.Trace.Data = append(tx.Trace.Data, str(fmt.Sprintf("some.long.attribute.key.%04d", i), strings.Repeat("v", c.value)))
			}
			tx.Trace.Links = []sentry.Link{{TraceID: testTraceID(), SpanID: testSpanID(1)}}
			_, result := FitTransaction(nil, tx, nil)
			require.True(t, result.OK)
			require.Equal(t, c.cut, result.Cut)
			require.GreaterOrEqual(t, len(obj(writtenTransaction(t, tx), "contexts", "trace", "data")), c.keep)
		})
	}
}
