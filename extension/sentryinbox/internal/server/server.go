// Package server speaks HTTP for the inbox: it takes envelopes as Sentry's ingestion does, serves the JSON API, and the page.
//
// In: requests; the store to fill and to read.
// Out: answers in the words of Relay (sentry's ingestion) for envelopes, JSON modelled on Sentry's web API for questions.
// It must not know: the Collector, listeners, lifecycles. Every request is bounded in bytes, and all that are under way share one budget.
package server

import (
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/page"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
)

// Options set up a server.
type Options struct {
	Store  *store.Store
	Logger *zap.Logger
	// MaxEnvelopeBytes bounds one envelope after decompression, MaxInFlightBytes all that are being received.
	MaxEnvelopeBytes int
	MaxInFlightBytes int
	// AllowRemote lets the page and the API answer to any IP address in the Host header; AllowedHosts are the names besides localhost.
	AllowRemote  bool
	AllowedHosts []string
}

// Time limits of a connection. They end clients that send or read a byte now and then (slowloris).
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 64 << 10
	// MaxConnections is how many connections are served at once; more wait to be accepted.
	MaxConnections = 256
)

// New makes the server. The caller listens and serves.
func New(o Options) *http.Server {
	return &http.Server{
		Handler:           NewHandler(o),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          zap.NewStdLog(o.Logger),
	}
}

// NewHandler makes the handler alone.
func NewHandler(o Options) http.Handler {
	in := newIngest(o)
	api := &api{store: o.Store}
	hosts := newHostCheck(o.AllowRemote, o.AllowedHosts)

	mux := http.NewServeMux()
	for _, path := range []string{"/api/{project}/envelope", "/api/{project}/envelope/{$}"} {
		mux.Handle(path, methods{http.MethodPost: in.serve})
	}
	for _, r := range api.routes() {
		h := hosts.protect(r.methods)
		mux.Handle("/api/0"+r.path, h)
		mux.Handle("/api/0"+r.path+"/{$}", h)
	}
	mux.Handle("/{$}", hosts.protect(methods{http.MethodGet: page.Index}))
	mux.Handle("/static/{file}", hosts.protect(methods{http.MethodGet: page.Static}))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "not found")
	})
	return secureHeaders(mux)
}

// methods chooses a handler by method; HEAD is answered as GET.
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h, ok := m[method]; ok {
		h(w, r)
		return
	}
	for allowed := range m {
		w.Header().Add("Allow", allowed)
	}
	writeError(w, http.StatusMethodNotAllowed, "method not allowed")
}
