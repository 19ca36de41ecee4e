package sentryexporter

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

var update = flag.Bool("update", false, "write the golden envelopes anew")

// goldenNow is the present of the golden inputs: their times lie shortly before it.
var goldenNow = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// TestGolden sends testdata/<signal>/<case>/input.yaml through the whole exporter and compares what reaches Sentry with envelope.golden.
// One directory is one mapping rule (docs/mapping.md).
func TestGolden(t *testing.T) {
	for _, signal := range []string{"logs", "sentrylogs", "traces"} {
		inputs, err := filepath.Glob(filepath.Join("testdata", signal, "*", "input.yaml"))
		require.NoError(t, err)
		require.NotEmpty(t, inputs)
		for _, input := range inputs {
			dir := filepath.Dir(input)
			t.Run(signal+"/"+filepath.Base(dir), func(t *testing.T) {
				got := envelopesOf(t, signal, input)
				file := filepath.Join(dir, "envelope.golden")
				if *update {
					require.NoError(t, os.WriteFile(file, got, 0o600))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, string(want), string(got))
			})
		}
	}
}

func envelopesOf(t *testing.T, signal, input string) []byte {
	fake := sentrytest.Start(t)
	cfg := testConfig(fake, withoutQueue, withoutRetry)
	cfg.Environment, cfg.Release = "default-environment", "default-release"
	set := settings()
	ownerOf(cfg, set).now = func() time.Time { return goldenNow }
	ctx := context.Background()
	switch signal {
	case "logs", "sentrylogs":
		cfg.Logs.Enabled = signal == "sentrylogs"
		ld, err := golden.ReadLogs(input)
		require.NoError(t, err)
		e, err := NewFactory().CreateLogs(ctx, set, cfg)
		require.NoError(t, err)
		require.NoError(t, e.Start(ctx, componenttest.NewNopHost()))
		require.NoError(t, e.ConsumeLogs(ctx, ld))
		require.NoError(t, e.Shutdown(ctx))
	case "traces":
		td, err := golden.ReadTraces(input)
		require.NoError(t, err)
		e, err := NewFactory().CreateTraces(ctx, set, cfg)
		require.NoError(t, err)
		require.NoError(t, e.Start(ctx, componenttest.NewNopHost()))
		require.NoError(t, e.ConsumeTraces(ctx, td))
		require.NoError(t, e.Shutdown(ctx))
	}
	return render(t, fake.All(), signal == "sentrylogs")
}

// render writes envelopes so that a person can read them, in an order that does not depend on which request was answered first.
func render(t *testing.T, all []*sentrytest.Received, logsOnly bool) []byte {
	var parts [][]byte
	for _, r := range all {
		if logsOnly && r.Type() != "log" {
			continue // the event of the same record has a case of its own
		}
		var part bytes.Buffer
		lines := bytes.SplitN(r.Body, []byte("\n"), 2)
		part.Write(indent(t, lines[0]))
		for _, item := range r.Envelope.Items {
			part.WriteString("--- " + item.Type + "\n")
			part.Write(indent(t, item.Payload))
		}
		parts = append(parts, part.Bytes())
	}
	slices.SortFunc(parts, func(a, b []byte) int { return bytes.Compare(sortKey(a), sortKey(b)) })
	return bytes.Join(parts, []byte("\n"))
}

// sortKey begins with the item type and goes on with the payload: readable goldens keep events before transactions.
func sortKey(part []byte) []byte {
	_, rest, _ := bytes.Cut(part, []byte("--- "))
	return rest
}

func indent(t *testing.T, text []byte) []byte {
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, text, "", "  "))
	out.WriteByte('\n')
	return out.Bytes()
}

// TestEveryCaseIsARuleOfTheDocs: one directory, one row.
func TestEveryCaseIsARuleOfTheDocs(t *testing.T) {
	mapping, err := os.ReadFile(filepath.Join("..", "..", "docs", "mapping.md"))
	require.NoError(t, err)
	cases, err := filepath.Glob(filepath.Join("testdata", "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, dir := range cases {
		assert.Contains(t, string(mapping), "`"+filepath.Base(dir)+"`")
	}
}
