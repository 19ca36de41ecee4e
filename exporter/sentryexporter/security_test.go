package sentryexporter

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
)

// A server that cannot prove who it is gets nothing, unless the configuration says whom to believe.
func TestTLSIsVerified(t *testing.T) {
	var got atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	defer server.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, tt := range map[string]struct {
		change    func(*Config)
		delivered bool
	}{
		"by default":             {func(*Config) {}, false},
		"with the server's CA":   {func(cfg *Config) { cfg.HTTP.TLS.CAPem = configopaque.String(certificate) }, true},
		"unless it is given up":  {func(cfg *Config) { cfg.HTTP.TLS.InsecureSkipVerify = true }, true},
		"insecure is not enough": {func(cfg *Config) { cfg.HTTP.TLS.Insecure = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			got.Store(0)
			cfg := createDefaultConfig().(*Config)
			cfg.DSN = configopaque.String(strings.Replace(server.URL, "https://", "https://public@", 1) + "/7")
			withoutQueue(cfg)
			withoutRetry(cfg)
			tt.change(cfg)
			err := startLogs(t, cfg).ConsumeLogs(context.Background(), errorLogs(1))
			if tt.delivered {
				require.NoError(t, err)
				assert.EqualValues(t, 1, got.Load())
				return
			}
			require.ErrorContains(t, err, "certificate")
			assert.Zero(t, got.Load())
		})
	}
}
