package sentryexporter

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// TestFingerprintRulesOfAProject: a rule for one project groups nothing of another.
func TestFingerprintRulesOfAProject(t *testing.T) {
	fake := sentrytest.Start(t)
	cfg := testConfig(fake, withoutQueue, withProjects(fake, "checkout"))
	cfg.Events.Fingerprints = []translate.FingerprintRule{
		{Match: rules.Rule{Projects: []string{"checkout"}}, Fingerprint: []string{"of checkout"}},
		{Match: rules.Rule{Messages: []string{"."}}, Fingerprint: []string{"{{ default }}", "{{ tags.service.name }}"}},
	}
	logs := startLogs(t, cfg)
	require.NoError(t, logs.ConsumeLogs(context.Background(), joinLogs(ofService("checkout", errorLogs(1)), ofService("other", errorLogs(1)))))
	got := map[string][]string{}
	for _, r := range fake.Accepted("event") {
		var event struct{ Fingerprint []string }
		require.NoError(t, json.Unmarshal(r.Envelope.Items[0].Payload, &event))
		got[r.Project] = event.Fingerprint
	}
	assert.Equal(t, map[string][]string{"11": {"of checkout"}, "7": {"{{ default }}", "other"}}, got)
}
