package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// maxBody bounds a request.
const maxBody = 64 << 20

// sink stands in for Sentry and for a collector while the scenarios run: it takes envelopes and OTLP log requests on loopback and keeps them
// as they came. POST /api/<n>/envelope/ appends the events of the envelope to <n>.sdk, one a line; POST /otlp/<n>/v1/logs the request to
// <n>.otlp as OTLP/JSON.
type sink struct {
	address string
	mu      sync.Mutex
	kept    map[string][]byte
}

func startSink() (*sink, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{address: listener.Addr().String(), kept: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{n}/envelope/", s.take("sdk", events))
	mux.HandleFunc("POST /otlp/{n}/v1/logs", s.take("otlp", logs))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Fatal(server.Serve(listener)) }()
	return s, nil
}

// of gives what came for a number.
func (s *sink) of(n int, kind string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[strconv.Itoa(n)+"."+kind]
}

// take answers 200 with an empty object, which is what SDKs and OTLP exporters want to hear.
func (s *sink) take(kind string, lines func(contentType string, body []byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := read(req)
		if err == nil {
			body, err = lines(req.Header.Get("Content-Type"), body)
		}
		if err != nil {
			log.Printf("%s: %v", req.URL.Path, err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		key := req.PathValue("n") + "." + kind
		s.kept[key] = append(s.kept[key], body...)
		s.mu.Unlock()
		w.Header().Set("Content-Type", req.Header.Get("Content-Type"))
		if kind == "sdk" || strings.Contains(req.Header.Get("Content-Type"), "json") {
			_, _ = io.WriteString(w, "{}")
		}
	}
}

func read(req *http.Request) ([]byte, error) {
	r := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = z
	}
	return io.ReadAll(io.LimitReader(r, maxBody))
}

// events are the event items of an envelope; what else an SDK sends is no part of the comparison.
func events(_ string, body []byte) ([]byte, error) {
	_, rest, _ := bytes.Cut(body, []byte("\n"))
	var out []byte
	for len(bytes.TrimSpace(rest)) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		var header struct {
			Type   string `json:"type"`
			Length *int   `json:"length"`
		}
		if err := json.Unmarshal(line, &header); err != nil {
			return nil, fmt.Errorf("item header %q: %w", line, err)
		}
		length := bytes.IndexByte(after, '\n')
		if header.Length != nil {
			length = *header.Length
		}
		if length < 0 || length > len(after) {
			length = len(after)
		}
		if header.Type == "event" {
			var compact bytes.Buffer
			if err := json.Compact(&compact, after[:length]); err != nil {
				return nil, err
			}
			out = append(append(out, compact.Bytes()...), '\n')
		}
		rest = bytes.TrimPrefix(after[length:], []byte("\n"))
	}
	return out, nil
}

func logs(contentType string, body []byte) ([]byte, error) {
	req := plogotlp.NewExportRequest()
	var err error
	if strings.Contains(contentType, "json") {
		err = req.UnmarshalJSON(body)
	} else {
		err = req.UnmarshalProto(body)
	}
	if err != nil {
		return nil, err
	}
	out, err := req.MarshalJSON()
	return append(out, '\n'), err
}
