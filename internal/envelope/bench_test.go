package envelope

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// TestNoAllocations holds the promise of the writer: with buffers that are used again nothing is allocated, neither per item nor per span.
func TestNoAllocations(t *testing.T) {
	r := testResource()
	p := Prepare(r, testSDK)
	tx := testTransaction(100)
	tx.Spans[3].Description = "naïve \"quoted\" \xff text\n"
	tx.Spans[4].Data = append(tx.Spans[4].Data, sentry.Attr{Key: "nested", Value: sentry.Map([]sentry.Attr{str("a", "b")})})
	payload := AppendTransaction(nil, tx, p)
	envelope := AppendEnvelope(nil, Header{EventID: tx.ID, SentAt: testTime, SDK: testSDK, DSC: []sentry.Tag{{Key: "trace_id", Value: "x"}}}, Item{Type: TypeTransaction, Payload: payload})
	h := Header{EventID: tx.ID, SentAt: testTime, SDK: testSDK, DSC: []sentry.Tag{{Key: "trace_id", Value: "x"}}}
	item := []Item{{Type: TypeTransaction, Payload: payload}}
	for name, write := range map[string]func(){
		"transaction":    func() { payload = AppendTransaction(payload[:0], tx, p) },
		"fitted":         func() { payload, _ = FitTransaction(payload[:0], tx, p) },
		"envelope":       func() { envelope = AppendEnvelope(envelope[:0], h, item...) },
		"prepared again": func() { p.Reset(r, testSDK) },
	} {
		write()
		allowed := 0.0
		if name == "prepared again" {
			allowed = 1 // the one tag key that is not valid as it is
		}
		require.LessOrEqual(t, testing.AllocsPerRun(20, write), allowed, name)
	}
}

func BenchmarkAppendTransaction(b *testing.B) {
	for _, spans := range []int{10, 1000} {
		b.Run(fmt.Sprintf("spans=%d", spans), func(b *testing.B) {
			tx := testTransaction(spans)
			p := Prepare(tx.Resource, testSDK)
			out := AppendTransaction(nil, tx, p)
			b.ReportAllocs()
			b.SetBytes(int64(len(out)))
			for b.Loop() {
				out = AppendTransaction(out[:0], tx, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(spans), "ns/span")
		})
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	e := typicalEvent()
	p := Prepare(e.Resource, testSDK)
	out := AppendEvent(nil, e, p)
	b.ReportAllocs()
	b.SetBytes(int64(len(out)))
	for b.Loop() {
		out = AppendEvent(out[:0], e, p)
	}
}

func BenchmarkAppendEnvelope(b *testing.B) {
	payload := AppendEvent(nil, typicalEvent(), nil)
	h := Header{EventID: testEventID(1), SentAt: testTime, SDK: testSDK}
	item := []Item{{Type: TypeEvent, Payload: payload}}
	out := AppendEnvelope(nil, h, item...)
	b.ReportAllocs()
	b.SetBytes(int64(len(out)))
	for b.Loop() {
		out = AppendEnvelope(out[:0], h, item...)
	}
}

func BenchmarkFitTransaction(b *testing.B) {
	tx := testTransaction(5000) // about three times what Relay takes
	p := Prepare(tx.Resource, testSDK)
	out, r := FitTransaction(nil, tx, p)
	b.ReportAllocs()
	b.SetBytes(int64(r.FullBytes))
	for b.Loop() {
		out, _ = FitTransaction(out[:0], tx, p)
	}
}

func BenchmarkParseAndCheck(b *testing.B) {
	tx := testTransaction(100)
	body := AppendEnvelope(nil, Header{EventID: tx.ID, SentAt: testTime, SDK: testSDK}, Item{Type: TypeTransaction, Payload: AppendTransaction(nil, tx, nil)})
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		e, err := Parse(body)
		if err != nil || len(Check(e)) > 0 {
			b.Fatal(err, Check(e))
		}
	}
}
