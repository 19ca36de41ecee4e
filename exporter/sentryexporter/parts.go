package sentryexporter

import (
	"crypto/sha256"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/recent"
)

// A request may be taken in part: another project's lane is full, or the lane was full after some pieces. Who sent it over OTLP hears of
// a refusal, but not of its extent, and repeats the whole; each try would take the same part again. Events and transactions have ids
// for that, logs and streamed spans have none. So what was taken of a refused request is remembered until it comes again.

// partID is what a part of a request is known by: a hash of its bytes.
type partID [16]byte

// partsGeneration is how many parts one of the two generations holds.
const partsGeneration = 1 << 12

// takenParts are parts that were taken of requests that were refused. The zero value is ready. Safe for concurrent use.
type takenParts struct {
	mu    sync.Mutex
	parts recent.Map[partID, struct{}]
}

// forget reports whether a part was taken before, once. Its id is asked for only if any part was.
func (t *takenParts) forget(id func() partID) bool {
	if t.empty() {
		return false
	}
	part := id()
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.parts.Has(part)
	t.parts.Delete(part)
	return known
}

func (t *takenParts) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.parts.Len() == 0
}

// remember notes parts that were taken of a request that is refused.
func (t *takenParts) remember(ids ...partID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		t.parts.Put(id, struct{}{}, partsGeneration)
	}
}

func idOfLogs(ld plog.Logs) partID {
	bytes, _ := logsSizer.MarshalLogs(ld) // it cannot fail: there is nothing in a request that has no form
	return idOf("logs", bytes)
}

func idOfTraces(td ptrace.Traces) partID {
	bytes, _ := tracesSizer.MarshalTraces(td) // likewise
	return idOf("traces", bytes)
}

func idOf(signal string, bytes []byte) partID {
	hash := sha256.New()
	hash.Write([]byte(signal))
	hash.Write(bytes)
	return partID(hash.Sum(nil)[:len(partID{})])
}

// rememberLogs notes pieces of a request whose next piece was refused. A request of one piece is taken or refused as a whole.
func (l *lane) rememberLogs(taken []plog.Logs) {
	for _, piece := range taken {
		l.taken.remember(idOfLogs(piece))
	}
}

func (l *lane) rememberTraces(taken []ptrace.Traces) {
	for _, piece := range taken {
		l.taken.remember(idOfTraces(piece))
	}
}
