package envelope

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// knownOfSDKs are the rules that events of Sentry's own SDKs break, and why that is no reason to loosen them.
var knownOfSDKs = map[string]string{
	"event.logger": "the Java SDK leaves it to Relay to cut a long logger",
}

// TestSDKsKeepTheRules: what Sentry's own SDKs send is right by definition, so a rule that they break is wrong, or on the list.
func TestSDKsKeepTheRules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "parity", "*", "*", "sdk*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	broken := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var events []json.RawMessage
		require.NoError(t, json.Unmarshal(text, &events))
		for _, payload := range events {
			var head struct {
				ID string `json:"event_id"`
			}
			require.NoError(t, json.Unmarshal(payload, &head))
			id, ok := sentry.ParseEventID(head.ID)
			require.True(t, ok)
			for _, v := range violations(t, id, TypeEvent, payload) {
				broken[v.Rule] = true
				require.Contains(t, knownOfSDKs, v.Rule, "%s: %v", file, v)
			}
		}
	}
	for rule := range knownOfSDKs {
		require.True(t, broken[rule], "%s is on the list for nothing", rule)
	}
}
