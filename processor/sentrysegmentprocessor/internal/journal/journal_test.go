package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errFull = errors.New("no space left on device")

// How long a test waits, and how often it looks.
const (
	waitFor = 10 * time.Second
	step    = time.Millisecond
)

// request is a request of n spans, named after their number.
func request(name string, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "a")
	for i := range n {
		span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{1})
		span.SetSpanID(pcommon.SpanID{byte(i + 1)})
		span.SetName(fmt.Sprint(name, i))
	}
	return td
}

// books are what a journal counts.
type books struct {
	mu      sync.Mutex
	failed  map[Operation]int
	damaged []string
}

func (b *books) options() Options {
	b.failed = map[Operation]int{}
	return Options{
		Failed: func(op Operation, _ error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.failed[op]++
		},
		Damaged: func(key string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.damaged = append(b.damaged, key)
		},
	}
}

// reopened is a journal as it starts, and what it restored: the names of the spans by request, and its offers.
type reopened struct {
	*Journal
	spans  map[uint64][]string
	offers []Offer
}

func open1(t *testing.T, s *storagetest.Storage, opts Options) reopened {
	t.Helper()
	client, err := s.GetClient(t.Context(), component.KindProcessor, component.ID{}, "")
	require.NoError(t, err)
	j, err := Open(t.Context(), client, opts)
	require.NoError(t, err)
	out := reopened{Journal: j, spans: map[uint64][]string{}}
	out.offers, err = j.Offers(t.Context())
	require.NoError(t, err)
	require.NoError(t, j.Restore(t.Context(), func(number uint64, td ptrace.Traces, done Bits) {
		i := uint32(0)
		for _, ss := range td.ResourceSpans().At(0).ScopeSpans().All() {
			if !done.Has(i) {
				out.spans[number] = append(out.spans[number], ss.Spans().At(0).Name())
			}
			i++
		}
	}))
	j.Run()
	t.Cleanup(func() {
		select {
		case <-j.stopped:
		default:
			_ = j.Close(context.Background())
		}
	})
	return out
}

func accept(t *testing.T, j reopened, name string, n int) uint64 {
	t.Helper()
	number, err := j.Accept(request(name, n), n)
	require.NoError(t, err)
	return number
}

func places(entry uint64, indexes ...uint32) (out []assembly.Place) {
	for _, i := range indexes {
		out = append(out, assembly.Place{Entry: entry, Index: i})
	}
	return out
}

func TestWhatIsNotDoneComesBack(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	assert.Empty(t, j.spans)
	a, b, c := accept(t, j, "a", 3), accept(t, j, "b", 2), accept(t, j, "c", 100)
	offer, err := j.Offer(2, append(places(a, 0, 2), places(b, 0, 1)...))
	require.NoError(t, err)
	require.NoError(t, j.Done(offer, append(places(a, 0, 2), places(b, 0, 1)...)))
	require.NoError(t, j.Done(0, places(c, 64, 99)))
	assert.Equal(t, []string{"d/1", "d/3", "meta", "r/1", "r/3"}, s.Keys(), "what is out is not stored")

	s = s.After()
	again := open1(t, s, Options{})
	assert.Empty(t, again.offers)
	assert.Equal(t, []string{"a1"}, again.spans[a])
	assert.NotContains(t, again.spans, b)
	assert.Len(t, again.spans[c], 98)
	assert.NotContains(t, again.spans[c], "c64")

	require.NoError(t, again.Done(0, places(a, 1)))
	assert.Equal(t, []string{"d/3", "meta", "r/3"}, s.Keys())
	assert.Equal(t, uint64(4), accept(t, again, "d", 1), "numbers go on")
	rest := []uint32{}
	for i := range uint32(100) {
		rest = append(rest, i) // some of them once more
	}
	require.NoError(t, again.Done(0, append(places(c, rest...), places(4, 0)...)))
	assert.Equal(t, []string{"meta"}, s.Keys())
	assert.Equal(t, meta{requests: span{5, 5}, offers: span{2, 2}}, again.meta)
}

func TestAnOfferComesBackAsItWas(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	a, b := accept(t, j, "a", 3), accept(t, j, "b", 2)
	offered := []assembly.Place{{Entry: b, Index: 1}, {Entry: a, Index: 2, Late: true}, {Entry: a}}
	first, err := j.Offer(2, offered)
	require.NoError(t, err)
	second, err := j.Offer(1, places(b, 0))
	require.NoError(t, err)
	require.NoError(t, j.Done(second, places(b, 0)))

	s = s.After()
	again := open1(t, s, Options{})
	assert.Equal(t, []Offer{{Number: first, Segments: 2, Places: offered}}, again.offers)
	assert.Equal(t, map[uint64][]string{a: {"a0", "a1", "a2"}, b: {"b1"}}, again.spans)
	require.NoError(t, again.Done(first, offered))
	assert.Equal(t, []string{"d/1", "meta", "r/1"}, s.Keys())
	third, err := again.Offer(1, places(a, 1))
	require.NoError(t, err)
	assert.Equal(t, uint64(3), third)
}

func TestAnOfferOfNothing(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	offer, err := j.Offer(1, nil)
	require.NoError(t, err)
	s = s.After()
	client, err := s.GetClient(t.Context(), component.KindProcessor, component.ID{}, "")
	require.NoError(t, err)
	again, err := Open(t.Context(), client, Options{})
	require.NoError(t, err)
	offers, err := again.Offers(t.Context())
	require.NoError(t, err)
	require.Len(t, offers, 1)
	again.Forget(offer)
	again.Run()
	require.NoError(t, again.Close(t.Context()))
	assert.Equal(t, []string{"meta"}, s.Keys())
}

// What cannot be stored is refused; what leaves goes on, and is noted later.
func TestAStorageThatFails(t *testing.T) {
	s := storagetest.New()
	var b books
	j := open1(t, s, b.options())
	a := accept(t, j, "a", 2)
	s.FailAll(errFull)
	_, err := j.Accept(request("b", 1), 1)
	require.ErrorIs(t, err, errFull)
	offer, err := j.Offer(1, places(a, 0, 1))
	require.ErrorIs(t, err, errFull)
	assert.Zero(t, offer)
	require.ErrorIs(t, j.Done(offer, places(a, 0)), errFull)
	require.ErrorIs(t, j.Done(offer, places(a, 1)), errFull)
	assert.Equal(t, map[Operation]int{OpAccept: 1, OpOffer: 1, OpDone: 2}, b.failed)
	assert.Equal(t, []string{"meta", "r/1"}, s.Keys())

	s.FailAll(nil)
	assert.Equal(t, uint64(2), accept(t, j, "c", 1), "the number of what was refused is free")
	assert.Equal(t, []string{"meta", "r/2"}, s.Keys())
	assert.Equal(t, map[uint64][]string{2: {"c0"}}, open1(t, s.After(), Options{}).spans)
}

// A storage that has room for nothing new has room to note what left, also where both come together.
func TestAFullStorageStillNotesWhatLeft(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	a := accept(t, j, "a", 1)
	s.Fail(func(ops []*storage.Operation) error {
		for _, op := range ops {
			if op.Type == storage.Set && strings.HasPrefix(op.Key, "r/") {
				return errFull
			}
		}
		return nil
	})
	in := &write{op: OpAccept, value: []byte{1}, spans: 1, done: make(chan struct{})}
	out := &write{op: OpDone, places: places(a, 0), done: make(chan struct{})}
	close(j.stop)
	<-j.stopped // from here on this is the goroutine that writes
	j.write([]*write{in, out})
	require.ErrorIs(t, in.err, errFull)
	require.NoError(t, out.err)
	assert.Equal(t, []string{"meta"}, s.Keys())
}

func TestWhatIsOwedIsWrittenAtTheEnd(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	a := accept(t, j, "a", 1)
	s.FailAll(errFull)
	require.Error(t, j.Done(0, places(a, 0)))
	s.FailAll(nil)
	require.NoError(t, j.Close(t.Context()))
	assert.Equal(t, []string{"meta"}, s.Keys())
	_, err := j.Accept(request("b", 1), 1)
	require.ErrorIs(t, err, ErrClosed)
}

// Requests that come while a batch is written go into the next one together.
func TestWritesAreGathered(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	inside, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.Fail(func([]*storage.Operation) error {
		once.Do(func() {
			close(inside)
			<-goOn
		})
		return nil
	})
	before := s.Batches()
	var wg sync.WaitGroup
	wg.Go(func() { accept(t, j, "a", 1) })
	<-inside
	for range 20 {
		wg.Go(func() { accept(t, j, "b", 1) })
	}
	require.Eventually(t, func() bool { return len(j.writes) == 20 }, waitFor, step)
	close(goOn)
	wg.Wait()
	assert.Equal(t, 2, s.Batches()-before)
	assert.Len(t, open1(t, s.After(), Options{}).spans, 21)
}

func TestDamage(t *testing.T) {
	flip := func(value []byte) []byte {
		value[len(value)-1] ^= 1
		return value
	}
	for key, want := range map[string]struct {
		spans  map[uint64][]string
		offers int
	}{
		"r/1": {spans: map[uint64][]string{2: {"b0", "b1"}}, offers: 1},
		"d/1": {spans: map[uint64][]string{1: {"a0", "a1", "a2"}, 2: {"b0", "b1"}}, offers: 1},
		"o/1": {spans: map[uint64][]string{1: {"a1", "a2"}, 2: {"b0", "b1"}}},
	} {
		for name, change := range map[string]func([]byte) []byte{
			"a bit":   flip,
			"cut":     func(v []byte) []byte { return v[:len(v)-1] },
			"empty":   func([]byte) []byte { return []byte{} },
			"version": func(v []byte) []byte { v[0]++; return v },
		} {
			t.Run(key+" "+name, func(t *testing.T) {
				s := storagetest.New()
				j := open1(t, s, Options{})
				a := accept(t, j, "a", 3)
				accept(t, j, "b", 2)
				_, err := j.Offer(1, places(a, 1))
				require.NoError(t, err)
				require.NoError(t, j.Done(0, places(a, 0)))
				s = s.After()
				s.Change(key, change)
				var b books
				again := open1(t, s, b.options())
				assert.Equal(t, want.spans, again.spans)
				assert.Len(t, again.offers, want.offers)
				assert.Equal(t, []string{key}, b.damaged)

				// Whatever was damaged is gone once what is left of it is done.
				for n, spans := range again.spans {
					for i := range uint32(len(spans) + 1) {
						require.NoError(t, again.Done(1, places(n, i)))
					}
				}
				require.NoError(t, again.Close(t.Context()))
				assert.Equal(t, []string{"meta"}, s.Keys())
			})
		}
	}
}

func TestDamagedMetaStopsTheStart(t *testing.T) {
	for name, value := range map[string][]byte{
		"empty": {}, "garbage": []byte("garbage"), "turned round": meta{requests: span{5, 4}}.encode(), "cut": meta{}.encode()[:20],
	} {
		t.Run(name, func(t *testing.T) {
			s := storagetest.New()
			s.Change("meta", func([]byte) []byte { return value })
			client, err := s.GetClient(t.Context(), component.KindProcessor, component.ID{}, "")
			require.NoError(t, err)
			_, err = Open(t.Context(), client, Options{})
			require.ErrorIs(t, err, errDamaged)
			require.ErrorContains(t, err, `"meta"`)
		})
	}
}

func TestAStorageThatCannotBeReadStopsTheStart(t *testing.T) {
	s := storagetest.New()
	j := open1(t, s, Options{})
	a := accept(t, j, "a", 2)
	_, err := j.Offer(1, places(a, 0))
	require.NoError(t, err)
	require.NoError(t, j.Done(0, places(a, 1)))
	for _, prefix := range []string{"meta", "o/", "r/", "d/"} {
		t.Run(prefix, func(t *testing.T) {
			s = s.After()
			s.Fail(func(ops []*storage.Operation) error {
				if strings.HasPrefix(ops[0].Key, prefix) {
					return errFull
				}
				return nil
			})
			client, err := s.GetClient(t.Context(), component.KindProcessor, component.ID{}, "")
			require.NoError(t, err)
			j, err := Open(t.Context(), client, Options{})
			if err == nil {
				_, err = j.Offers(t.Context())
			}
			if err == nil {
				err = j.Restore(t.Context(), func(uint64, ptrace.Traces, Bits) {})
			}
			require.ErrorIs(t, err, errFull)
		})
	}
}

// Many numbers that are gone are read over quickly; large values are not read many at once.
func TestReadingManyNumbers(t *testing.T) {
	s := storagetest.New()
	s.Change("meta", func([]byte) []byte { return meta{requests: span{1, 100_001}, offers: span{1, 1}}.encode() })
	value, err := encodeRequest(request(strings.Repeat("x", 300_000), 3))
	require.NoError(t, err)
	for n := uint64(50_001); n <= 50_020; n++ {
		s.Change(requestKey(n), func([]byte) []byte { return value })
	}
	most := 0
	s.Fail(func(ops []*storage.Operation) error {
		stored := 0
		for _, op := range ops {
			if op.Key > "r/50000" && op.Key < "r/50021" && len(op.Key) == 7 {
				stored++
			}
		}
		most = max(most, stored)
		return nil
	})
	j := open1(t, s, Options{})
	assert.Len(t, j.spans, 20)
	assert.Less(t, s.Batches(), 1000)
	assert.LessOrEqual(t, most, mostAtOnce)
	assert.Equal(t, uint64(1), j.meta.requests.first)
	accept(t, j, "a", 1)
	assert.Equal(t, uint64(50_001), j.meta.requests.first)
}

// Random writes, faults and deaths: what was accepted and is not done is there, and nothing else.
func TestRandomLives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		s := storagetest.New()
		want := map[uint64]map[uint32]bool{}
		offers := map[uint64]bool{}
		for range 1 + r.IntN(5) { // lives
			j := open1(t, s, Options{})
			for n, spans := range j.spans {
				require.Len(t, spans, len(want[n]))
			}
			require.Len(t, j.spans, len(want))
			require.Len(t, j.offers, len(offers))
			for range r.IntN(40) {
				s.FailAll(nil)
				fails := r.IntN(5) == 0
				if fails {
					s.FailAll(errFull)
				}
				switch r.IntN(3) {
				case 0:
					n := 1 + r.IntN(200)
					number, err := j.Accept(request("x", n), n)
					require.Equal(t, fails, err != nil)
					if !fails {
						want[number] = map[uint32]bool{}
						for i := range uint32(n) {
							want[number][i] = true
						}
					}
				case 1:
					number, err := j.Offer(1, nil)
					require.Equal(t, fails, err != nil)
					if !fails {
						offers[number] = true
					}
				case 2:
					var out []assembly.Place
					for n, spans := range want {
						for i := range spans {
							if r.IntN(3) > 0 {
								out = append(out, assembly.Place{Entry: n, Index: i})
								delete(spans, i)
							}
						}
						if len(spans) == 0 {
							delete(want, n)
						}
					}
					offer := uint64(0)
					for m := range offers {
						offer = m
						delete(offers, m)
						break
					}
					require.Equal(t, fails, j.Done(offer, out) != nil)
				}
			}
			s.FailAll(nil)
			_, err := j.Offer(1, nil) // whatever is owed is written with this
			require.NoError(t, err)
			offers[j.meta.offers.next-1] = true
			s = s.After()
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Offer{Segments: 3, Places: places(7, 1, 2, 3)}.encode()[headerSize:])
	f.Add(meta{}.encode()[headerSize:])
	f.Fuzz(func(t *testing.T, body []byte) {
		value := seal(append(make([]byte, headerSize), body...))
		if o, err := decodeOffer(1, value); err == nil {
			back, err := decodeOffer(1, o.encode())
			require.NoError(t, err)
			require.Equal(t, o, back)
		}
		if m, err := decodeMeta(value); err == nil {
			require.Equal(t, value, m.encode())
		}
		if b, err := decodeBits(value, 100); err == nil {
			require.Equal(t, value, b.encode())
		}
		_, _ = decodeRequest(value)
		if _, err := open(body); err == nil {
			require.Equal(t, body, seal(append([]byte{}, body...)))
		}
	})
}
