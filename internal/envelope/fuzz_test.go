package envelope

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// violations are what the rule book says of one payload in an envelope of its own.
func violations(t *testing.T, id sentry.EventID, kind string, payload []byte) []Violation {
	t.Helper()
	body := AppendEnvelope(nil, Header{EventID: id, SentAt: time.Unix(1_700_000_000, 0)}, Item{Type: kind, Payload: payload})
	e, err := Parse(body)
	require.NoError(t, err)
	require.Len(t, e.Items, 1)
	require.Equal(t, string(payload), string(e.Items[0].Payload))
	return CheckWith(e, CheckOptions{SkipAge: true})
}

// seeds gives random bytes of several lengths: enough for every branch of the generators.
func seeds() (list [][]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 10, 100, 1000, 5000} {
		for range 40 {
			data := make([]byte, n)
			for i := range data {
				data[i] = byte(r.Uint32())
			}
			list = append(list, data)
		}
	}
	return list
}

// FuzzEvent: whatever the model holds, the payload breaks no rule.
func FuzzEvent(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		e := s.event()
		payload := AppendEvent(nil, e, nil)
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), "%s", payload)
	})
}

// FuzzTransaction likewise.
func FuzzTransaction(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		tx := s.transaction()
		payload := AppendTransaction(nil, tx, nil)
		require.Empty(t, violations(t, tx.ID, TypeTransaction, payload), "%s", payload)
	})
}
