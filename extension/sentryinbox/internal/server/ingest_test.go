package server

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/samples"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

func TestEnvelopeAnswers(t *testing.T) {
	event := string(simpleEvent("hello"))
	const ok = `{"id":"` + eventID + `"}`
	auth := []string{"X-Sentry-Auth", goodKey}
	detail := func(detail string, causes ...string) string {
		if len(causes) == 0 {
			return `{"detail":"` + detail + `"}`
		}
		return `{"detail":"` + detail + `","causes":["` + strings.Join(causes, `","`) + `"]}`
	}
	withDSN := func(dsn string) string {
		return strings.Replace(event, `{"event_id"`, `{"dsn":"`+dsn+`","event_id"`, 1)
	}
	tests := map[string]struct {
		path    string
		headers []string
		body    string
		status  int
		answer  string // "": not compared
	}{
		"event":                    {"/api/1/envelope/", auth, event, 200, ok},
		"no slash at the end":      {"/api/1/envelope", auth, event, 200, ok},
		"large project":            {"/api/4507000000000001/envelope/", auth, event, 200, ok},
		"key in the query":         {"/api/1/envelope/?sentry_key=abc&sentry_version=7", nil, event, 200, ok},
		"old header":               {"/api/1/envelope/", []string{"Authorization", goodKey}, event, 200, ok},
		"no version":               {"/api/1/envelope/", []string{"X-Sentry-Auth", "Sentry sentry_key=abc"}, event, 200, ok},
		"lower case, no spaces":    {"/api/1/envelope/", []string{"X-Sentry-Auth", "sentry sentry_key=abc,sentry_version=7"}, event, 200, ok},
		"other authorization":      {"/api/1/envelope/?sentry_key=abc", []string{"Authorization", "Basic eDp5"}, event, 200, ok},
		"dsn alone":                {"/api/1/envelope/", nil, withDSN("http://abc@127.0.0.1:8969/1"), 200, ok},
		"dsn with path":            {"/api/1/envelope/", nil, withDSN("https://abc:secret@host/a/b/1"), 200, ok},
		"dsn and header":           {"/api/1/envelope/", auth, withDSN("http://abc@127.0.0.1:8969/1"), 200, ok},
		"empty envelope":           {"/api/1/envelope/", auth, "{}", 200, `{}`},
		"id only in the header":    {"/api/1/envelope/", auth, `{"event_id":"` + eventID + `"}` + "\n", 200, ok},
		"id only in the payload":   {"/api/1/envelope/", auth, "{}\n" + `{"type":"event"}` + "\n" + `{"event_id":"` + eventID + `"}`, 200, ok},
		"unknown item type":        {"/api/1/envelope/", auth, "{}\n" + `{"type":"future"}` + "\nnot json\n", 200, `{}`},
		"payload is no json":       {"/api/1/envelope/", auth, "{}\n" + `{"type":"event"}` + "\nnot json\n", 200, `{}`},
		"no auth":                  {"/api/1/envelope/", nil, event, 401, detail("missing authorization information")},
		"twice":                    {"/api/1/envelope/?sentry_key=abc", auth, event, 401, detail("multiple authorization payloads detected")},
		"two headers":              {"/api/1/envelope/", append(auth, auth...), event, 401, detail("multiple authorization payloads detected")},
		"not sentry's":             {"/api/1/envelope/", []string{"X-Sentry-Auth", "Bearer abc"}, event, 401, detail("bad x-sentry-auth header")},
		"no pairs":                 {"/api/1/envelope/", []string{"X-Sentry-Auth", "Sentry abc"}, event, 401, detail("bad x-sentry-auth header")},
		"no key":                   {"/api/1/envelope/", []string{"X-Sentry-Auth", "Sentry sentry_version=7"}, event, 401, detail("bad sentry DSN public key")},
		"empty key":                {"/api/1/envelope/?sentry_key=", nil, event, 401, detail("bad sentry DSN public key")},
		"wrong version":            {"/api/1/envelope/", []string{"X-Sentry-Auth", "Sentry sentry_version=99, sentry_key=abc"}, event, 400, detail("unsupported protocol version")},
		"project is a name":        {"/api/shop/envelope/", auth, event, 400, detail("bad project path parameter")},
		"project zero":             {"/api/0/envelope/", auth, event, 400, detail("bad project path parameter")},
		"project too large":        {"/api/99999999999999999999/envelope/", auth, event, 400, detail("bad project path parameter")},
		"dsn of another project":   {"/api/1/envelope/", auth, withDSN("http://abc@host/2"), 400, detail("invalid event envelope", "envelope meta header does not match request: project id")},
		"dsn with another key":     {"/api/1/envelope/", auth, withDSN("http://xyz@host/1"), 400, detail("invalid event envelope", "envelope meta header does not match request: public key")},
		"dsn is none":              {"/api/1/envelope/", auth, withDSN("nonsense"), 400, detail("bad envelope authentication header", "bad sentry DSN public key")},
		"empty body":               {"/api/1/envelope/", auth, "", 400, ""},
		"not json":                 {"/api/1/envelope/", auth, "hello", 400, ""},
		"cut off":                  {"/api/1/envelope/", auth, "{}\n" + `{"type":"event","length":100}` + "\n{}", 400, ""},
		"item without type":        {"/api/1/envelope/", auth, "{}\n{}\n{}", 400, ""},
		"not gzip":                 {"/api/1/envelope/", append([]string{"Content-Encoding", "gzip"}, auth...), event, 400, ""},
		"not zstd":                 {"/api/1/envelope/", append([]string{"Content-Encoding", "zstd"}, auth...), event, 400, ""},
		"not deflate":              {"/api/1/envelope/", append([]string{"Content-Encoding", "deflate"}, auth...), event, 400, ""},
		"deflate of nothing":       {"/api/1/envelope/", append([]string{"Content-Encoding", "deflate"}, auth...), "", 400, ""},
		"unknown encoding":         {"/api/1/envelope/", append([]string{"Content-Encoding", "br"}, auth...), event, 415, detail(`unsupported content encoding \"br\": use gzip, deflate, zstd or identity`)},
		"two encodings":            {"/api/1/envelope/", append([]string{"Content-Encoding", "gzip, gzip"}, auth...), event, 415, ""},
		"too large":                {"/api/1/envelope/", auth, "{}\n" + strings.Repeat("x", 5<<20), 413, detail("envelope exceeded size limits", "envelope exceeds the size limit")},
		"event larger than Sentry": {"/api/1/envelope/", auth, "{}\n" + `{"type":"event"}` + "\n" + `{"message":"` + strings.Repeat("x", envelope.MaxEventBytes) + `"}`, 413, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := newInbox(nil)
			w := in.do(http.MethodPost, tt.path, strings.NewReader(tt.body), tt.headers...)
			assert.Equal(t, tt.status, w.Code, w.Body)
			assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
			if tt.answer != "" {
				assert.JSONEq(t, tt.answer, w.Body.String())
			}
			if tt.status >= 400 {
				assert.Contains(t, w.Body.String(), `"detail":"`)
			}
			// Refused or not, it is listed.
			list := read[[]object](t, in, "/api/0/envelopes/")
			require.Len(t, list, 1)
			assert.EqualValues(t, tt.status, list[0]["status"])
		})
	}
}

func TestMissingIDIsMade(t *testing.T) {
	in := newInbox(nil)
	body := []byte("{}\n" + `{"type":"event"}` + "\n" + `{"message":"x"}`)
	first, second := in.post(t, body), in.post(t, body)
	assert.Regexp(t, "^[0-9a-f]{32}$", first)
	assert.NotEqual(t, first, second)
	assert.Equal(t, first, read[object](t, in, "/api/0/events/"+first+"/")["eventID"])
}

func compress(t *testing.T, data []byte, encoder func(io.Writer) (io.WriteCloser, error)) []byte {
	var b bytes.Buffer
	w, err := encoder(&b)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

type encoder struct {
	name string
	wrap func(io.Writer) (io.WriteCloser, error)
}

var encoders = []encoder{
	{"gzip", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 9) }},
	{"GZIP", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 1) }},
	{"deflate", func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriterLevel(w, 9) }},
	{"deflate", func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) }}, // without zlib's frame
	{"zstd", func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }},
}

func TestEncodings(t *testing.T) {
	for _, e := range encoders {
		in := newInbox(nil)
		body := compress(t, simpleEvent(strings.Repeat("hello ", 100)), e.wrap)
		w := in.do("POST", "/api/1/envelope/", bytes.NewReader(body), "X-Sentry-Auth", goodKey, "Content-Encoding", e.name)
		assert.Equal(t, 200, w.Code, "%s: %s", e.name, w.Body)
		assert.Len(t, read[[]object](t, in, "/api/0/issues/"), 1, e.name)
		record := read[[]object](t, in, "/api/0/envelopes/")[0]
		assert.EqualValues(t, len(body), record["wireBytes"], e.name)
		assert.Equal(t, strings.ToLower(e.name), record["encoding"])
	}
}

// TestBombs: what grows beyond the limit, or beyond the ratio that data has, is not read to its end.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 8<<20)
	for _, e := range encoders {
		body := compress(t, zeros, e.wrap)
		for name, change := range map[string]func(*Options){
			"limit": func(o *Options) { o.MaxEnvelopeBytes = 512 << 10 },
			"ratio": func(o *Options) { o.MaxEnvelopeBytes, o.MaxInFlightBytes = 256<<20, 512<<20 },
		} {
			in := newInbox(change)
			w := in.do("POST", "/api/1/envelope/", bytes.NewReader(body), "X-Sentry-Auth", goodKey, "Content-Encoding", e.name)
			assert.Equal(t, 413, w.Code, "%s %s: %s", e.name, name, w.Body)
		}
	}
}

func TestCutOffBodies(t *testing.T) {
	for _, e := range encoders {
		in := newInbox(nil)
		whole := compress(t, simpleEvent(strings.Repeat("hello ", 100)), e.wrap)
		w := in.do("POST", "/api/1/envelope/", bytes.NewReader(whole[:len(whole)/2]), "X-Sentry-Auth", goodKey, "Content-Encoding", e.name)
		assert.Equal(t, 400, w.Code, "%s: %s", e.name, w.Body)
	}
}

// failingBody gives some bytes, then an error.
type failingBody struct {
	io.Reader
	err error
}

func (f *failingBody) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestSlowBody(t *testing.T) {
	in := newInbox(nil)
	w := in.do("POST", "/api/1/envelope/", &failingBody{strings.NewReader("{}"), os.ErrDeadlineExceeded}, "X-Sentry-Auth", goodKey)
	assert.Equal(t, 408, w.Code, w.Body)
	w = in.do("POST", "/api/1/envelope/", &failingBody{strings.NewReader("{}"), errors.New("connection reset")}, "X-Sentry-Auth", goodKey)
	assert.Equal(t, 400, w.Code, w.Body)
}

func TestBudgetIsSharedAndGivenBack(t *testing.T) {
	b := &bodyReader{maxBytes: 1 << 20, budget: 1<<20 + 1}
	take := func(size int) (body, error) {
		return b.read(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", size))))
	}
	first, err := take(700_000)
	require.NoError(t, err)
	_, err = take(700_000)
	require.ErrorIs(t, err, errBusy)
	first.release()
	again, err := take(700_000)
	require.NoError(t, err)
	again.release()
	_, err = take(2 << 20)
	require.ErrorIs(t, err, errTooLarge)
	assert.Zero(t, b.inFlight.Load())
}

func TestBusyIsRetryable(t *testing.T) {
	in := newIngest(Options{Logger: zap.NewNop(), Store: store.New(store.Limits{Items: 1, Bytes: 1 << 20}, time.Now), MaxEnvelopeBytes: 1 << 20})
	in.bodies.inFlight.Add(in.bodies.budget) // others are being received
	r := httptest.NewRequest(http.MethodPost, "/api/1/envelope/", bytes.NewReader(simpleEvent("x")))
	r.SetPathValue("project", "1")
	r.Header.Set("X-Sentry-Auth", goodKey)
	w := httptest.NewRecorder()
	in.serve(w, r)
	assert.Equal(t, 503, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
}

func TestBodyOfExactlyTheLimit(t *testing.T) {
	for _, size := range []int{1, 16 << 10, 16<<10 + 1, 100_000} {
		b := &bodyReader{maxBytes: int64(size), budget: 1 << 20}
		out, err := b.read(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", size))))
		require.NoError(t, err, size)
		assert.Len(t, out.data, size)
		out.release()
		_, err = b.read(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", size+1))))
		require.ErrorIs(t, err, errTooLarge, size)
		assert.Zero(t, b.inFlight.Load())
	}
}

func TestRefusedIsCounted(t *testing.T) {
	in := newInbox(nil)
	in.do("POST", "/api/1/envelope/", strings.NewReader("hello"), "X-Sentry-Auth", goodKey)
	in.do("POST", "/api/1/envelope/", bytes.NewReader(simpleEvent("x")))
	in.do("POST", "/api/x/envelope/", bytes.NewReader(simpleEvent("x")))
	stats := read[object](t, in, "/api/0/stats/")
	assert.Equal(t, object{"400": 2.0, "401": 1.0}, stats["rejected"])
	assert.EqualValues(t, 3, stats["envelopes"].(object)["rejected"])
	assert.EqualValues(t, 0, stats["envelopes"].(object)["accepted"])
	first := read[[]object](t, in, "/api/0/envelopes/")[2]
	assert.Equal(t, "hello", read[object](t, in, "/api/0/envelopes/"+first["id"].(string)+"/")["preview"])
}

func BenchmarkEnvelope(b *testing.B) {
	in := newInbox(func(o *Options) { o.Store = store.New(store.Limits{Items: 1000, Bytes: 64 << 20}, time.Now) })
	template := string(samples.Shop(time.Now())[20]) // a Java chain with threads, breadcrumbs and contexts
	b.SetBytes(int64(len(template)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := strings.ReplaceAll(template, samples.ID("java1"), fmt.Sprintf("%032x", i+1))
		if w := in.do("POST", "/api/1/envelope/", strings.NewReader(body), "X-Sentry-Auth", goodKey); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	in := newInbox(nil)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 40 {
				body := fmt.Sprintf("{\"event_id\":\"%032x\"}\n{\"type\":\"event\"}\n{\"message\":\"kind %d\"}\n", i*1000+j+1, i)
				in.do("POST", "/api/1/envelope/", strings.NewReader(body), "X-Sentry-Auth", goodKey)
				in.do("GET", "/api/0/issues/", nil)
				in.do("GET", "/api/0/stats/", nil)
				in.do("GET", "/api/0/envelopes/", nil)
			}
		})
	}
	group.Wait()
	stats := read[object](t, in, "/api/0/stats/")
	assert.EqualValues(t, 320, stats["envelopes"].(object)["accepted"])
	assert.EqualValues(t, 100, stats["kept"].(object)["events"])
}
