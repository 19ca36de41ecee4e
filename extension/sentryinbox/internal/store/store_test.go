package store

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newStore(items, bytes int) (*Store, *clock) {
	c := &clock{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	return New(Limits{Items: items, Bytes: bytes}, c.now), c
}

func accept(t *testing.T, s *Store, body string) string {
	env, err := envelope.Parse([]byte(body))
	require.NoError(t, err)
	return s.Accept(Receipt{ProjectID: "1", WireBytes: len(body), Bytes: len(body)}, env, nil)
}

func eventBody(n int, payload string) string {
	return fmt.Sprintf("{\"event_id\":\"%032x\"}\n{\"type\":\"event\"}\n%s\n", n, payload)
}

func transactionBody(n int, trace string) string {
	return fmt.Sprintf("{\"event_id\":\"%032x\"}\n{\"type\":\"transaction\"}\n"+
		`{"transaction":"GET /","start_timestamp":1,"timestamp":2,"contexts":{"trace":{"trace_id":"%s","span_id":"00f067aa0ba902b7"}}}`+"\n", n, trace)
}

func logsBody(n int, text string) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`{"timestamp":%d,"level":"info","body":"%s %d"}`, 1000+i, text, i)
	}
	return "{}\n{\"type\":\"log\",\"item_count\":" + strconv.Itoa(n) + "}\n" + `{"items":[` + strings.Join(members, ",") + "]}\n"
}

func ids(list []Event) (out []string) {
	for _, e := range list {
		out = append(out, strings.TrimLeft(e.ID, "0"))
	}
	return out
}

func TestOldestLeaveFirst(t *testing.T) {
	s, _ := newStore(3, 1<<20)
	for i := 1; i <= 5; i++ {
		accept(t, s, eventBody(i, `{"message":"one issue"}`))
	}
	list, total := s.Events(Query{}, 10)
	assert.Equal(t, []string{"5", "4", "3"}, ids(list))
	assert.Equal(t, 3, total)
	issues, _ := s.Issues(Query{}, 10)
	require.Len(t, issues, 1)
	assert.Equal(t, 5, issues[0].Count, "the count tells of those that left too")
	assert.Equal(t, 3, issues[0].Kept)
	envelopes, _ := s.Envelopes(EnvelopeFilter{}, 10)
	assert.Len(t, envelopes, 3)
	assert.EqualValues(t, 5, s.Stats().Envelopes)
}

func TestIssueLeavesWithItsLastEvent(t *testing.T) {
	s, _ := newStore(2, 1<<20)
	accept(t, s, eventBody(1, `{"message":"first"}`))
	accept(t, s, eventBody(2, `{"message":"second"}`))
	accept(t, s, eventBody(3, `{"message":"third"}`))
	issues, total := s.Issues(Query{}, 10)
	assert.Equal(t, 2, total)
	for _, is := range issues {
		assert.NotEqual(t, "first", is.Title)
		_, found := s.Issue(is.ID)
		assert.True(t, found)
	}
	accept(t, s, eventBody(4, `{"message":"first"}`))
	is, _ := s.Issues(ParseQuery("first"), 10)
	assert.Equal(t, 1, is[0].Count, "a new issue")
}

func TestBytesAreBounded(t *testing.T) {
	const limit = 200_000
	s, _ := newStore(100_000, limit)
	for i := 1; i <= 500; i++ {
		accept(t, s, eventBody(i, `{"message":"`+strings.Repeat("x", 5000)+`"}`))
		require.LessOrEqual(t, s.Stats().KeptBytes, limit)
	}
	list, _ := s.Events(Query{}, 1000)
	require.NotEmpty(t, list)
	assert.Less(t, len(list), 40)
	assert.Equal(t, fmt.Sprintf("%x", 500), ids(list)[0])
	for i := 1; i < len(list); i++ {
		assert.Equal(t, list[i-1].Seq-2, list[i].Seq, "without gaps: only the oldest left") // an envelope's number between two
	}
}

func TestFloodOfLogsLeavesTheOneError(t *testing.T) {
	s, _ := newStore(100_000, 300_000)
	accept(t, s, eventBody(1, `{"message":"the one"}`))
	for range 50 {
		accept(t, s, logsBody(50, strings.Repeat("chatter ", 20)))
	}
	_, total := s.Issues(ParseQuery("the one"), 10)
	assert.Equal(t, 1, total)
	assert.LessOrEqual(t, s.Stats().KeptBytes, 300_000)
	_, total = s.Logs(Query{}, 1)
	assert.Positive(t, total)
}

func TestEachKindIsCountedByItself(t *testing.T) {
	s, _ := newStore(10, 1<<20)
	accept(t, s, logsBody(25, "line"))
	accept(t, s, eventBody(1, `{"message":"x"}`))
	kept := s.Stats().Kept
	assert.Equal(t, 10, kept.Logs)
	assert.Equal(t, 1, kept.Events)
	list, _ := s.Logs(Query{}, 100)
	assert.Equal(t, time.Unix(1024, 0).UTC(), list[0].Timestamp, "the newest are kept, newest first")
}

func TestOneThingLargerThanAll(t *testing.T) {
	s, _ := newStore(10, 2000)
	accept(t, s, eventBody(1, `{"message":"`+strings.Repeat("x", 100_000)+`"}`))
	assert.Zero(t, s.Stats().Kept.Events)
	accept(t, s, eventBody(2, `{"message":"small"}`))
	assert.Equal(t, 1, s.Stats().Kept.Events, "and it goes on")
}

func TestRepeatsAfterTheEventLeft(t *testing.T) {
	s, _ := newStore(1, 1<<20)
	accept(t, s, eventBody(1, `{"message":"x"}`))
	accept(t, s, eventBody(2, `{"message":"x"}`))
	accept(t, s, eventBody(1, `{"message":"x"}`))
	assert.EqualValues(t, 1, s.Stats().Repeats)
	list, _ := s.Events(Query{}, 10)
	assert.Equal(t, []string{"2"}, ids(list), "the repeat did not push out the newer one")
	issues, _ := s.Issues(Query{}, 10)
	assert.Equal(t, 2, issues[0].Count)
}

func TestRepeatedTransaction(t *testing.T) {
	s, _ := newStore(10, 1<<20)
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	accept(t, s, transactionBody(1, trace))
	accept(t, s, transactionBody(1, trace))
	list, total := s.Transactions(Query{}, 10)
	require.Equal(t, 1, total)
	assert.Equal(t, 1, list[0].Repeats)
}

func TestSeenForgetsTheOldest(t *testing.T) {
	s := seen{set: map[eventKey]struct{}{}}
	key := func(i int) (k eventKey) {
		k.id[0], k.id[1], k.id[2] = byte(i), byte(i>>8), byte(i>>16)
		return k
	}
	for i := range seenIDs + 10 {
		require.True(t, s.add(key(i)))
	}
	assert.Len(t, s.set, seenIDs)
	assert.False(t, s.add(key(10)), "still known")
	assert.True(t, s.add(key(0)), "forgotten")
	assert.Len(t, s.set, seenIDs)
}

func TestTimesOfAnIssue(t *testing.T) {
	s, c := newStore(10, 1<<20)
	accept(t, s, eventBody(1, `{"message":"x","timestamp":"2026-11-21T11:00:00Z"}`))
	accept(t, s, eventBody(2, `{"message":"x","timestamp":"2026-11-21T10:00:00Z"}`)) // came late
	accept(t, s, eventBody(3, `{"message":"x"}`))                                    // has no time: that of its receipt
	issues, _ := s.Issues(Query{}, 10)
	assert.Equal(t, time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), issues[0].FirstSeen)
	assert.Equal(t, c.t, issues[0].LastSeen)
	assert.Len(t, issues[0].Times, 3)
}

func TestIDIsStable(t *testing.T) {
	a, _ := newStore(10, 1<<20)
	b, _ := newStore(10, 1<<20)
	accept(t, a, eventBody(1, `{"message":"x 1"}`))
	accept(t, b, eventBody(7, `{"message":"x 2","release":"other"}`))
	one, _ := a.Issues(Query{}, 1)
	two, _ := b.Issues(Query{}, 1)
	assert.Equal(t, one[0].ID, two[0].ID)
	assert.Regexp(t, "^[0-9a-f]{16}$", one[0].ID)
	assert.Equal(t, strings.ToUpper(one[0].ID[:7]), one[0].ShortID())
}

func TestUnreadable(t *testing.T) {
	s, _ := newStore(10, 1<<20)
	for _, item := range []string{"event", "transaction", "log", "span"} {
		accept(t, s, "{}\n{\"type\":\""+item+"\"}\nno json\n")
		accept(t, s, "{}\n{\"type\":\""+item+"\"}\n[]\n")
	}
	accept(t, s, "{}\n{\"type\":\"log\"}\n"+`{"items":[1,{"body":"good"},null]}`+"\n")
	st := s.Stats()
	assert.EqualValues(t, 10, st.Unreadable)
	assert.Equal(t, map[string]uint64{"log": 1}, st.Items)
	assert.Equal(t, 8, st.Kept.Others)
	env, payloads, found := s.Envelope(1)
	assert.True(t, found)
	assert.Equal(t, "event", env.Items[0].Type)
	assert.Nil(t, payloads[0].Raw, "what is no JSON is not kept")
}

func TestMadeUpTypesAreBounded(t *testing.T) {
	s, _ := newStore(10, 1<<20)
	for i := range 3 * maxCountedTypes {
		accept(t, s, fmt.Sprintf("{}\n{\"type\":\"t%d\"}\n{}\n", i))
	}
	assert.Len(t, s.Stats().Items, maxCountedTypes)
}

func TestRecordsAreBounded(t *testing.T) {
	s, _ := newStore(10, 8<<20)
	body := `{"big":"` + strings.Repeat("x", 100_000) + `"}` + "\n" + strings.Repeat(`{"type":"x","big":"`+strings.Repeat("y", 5000)+`"}`+"\n{}\n", 300)
	env, err := envelope.Parse([]byte(body))
	require.NoError(t, err)
	violations := make([]envelope.Violation, 5000)
	s.Accept(Receipt{ProjectID: "1"}, env, violations)
	list, _ := s.Envelopes(EnvelopeFilter{}, 1)
	assert.Len(t, list[0].Items, maxKeptItems)
	assert.Len(t, list[0].Violations, maxKeptViolations)
	assert.Equal(t, "{}", string(list[0].Header))
	assert.EqualValues(t, 5000, s.Stats().Violations, "all are counted")
	s.Reject(Receipt{}, 400, "bad", nil, make([]byte, 1<<20))
	list, _ = s.Envelopes(EnvelopeFilter{}, 1)
	assert.Len(t, list[0].Preview, maxPreview)
}

func TestNothingPointsIntoTheBody(t *testing.T) {
	s, _ := newStore(10, 1<<20)
	body := []byte(eventBody(1, `{"message":"text","tags":{"k":"v"}}`) + `{"type":"other"}` + "\n" + `{"a":"b"}` + "\n")
	env, err := envelope.Parse(body)
	require.NoError(t, err)
	s.Accept(Receipt{ProjectID: "1"}, env, nil)
	for i := range body {
		body[i] = '#'
	}
	e, found := s.Event("", fmt.Sprintf("%032x", 1))
	require.True(t, found)
	assert.Equal(t, `{"message":"text","tags":{"k":"v"}}`, string(e.Raw))
	assert.Equal(t, "v", e.Tags[len(e.Tags)-1].Value)
	kept, payloads, _ := s.Envelope(e.Envelope)
	assert.Equal(t, []string{"event", "other"}, []string{kept.Items[0].Type, kept.Items[1].Type})
	assert.Equal(t, `{"a":"b"}`, string(payloads[1].Raw))
	assert.Contains(t, string(kept.Header), "event_id")
}

func TestClear(t *testing.T) {
	s, c := newStore(10, 1<<20)
	accept(t, s, eventBody(1, `{"message":"x"}`))
	before := s.Revision()
	c.t = c.t.Add(time.Hour)
	s.Clear()
	st := s.Stats()
	assert.Greater(t, st.Revision, before)
	assert.Equal(t, Kept{}, st.Kept)
	assert.Zero(t, st.KeptBytes)
	assert.Zero(t, st.Envelopes)
	assert.Equal(t, c.t, st.Since)
	accept(t, s, eventBody(1, `{"message":"x"}`))
	assert.Equal(t, 1, s.Stats().Kept.Events)
}

func TestTrace(t *testing.T) {
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	s, _ := newStore(10, 1<<20)
	accept(t, s, transactionBody(1, trace))
	accept(t, s, transactionBody(2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	accept(t, s, eventBody(3, `{"message":"x","contexts":{"trace":{"trace_id":"`+trace+`"}}}`))
	accept(t, s, "{}\n{\"type\":\"span\"}\n"+`{"items":[{"trace_id":"`+trace+`","span_id":"00f067aa0ba902b8","name":"s"},`+
		`{"trace_id":"`+trace+`","span_id":"00f067aa0ba902b9","name":"early","is_segment":true,"start_timestamp":0.5,"end_timestamp":2}]}`+"\n")
	accept(t, s, "{}\n{\"type\":\"log\"}\n"+`{"items":[{"trace_id":"`+trace+`","timestamp":9,"body":"late"},{"trace_id":"`+trace+`","timestamp":5,"body":"early"}]}`+"\n")
	tr := s.Trace(trace, 10)
	assert.True(t, tr.Found())
	assert.Equal(t, []int{2, 1, 2, 2}, []int{len(tr.Transactions), len(tr.Events), len(tr.Spans), len(tr.Logs)})
	assert.Equal(t, "early", tr.Transactions[0].Root.Name, "streamed segments are among them, in the order of time")
	assert.Equal(t, 3, s.Stats().Kept.Transactions)
	assert.Equal(t, time.Unix(5, 0).UTC(), tr.Logs[0].Timestamp, "in the order of time")
	assert.Len(t, s.Trace(trace, 1).Logs, 1)
	other := s.Trace("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 10)
	assert.False(t, other.Found())
}

func TestConcurrency(t *testing.T) {
	s, _ := newStore(50, 100_000)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 150 {
				accept(t, s, eventBody(i*1000+j%100+1, fmt.Sprintf(`{"message":"kind %c"}`, 'a'+j%7)))
				accept(t, s, logsBody(5, "line"))
			}
		})
		group.Go(func() {
			for range 100 {
				issues, _ := s.Issues(ParseQuery("kind"), 10)
				for _, is := range issues {
					list, _, _ := s.IssueEvents(is.ID, Query{}, 3)
					for k := range list {
						s.Neighbours(&list[k])
					}
					s.TagValues(is.ID)
				}
				s.Stats()
				s.Logs(ParseQuery("line"), 5)
				s.Envelopes(EnvelopeFilter{Text: "event"}, 5)
			}
		})
	}
	group.Wait()
	st := s.Stats()
	assert.EqualValues(t, 1200, st.Envelopes)
	assert.EqualValues(t, 200, st.Repeats)
	assert.LessOrEqual(t, st.KeptBytes, 100_000)
}
