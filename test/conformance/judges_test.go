package conformance

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

var (
	payloads = flag.String("payloads", "", "write all events and transactions to this file, as JSON, one a line")
	dsn      = flag.String("dsn", "", "send all events to this DSN too")
)

// payload is an event or a transaction as a judge gets it.
type payload struct {
	// Source is where it comes from, for people.
	Source  string         `json:"source"`
	Type    string         `json:"type"`
	Payload map[string]any `json:"payload"`
}

// TestPayloads sends the pairs and the corpus through the exporter to the strict fake, which checks every envelope, writes what came for the
// judges of `make conformance`, and sends the same to a real server: the ids must be the same.
func TestPayloads(t *testing.T) {
	if *payloads == "" {
		t.Skip("-payloads names no file")
	}
	in := allInputs(t)
	fake := sentrytest.Start(t)
	e := startExporter(t, fake.DSN(project))
	e.consume(t, in.logs, in.traces)
	e.stop(t)

	all := goldenPayloads(t)
	require.NotEmpty(t, all)
	counts := map[string]int{}
	for _, r := range fake.All() {
		for _, item := range r.Envelope.Items {
			if item.Type != "event" && item.Type != "transaction" {
				continue
			}
			p := payload{Source: "exporter", Type: item.Type}
			require.NoError(t, json.Unmarshal(item.Payload, &p.Payload))
			all = append(all, p)
			counts[item.Type]++
		}
	}
	assert.Positive(t, counts["event"])
	assert.Positive(t, counts["transaction"])

	file, err := os.Create(*payloads)
	require.NoError(t, err)
	out := json.NewEncoder(file)
	for _, p := range all {
		require.NoError(t, out.Encode(p))
	}
	require.NoError(t, file.Close())
	t.Logf("%d events and %d transactions of the exporter, %d payloads in all", counts["event"], counts["transaction"], len(all))

	if *dsn != "" {
		e := startExporter(t, *dsn)
		e.consume(t, in.logs, in.traces)
		e.stop(t)
	}
}
