package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/samples"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	eventID = "9ec79c33ec9942ab8353589fcb2e04dc"
	goodKey = "Sentry sentry_version=7, sentry_client=test/1.0, sentry_key=abc"
)

// inbox is a handler with its store, called without a network.
type inbox struct {
	http.Handler
	store *store.Store
}

func newInbox(change func(*Options)) *inbox {
	o := Options{
		Store:            store.New(store.Limits{Items: 100, Bytes: 32 << 20}, time.Now),
		Logger:           zap.NewNop(),
		MaxEnvelopeBytes: 4 << 20,
		MaxInFlightBytes: 32 << 20,
	}
	if change != nil {
		change(&o)
	}
	return &inbox{NewHandler(o), o.Store}
}

func (in *inbox) do(method, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	r.Host = "127.0.0.1:8969"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w
}

func (in *inbox) post(t *testing.T, body []byte) string {
	w := in.do(http.MethodPost, "/api/1/envelope/", bytes.NewReader(body), "X-Sentry-Auth", goodKey)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answer struct{ ID string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer.ID
}

// read gets JSON into a value of the caller's type.
func read[T any](t *testing.T, in *inbox, path string) T {
	w := in.do(http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), path)
	return v
}

type object = map[string]any

func simpleEvent(message string) []byte {
	return []byte(`{"event_id":"` + eventID + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"` + message + `"}` + "\n")
}

func shop(t *testing.T) *inbox {
	in := newInbox(nil)
	for _, body := range samples.Shop(time.Now()) {
		in.post(t, body)
	}
	return in
}

func TestUnknownPathsAndMethods(t *testing.T) {
	in := newInbox(nil)
	tests := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nothing", 404, ""},
		{"GET", "/api/", 404, ""},
		{"GET", "/api/0/nothing/", 404, ""},
		{"POST", "/api/1/store/", 404, ""},
		{"POST", "/api/1/envelope/more", 404, ""},
		{"GET", "/static/nothing.js", 404, ""},
		{"GET", "/static/", 404, ""},
		{"GET", "/api/1/envelope/", 405, "POST"},
		{"PUT", "/api/1/envelope/", 405, "POST"},
		{"POST", "/api/0/issues/", 405, "GET"},
		{"DELETE", "/api/0/issues/", 405, "GET"},
		{"POST", "/", 405, "GET"},
		{"POST", "/static/app.js", 405, "GET"},
	}
	for _, tt := range tests {
		w := in.do(tt.method, tt.path, nil)
		assert.Equal(t, tt.status, w.Code, tt)
		assert.Equal(t, tt.allow, w.Header().Get("Allow"), tt)
		if tt.status == 405 {
			assert.JSONEq(t, `{"detail":"method not allowed"}`, w.Body.String())
		}
	}
}

func TestHeadIsAnsweredAsGet(t *testing.T) {
	in := newInbox(nil)
	assert.Equal(t, 200, in.do("HEAD", "/api/0/issues/", nil).Code)
	assert.Equal(t, 200, in.do("HEAD", "/", nil).Code)
}

func TestSecurityHeaders(t *testing.T) {
	in := newInbox(nil)
	for _, path := range []string{"/", "/static/app.js", "/api/0/issues/", "/nothing"} {
		h := in.do("GET", path, nil).Header()
		csp := h.Get("Content-Security-Policy")
		assert.Contains(t, csp, "default-src 'none'", path)
		assert.Contains(t, csp, "script-src 'self';", path)
		assert.Contains(t, csp, "require-trusted-types-for 'script'", path)
		assert.NotContains(t, csp, "unsafe", path)
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), path)
		assert.Empty(t, h.Get("Access-Control-Allow-Origin"), path)
	}
}

func TestHostHeader(t *testing.T) {
	local := newInbox(nil)
	remote := newInbox(func(o *Options) { o.AllowRemote, o.AllowedHosts = true, []string{"Inbox.test"} })
	open := newInbox(func(o *Options) { o.AllowedHosts = []string{"*"} })
	tests := []struct {
		host                string
		local, remote, open int
	}{
		{"127.0.0.1:8969", 200, 200, 200},
		{"127.3.2.1", 200, 200, 200},
		{"localhost:8969", 200, 200, 200},
		{"LocalHost", 200, 200, 200},
		{"[::1]:8969", 200, 200, 200},
		{"[::1]", 200, 200, 200},
		{"10.0.0.7:8969", 403, 200, 200},
		{"[2001:db8::1]:80", 403, 200, 200},
		{"inbox.test:8969", 403, 200, 200},
		{"inbox.test.", 403, 200, 200},
		{"evil.example:8969", 403, 403, 200},
		{"localhost.evil.example", 403, 403, 200},
		{"127.0.0.1.evil.example", 403, 403, 200},
		{"xlocalhost", 403, 403, 200},
		{"", 403, 403, 200},
	}
	for _, tt := range tests {
		for in, want := range map[*inbox]int{local: tt.local, remote: tt.remote, open: tt.open} {
			for _, path := range []string{"/", "/api/0/issues/", "/static/app.js"} {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Host = tt.host
				w := httptest.NewRecorder()
				in.ServeHTTP(w, r)
				assert.Equal(t, want, w.Code, "%q %s", tt.host, path)
			}
		}
	}
	// Senders reach the inbox under whatever name: a container's, a service's.
	r := httptest.NewRequest(http.MethodPost, "/api/1/envelope/", bytes.NewReader(simpleEvent("x")))
	r.Host = "host.docker.internal:8969"
	r.Header.Set("X-Sentry-Auth", goodKey)
	w := httptest.NewRecorder()
	local.ServeHTTP(w, r)
	assert.Equal(t, 200, w.Code)
}

func TestOnlyThePageItselfMayClear(t *testing.T) {
	in := newInbox(nil)
	in.post(t, simpleEvent("x"))
	for _, site := range []string{"cross-site", "same-site"} {
		assert.Equal(t, 403, in.do("DELETE", "/api/0/", nil, "Sec-Fetch-Site", site).Code)
	}
	assert.Equal(t, 403, in.do("DELETE", "/api/0/", nil, "Origin", "http://evil.example").Code)
	assert.Len(t, read[[]object](t, in, "/api/0/issues/"), 1)
	assert.Equal(t, 204, in.do("DELETE", "/api/0/", nil, "Sec-Fetch-Site", "same-origin").Code)
	assert.Empty(t, read[[]object](t, in, "/api/0/issues/"))
	in.post(t, simpleEvent("x"))
	assert.Len(t, read[[]object](t, in, "/api/0/issues/"), 1, "the id is no repeat after clearing")
	assert.Equal(t, 204, in.do("DELETE", "/api/0", nil).Code, "curl sends neither")
}

func TestServerIsBounded(t *testing.T) {
	s := New(Options{Logger: zap.NewNop(), Store: store.New(store.Limits{Items: 1, Bytes: 1}, time.Now)})
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout, "WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		assert.Positive(t, d, name)
		assert.LessOrEqual(t, d, time.Minute, name)
	}
	assert.LessOrEqual(t, s.MaxHeaderBytes, 64<<10)
}

func TestEscaping(t *testing.T) {
	const nasty = `<script>alert(1)</script><img src=x onerror=alert(1)>"'`
	in := newInbox(nil)
	quoted, err := json.Marshal(nasty)
	require.NoError(t, err)
	q := string(quoted)
	payload := `{"message":` + q + `,"transaction":` + q + `,"release":` + q + `,"tags":{` + q + `:` + q + `},"exception":{"values":[{"type":` + q + `,"value":` + q +
		`,"stacktrace":{"frames":[{"function":` + q + `,"filename":` + q + `}]}}]},"extra":{` + q + `:` + q + `}}`
	in.post(t, []byte(`{"event_id":"`+eventID+`"}`+"\n"+`{"type":"event"}`+"\n"+payload+"\n"))
	issues := read[[]object](t, in, "/api/0/issues/")
	require.Len(t, issues, 1)
	assert.Contains(t, issues[0]["title"], "<script>", "nothing is lost")
	id := issues[0]["id"].(string)
	for _, path := range []string{"/api/0/issues/", "/api/0/issues/" + id + "/", "/api/0/issues/" + id + "/events/", "/api/0/events/" + eventID + "/", "/api/0/envelopes/", "/api/0/envelopes/1/", "/api/0/stats/"} {
		w := in.do("GET", path, nil)
		assert.Equal(t, 200, w.Code, path)
		assert.NotContains(t, strings.ToLower(w.Body.String()), "<script", "even a browser that takes JSON for HTML finds no markup in %s", path)
		assert.NotContains(t, w.Body.String(), "<img", path)
	}
	// What comes back in an error is escaped as well.
	w := in.do("POST", "/api/1/envelope/", strings.NewReader("<script>"), "X-Sentry-Auth", goodKey)
	assert.Equal(t, 400, w.Code)
	assert.NotContains(t, w.Body.String(), "<script")
}
