//go:build linux

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// key is the public key of all DSNs. It must never be seen in what the binary writes.
const key = "a-public-key-of-chaos"

// answer is what the fake does with an envelope. The zero value is 200.
type answer struct {
	status int
	header map[string]string
	body   []byte
	delay  time.Duration // before the answer; the envelope is taken at once
	late   bool          // the delay is longer than the client waits
	lose   bool          // the envelope is taken, then the connection is cut
	silent bool          // nothing is taken and nothing said, for as long as the client waits
}

// weather is how the fake behaves.
type weather struct {
	// cut tells whether the connection of the n-th request is cut in the middle of its body.
	cut func(n int64) bool
	// answer is asked for every envelope that was read; n counts the requests. Nil: 200.
	answer func(n int64, p *parcel, size int) answer
}

// sampling: of the envelopes that come every n-th is read by the strict reader, and the first of each kind.
const (
	sampleEvery = 50
	sampleFirst = 3
)

// fakeSentry is a Sentry with several projects, which can be taken down and comes back under the same address.
type fakeSentry struct {
	t    testing.TB
	port int
	hold int // a socket that is bound to the port and does not listen: nobody else gets the port while the fake is down

	weather atomic.Pointer[weather]
	n       atomic.Int64
	door    sync.RWMutex // held by requests; taken to go down, so that nothing that was taken stays unanswered
	down    bool
	server  *http.Server

	mu       sync.Mutex
	projects map[string]*books
	sampled  map[string]int
	faults   []string // rules of the protocol that were broken
	payloads func(kind string, body []byte)
}

func startFake(t testing.TB) *fakeSentry {
	f := &fakeSentry{t: t, projects: make(map[string]*books), sampled: make(map[string]int)}
	f.weather.Store(&weather{})
	var err error
	f.hold, f.port, err = holdPort()
	require.NoError(t, err)
	f.down = true
	f.up()
	t.Cleanup(func() {
		f.goDown()
		_ = unix.Close(f.hold)
	})
	return f
}

func holdPort() (socket, port int, err error) {
	socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, err
	}
	if err = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, 0, err
	}
	if err = unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, err
	}
	name, err := unix.Getsockname(socket)
	if err != nil {
		return 0, 0, err
	}
	return socket, name.(*unix.SockaddrInet4).Port, nil
}

// dsn of a project; host is "" for the address itself.
func (f *fakeSentry) dsn(project, host string) string {
	if host == "" {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("http://%s@%s:%d/%s", key, host, f.port, project)
}

// up listens again.
func (f *fakeSentry) up() {
	f.door.Lock()
	defer f.door.Unlock()
	if !f.down {
		return
	}
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		if failed := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }); failed != nil {
			return failed
		}
		return err
	}}
	l, err := reuse.Listen(context.Background(), "tcp4", fmt.Sprintf("127.0.0.1:%d", f.port))
	require.NoError(f.t, err)
	f.server = &http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: time.Minute}
	go func(server *http.Server) { _ = server.Serve(l) }(f.server) // ends with Close
	f.down = false
}

// goDown answers what was taken, then refuses connections.
func (f *fakeSentry) goDown() {
	f.door.Lock()
	defer f.door.Unlock()
	if f.down {
		return
	}
	f.down = true
	_ = f.server.Close()
}

func (f *fakeSentry) set(w weather) { f.weather.Store(&w) }

func (f *fakeSentry) books(project string) *books {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.projects[project]
	if !ok {
		b = newBooks()
		f.projects[project] = b
	}
	return b
}

func (f *fakeSentry) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) < 20 {
		f.faults = append(f.faults, fmt.Sprintf(format, args...))
	}
}

func (f *fakeSentry) serve(w http.ResponseWriter, req *http.Request) {
	f.door.RLock()
	defer f.door.RUnlock()
	if f.down {
		cutConnection(w)
		return
	}
	n := f.n.Add(1)
	weather := f.weather.Load()
	if weather.cut != nil && weather.cut(n) {
		_, _ = io.CopyN(io.Discard, req.Body, req.ContentLength/2)
		cutConnection(w)
		return
	}
	body, err := readBody(req)
	if err != nil {
		return // the client is gone: it knows that nothing was taken
	}
	p, err := unpack(body)
	project, ok := projectOf(req)
	if err != nil || !ok {
		f.fault("%s %s: %v", req.Method, req.URL.Path, err)
		http.Error(w, `{"detail":"bad envelope"}`, http.StatusBadRequest)
		return
	}
	f.sample(p.kind, body)
	var a answer
	if weather.answer != nil {
		a = weather.answer(n, p, len(body))
	}
	b := f.books(project)
	b.look(p)
	if a.silent {
		<-req.Context().Done()
		return
	}
	f.settle(w, b, p, a)
}

// settle books an envelope and answers.
func (f *fakeSentry) settle(w http.ResponseWriter, b *books, p *parcel, a answer) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.status < http.StatusInternalServerError {
		b.report(p)
	}
	switch {
	case a.status < http.StatusMultipleChoices:
		b.take(p, !a.lose && !a.late)
	case a.status == http.StatusTooManyRequests, a.status >= http.StatusInternalServerError:
	default:
		b.refuse(p, a.status)
	}
	if a.delay > 0 {
		time.Sleep(a.delay)
	}
	if a.lose {
		cutConnection(w)
		return
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	if a.body == nil && a.status == http.StatusOK {
		a.body = []byte(`{"id":"` + p.id + `"}`)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush() // the door may be shut before the handler's end is
	}
}

// sample gives some envelopes to the strict reader.
func (f *fakeSentry) sample(kind string, body []byte) {
	f.mu.Lock()
	f.sampled[kind]++
	n, payloads := f.sampled[kind], f.payloads
	f.mu.Unlock()
	if payloads != nil {
		payloads(kind, body)
	}
	if n > sampleFirst && n%sampleEvery != 0 {
		return
	}
	e, err := envelope.Parse(body)
	if err != nil {
		f.fault("%v", err)
		return
	}
	for _, v := range envelope.Check(e) {
		f.fault("%s\n%.2000s", v, body)
	}
}

// cutConnection resets the connection: the client gets no answer.
func cutConnection(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func projectOf(req *http.Request) (string, bool) {
	project, ok := strings.CutPrefix(req.URL.Path, "/api/")
	project, suffix := strings.CutSuffix(project, "/envelope/")
	good := ok && suffix && req.Method == http.MethodPost && req.Header.Get("Content-Type") == "application/x-sentry-envelope" &&
		strings.HasSuffix(req.Header.Get("X-Sentry-Auth"), ", sentry_key="+key)
	return project, good
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

func readBody(req *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil || req.Header.Get("Content-Encoding") != "gzip" {
		return raw, err
	}
	r := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(r)
	if err := r.Reset(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
