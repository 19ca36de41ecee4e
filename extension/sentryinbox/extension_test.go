package sentryinbox

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/metadata"
)

func start(t *testing.T, change func(*Config)) *inbox {
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = "127.0.0.1:0"
	if change != nil {
		change(cfg)
	}
	x := newInbox(cfg, extensiontest.NewNopSettings(metadata.Type))
	require.NoError(t, x.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, x.Shutdown(context.Background())) })
	return x
}

func request(t *testing.T, method, url, body string) (int, string) {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_key=k")
	req.Close = true // leave no idle connection behind for the leak check
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

func TestEnvelopeIn_IssueOut(t *testing.T) {
	x := start(t, nil)
	url := "http://" + x.addr.String()
	status, answer := request(t, http.MethodPost, url+"/api/1/envelope/",
		`{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}`+"\n"+`{"type":"event"}`+"\n"+`{"message":"it works"}`+"\n")
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}`, answer)
	status, answer = request(t, http.MethodGet, url+"/api/0/issues/", "")
	assert.Equal(t, 200, status)
	assert.Contains(t, answer, `"title":"it works"`)
	status, answer = request(t, http.MethodGet, url+"/", "")
	assert.Equal(t, 200, status)
	assert.Contains(t, answer, "<!doctype html>")
}

func TestPortInUse(t *testing.T) {
	x := start(t, nil)
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = x.addr.String()
	second := newInbox(cfg, extensiontest.NewNopSettings(metadata.Type))
	err := second.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, cfg.Endpoint)
	assert.ErrorContains(t, err, "another program")
	assert.NoError(t, second.Shutdown(t.Context()))
}

func TestPortIsFreeAfterShutdown(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = "127.0.0.1:0"
	x := newInbox(cfg, extensiontest.NewNopSettings(metadata.Type))
	require.NoError(t, x.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, x.Shutdown(t.Context()))
	again, err := net.Listen("tcp", x.addr.String())
	require.NoError(t, err)
	assert.NoError(t, again.Close())
}

func TestListenChecksWhereItEndedUp(t *testing.T) {
	// Validate was not asked: what was bound decides.
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = "0.0.0.0:0"
	x := newInbox(cfg, extensiontest.NewNopSettings(metadata.Type))
	assert.ErrorContains(t, x.Start(t.Context(), componenttest.NewNopHost()), "allow_remote: true")
	assert.NoError(t, x.Shutdown(t.Context()))
	start(t, func(c *Config) { c.Endpoint, c.AllowRemote = "0.0.0.0:0", true })
}

func TestShutdownEndsOpenConnections(t *testing.T) {
	x := start(t, nil)
	conn, err := net.Dial("tcp", x.addr.String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\nX-Sentry-Auth: Sentry sentry_key=k\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1)) // the request is being served
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, x.Shutdown(ctx))
	_, _ = io.Copy(io.Discard, conn) // returns because the connection was ended
}

func TestStartTellsWhereThePageIs(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = "127.0.0.1:0"
	x := newInbox(cfg, set)
	require.NoError(t, x.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { assert.NoError(t, x.Shutdown(context.Background())) }()
	require.Equal(t, 1, logs.Len())
	fields := logs.All()[0].ContextMap()
	assert.Equal(t, "http://"+x.addr.String()+"/", fields["page"])
	assert.Equal(t, "http://inbox@"+x.addr.String()+"/1", fields["dsn"])
}
