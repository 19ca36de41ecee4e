package envelope

import (
	"math"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// source makes model values of the bytes that a fuzzer gives it. When they are used up everything is zero, so that it ends.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) n(limit int) int { return int(s.byte()) % limit }
func (s *source) bool() bool      { return s.byte()&1 == 1 }

func (s *source) uint64() (u uint64) {
	for range 8 {
		u = u<<8 | uint64(s.byte())
	}
	return u
}

// nasty are texts that have broken encoders.
var nasty = []string{
	"", " ", "a", "x.y", "\xff", "\xfe", "\x00", "\n", "a\r\nb", "\"", "\\", "</script>&<>", "\u2028\u2029", "é", "世界", "\U0001F600", "\xed\xa0\x80",
	"[Filtered]", "\u00e9 [Filtered] \xff [Filtered]", ".", "..", "latest", "None", "a/b", "a b", "release", "environment", "trace", "{{auto}}", "1.2.3.4", "::1", "14", "014", "9007199254740993",
	"go", "kotlin", "C++", "nodejs", "ok", "error", "fatal", "unknown_error", "url", "route", "default", "http", "true", "type", "flags", "os",
	strings.Repeat("x", 199), strings.Repeat("x", 201), strings.Repeat("é", 300), strings.Repeat("世", 3000), strings.Repeat("\n", 100), strings.Repeat("\xff", 9000),
}

func (s *source) str() string {
	kind := s.byte()
	if kind < 200 {
		return nasty[int(kind)%len(nasty)]
	}
	n := min(s.n(40), len(s.data))
	raw := string(s.data[:n])
	s.data = s.data[n:]
	return raw
}

func (s *source) strs() (list []string) {
	for range s.n(4) {
		list = append(list, s.str())
	}
	return list
}

func (s *source) time() sentry.Time {
	switch s.n(5) {
	case 0:
		return 0
	case 1:
		return sentry.Time(s.uint64())
	case 2:
		return sentry.Time(s.n(3))
	}
	return sentry.Time(1_700_000_000_000_000_000 + uint64(s.byte())*1_000_003)
}

func (s *source) tri() sentry.Tri { return sentry.Tri(s.n(3)) }

func (s *source) value(depth int) sentry.Value {
	switch kind := s.n(8); {
	case kind == 1:
		return sentry.Bool(s.bool())
	case kind == 2:
		return sentry.Int(int64(s.uint64()))
	case kind == 3:
		return sentry.Double(math.Float64frombits(s.uint64()))
	case kind == 4:
		return sentry.Double(math.NaN())
	case kind == 5 && depth < 12:
		var list []sentry.Value
		for range s.n(4) {
			list = append(list, s.value(depth+1))
		}
		return sentry.List(list)
	case kind == 6 && depth < 12:
		return sentry.Map(s.attrs(depth + 1))
	case kind == 7:
		return sentry.Value{}
	}
	return sentry.String(s.str())
}

func (s *source) attrs(depth int) (attrs []sentry.Attr) {
	for range s.n(5) {
		attrs = append(attrs, sentry.Attr{Key: s.str(), Value: s.value(depth)})
	}
	return attrs
}

func (s *source) tags() (tags []sentry.Tag) {
	n := s.n(6)
	if s.byte() == 255 {
		n = 100
	}
	for range n {
		tags = append(tags, sentry.Tag{Key: s.str(), Value: s.str()})
	}
	return tags
}

func (s *source) contexts() (contexts []sentry.Context) {
	for range s.n(4) {
		contexts = append(contexts, sentry.Context{Key: s.str(), Fields: s.attrs(0)})
	}
	return contexts
}

func (s *source) frames() (frames []sentry.Frame) {
	n := s.n(4)
	if s.byte() == 255 {
		n = 300
	}
	for range n {
		frames = append(frames, sentry.Frame{
			Function: s.str(), RawFunction: s.str(), Module: s.str(), Package: s.str(), Filename: s.str(), AbsPath: s.str(),
			Lineno: s.n(5) - 2, Colno: s.n(5) - 2, ContextLine: s.str(), PreContext: s.strs(), PostContext: s.strs(), InApp: s.tri(), Native: s.tri(),
			Platform: s.str(), Vars: s.attrs(0),
		})
	}
	return frames
}

func (s *source) exceptions() (list []sentry.Exception) {
	n := s.n(5)
	proper := s.bool()
	for i := range n {
		x := sentry.Exception{Type: s.str(), Value: s.str(), Module: s.str(), ThreadID: s.str(), Frames: s.frames()}
		if s.bool() || proper {
			x.Mechanism = &sentry.Mechanism{
				Type: s.str(), Handled: s.tri(), Synthetic: s.bool(), HasID: s.bool() || proper, ExceptionID: s.n(4) - 1,
				HasParent: s.bool(), ParentID: s.n(4) - 1, IsExceptionGroup: s.bool(), Source: s.str(),
			}
			if proper {
				x.Mechanism.ExceptionID = n - 1 - i
				x.Mechanism.HasParent, x.Mechanism.ParentID = i < n-1, max(0, n-2-i)
			}
		}
		list = append(list, x)
	}
	return list
}

func (s *source) trace() sentry.TraceContext {
	c := sentry.TraceContext{Op: s.str(), Status: s.str(), Origin: s.str(), Data: s.attrs(0), Links: s.links()}
	c.TraceID[3], c.SpanID[7], c.ParentSpanID[0] = s.byte(), s.byte(), s.byte()
	return c
}

func (s *source) links() (links []sentry.Link) {
	for range s.n(3) {
		links = append(links, sentry.Link{TraceID: sentry.TraceID{s.byte()}, SpanID: sentry.SpanID{s.byte()}, Sampled: s.tri(), Attrs: s.attrs(0)})
	}
	return links
}

func (s *source) resource() *sentry.Resource {
	if s.bool() {
		return nil
	}
	return &sentry.Resource{Platform: s.str(), Release: s.str(), Dist: s.str(), Environment: s.str(), ServerName: s.str(), Tags: s.tags(), Contexts: s.contexts()}
}

func (s *source) user() *sentry.User {
	if s.bool() {
		return nil
	}
	return &sentry.User{ID: s.str(), Email: s.str(), Username: s.str(), Name: s.str(), IPAddress: s.str(), Data: s.attrs(0)}
}

func (s *source) request() *sentry.Request {
	if s.bool() {
		return nil
	}
	return &sentry.Request{Method: s.str(), URL: s.str(), QueryString: s.str(), Headers: s.tags(), Data: s.value(0)}
}

// event makes an event; what the caller of the encoder guarantees is given: an id and a time.
func (s *source) event() *sentry.Event {
	e := &sentry.Event{
		ID: sentry.EventID{1, s.byte()}, Timestamp: s.time(), Platform: s.str(), Level: sentry.Level(s.str()), Logger: s.str(),
		Transaction: s.str(), Exceptions: s.exceptions(), Fingerprint: s.strs(), User: s.user(), Request: s.request(),
		Extra: s.attrs(0), Tags: s.tags(), Contexts: s.contexts(), Resource: s.resource(),
		Release: s.str(), Environment: s.str(),
	}
	for range s.n(4) {
		e.Flags = append(e.Flags, sentry.Flag{Name: s.str(), Result: s.value(0)})
	}
	if s.bool() {
		e.Message = &sentry.Message{Formatted: s.str(), Template: s.str(), Params: s.strs()}
	}
	for range s.n(4) {
		e.Threads = append(e.Threads, sentry.Thread{ID: s.str(), Name: s.str(), State: s.str(), Crashed: s.tri(), Current: s.tri(), Main: s.tri(), Frames: s.frames()})
	}
	for range s.n(4) {
		e.Breadcrumbs = append(e.Breadcrumbs, sentry.Breadcrumb{
			Timestamp: s.time(), Type: s.str(), Category: s.str(), Level: sentry.Level(s.str()),
			Message: s.str(), Data: s.attrs(0),
		})
	}
	if s.bool() {
		trace := s.trace()
		e.Trace = &trace
	}
	e.Timestamp = max(e.Timestamp, 1)
	return e
}

// transaction likewise, with the ids of its own span.
func (s *source) transaction() *sentry.Transaction {
	tx := &sentry.Transaction{
		ID: sentry.EventID{1, s.byte()}, Name: s.str(), Source: s.str(), Start: s.time(), End: s.time(), Trace: s.trace(),
		User: s.user(), Request: s.request(), Tags: s.tags(), Contexts: s.contexts(), Resource: s.resource(), Platform: s.str(),
	}
	for range s.n(5) {
		span := sentry.Span{Op: s.str(), Description: s.str(), Start: s.time(), End: s.time(), Status: s.str(), Origin: s.str(), Data: s.attrs(0), Links: s.links()}
		span.TraceID[0], span.SpanID[0], span.ParentSpanID[0] = s.byte(), s.byte(), s.byte()
		tx.Spans = append(tx.Spans, span)
	}
	for range s.n(4) {
		tx.Measurements = append(tx.Measurements, sentry.Measurement{Name: s.str(), Value: math.Float64frombits(s.uint64()), Unit: s.str()})
	}
	tx.Trace.TraceID[0], tx.Trace.SpanID[0] = 1, 1
	return tx
}
