package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secretKey = "0123456789abcdef0123456789abcdef"

func newClient(t *testing.T, serverURL string) *Client {
	dsn, err := sentry.ParseDSN(strings.Replace(serverURL, "://", "://"+secretKey+"@", 1) + "/7")
	require.NoError(t, err)
	httpClient := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(httpClient.CloseIdleConnections)
	return New(Options{
		DSN: dsn, HTTP: httpClient, Now: func() time.Time { return noon },
		SDK: envelope.SDK{Name: "sentry.go.otelcol", Version: "0.1.0"}, UserAgent: "otelcol-sentry/0.1.0 (linux/amd64)",
	})
}

func send(c *Client) Result {
	return c.Send(context.Background(), envelope.Header{EventID: sentry.EventID{1}}, []sentry.Category{sentry.CategoryError},
		envelope.Item{Type: "event", Payload: []byte(`{"event_id":"01000000000000000000000000000000"}`)})
}

func TestSendClassifiesAnswers(t *testing.T) {
	for _, tt := range []struct {
		status  int
		header  http.Header
		body    string
		verdict Verdict
		wait    time.Duration
		reason  string
	}{
		{200, nil, `{"id":"x"}`, Delivered, 0, ""},
		{202, nil, ``, Delivered, 0, ""},
		{200, nil, "\x00 not JSON", Delivered, 0, ""},
		{302, header("Location", "http://127.0.0.1:1/"), ``, Failed, 0, "302 Found"},
		{400, nil, `{"detail":"bad","causes":["worse","worst"]}`, Refused, 0, "400 Bad Request: bad: worse: worst"},
		{401, nil, `{"detail":"no key ` + secretKey + `"}`, Refused, 0, "401 Unauthorized: no key ***"},
		{403, nil, ``, Refused, 0, "403 Forbidden"},
		{404, nil, `<html>`, Refused, 0, "404 Not Found"},
		{408, nil, ``, Failed, 0, "408 Request Timeout"},
		{413, nil, ``, TooLarge, 0, "413 Request Entity Too Large"},
		{429, header("X-Sentry-Rate-Limits", "12:error:key"), ``, Limited, 12 * time.Second, "429 Too Many Requests"},
		{429, header("X-Sentry-Rate-Limits", "12:span:key"), ``, Limited, 0, "429 Too Many Requests"},
		{429, header("X-Sentry-Rate-Limits", "12:span:key", "Retry-After", "3"), ``, Limited, 3 * time.Second, "429 Too Many Requests"},
		{429, nil, ``, Limited, time.Minute, "429 Too Many Requests"},
		{500, nil, ``, Failed, 0, "500 Internal Server Error"},
		{503, header("Retry-After", "9"), ``, Failed, 9 * time.Second, "503 Service Unavailable"},
	} {
		t.Run(fmt.Sprint(tt.status, tt.header), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				for k, v := range tt.header {
					w.Header()[k] = v
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			got := send(newClient(t, server.URL))
			assert.Equal(t, tt.verdict, got.Verdict)
			assert.Equal(t, tt.status, got.Status)
			assert.Equal(t, tt.wait, got.Wait)
			assert.Equal(t, tt.reason, got.Reason)
			assert.Positive(t, got.RawBytes)
			assert.Positive(t, got.WireBytes)
		})
	}
}

func TestSendWithoutAnAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	got := send(newClient(t, "http://"+address))
	assert.Equal(t, Failed, got.Verdict)
	assert.Zero(t, got.Status)
	assert.Contains(t, got.Reason, "connection refused")
	assert.NotContains(t, got.Reason, secretKey)
}

func TestSendNeverFollowsARedirect(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	assert.Equal(t, Failed, send(newClient(t, server.URL)).Verdict)
	assert.Zero(t, elsewhere.Load())
}

// A kept-alive connection that the server has closed meanwhile costs at most one try: the next one takes a new connection.
func TestSendOverAClosedIdleConnection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	c := newClient(t, server.URL)
	for range 50 {
		if got := send(c); got.Verdict != Delivered {
			require.Equal(t, Failed, got.Verdict, got.Reason)
			got = send(c)
			require.Equal(t, Delivered, got.Verdict, got.Reason)
		}
		server.CloseClientConnections()
	}
}

// A server that answers before it has read the body must not make the client's buffers be used twice at a time; the race detector and
// the bodies that arrive would show it.
func TestSendToAServerThatAnswersEarly(t *testing.T) {
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer server.Close()
	c := newClient(t, server.URL)
	payload := []byte(`"` + strings.Repeat("abcdefgh", 1<<16) + `"`)
	for range 40 {
		c.Send(context.Background(), envelope.Header{}, nil, envelope.Item{Type: "event", Payload: payload})
	}
	assert.EqualValues(t, 40, n.Load())
}

func TestSendReadsLittleOfALongAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"detail":"`+strings.Repeat("x", 1<<20)+`"}`)
	}))
	defer server.Close()
	got := send(newClient(t, server.URL))
	assert.Equal(t, Refused, got.Verdict)
	assert.LessOrEqual(t, len(got.Reason), maxReason+3)
}

func TestSentAtIsTheMomentOfSending(t *testing.T) {
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
	}))
	defer server.Close()
	c := newClient(t, server.URL)
	c.opts.Plain = true
	require.Equal(t, Delivered, send(c).Verdict)
	assert.Contains(t, body, `"sent_at":"2026-11-21T12:00:00`)
	assert.Contains(t, body, `"sdk":{"name":"sentry.go.otelcol","version":"0.1.0"}`)
}

func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	dsn, _ := sentry.ParseDSN(strings.Replace(server.URL, "://", "://k@", 1) + "/7")
	c := New(Options{DSN: dsn, HTTP: server.Client(), Now: time.Now, SDK: envelope.SDK{Name: "sentry.go.otelcol", Version: "0.1.0"}})
	payload := []byte(`{"message":"` + strings.Repeat("a line of a message; ", 200) + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		c.Send(context.Background(), envelope.Header{}, nil, envelope.Item{Type: "event", Payload: payload})
	}
}
