package store

import (
	"encoding/json"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// Receipt is how an envelope came.
type Receipt struct {
	ProjectID string
	PublicKey string
	Client    string // name and version of the sender
	Encoding  string // Content-Encoding
	WireBytes int    // as it came
	Bytes     int    // decompressed
}

// Envelope is the record of a received envelope: all but the payloads, which the kinds of items keep.
type Envelope struct {
	Receipt
	Seq      uint64
	Received time.Time
	EventID  string
	Header   json.RawMessage
	Items    []Item
	// Repeat tells that its event or transaction had come before.
	Repeat     bool
	Violations []envelope.Violation
	// Status of the answer; Detail and Causes as answered to a refused one, Preview the beginning of its body.
	Status  int
	Detail  string
	Causes  []string
	Preview string
}

// Item is the outside of an item.
type Item struct {
	Type   string
	Length int // of the payload
	Header json.RawMessage
}

// The bounds of a record: what an envelope may add to it.
const (
	maxPreview        = 2 << 10 // bytes
	maxKeptHeader     = 4 << 10 // bytes, of each header
	maxKeptItems      = 200     // items listed
	maxKeptViolations = 200     // violations listed
)

func (e *Envelope) size() int {
	n := rowOverhead + len(e.Header) + len(e.Preview) + len(e.Detail) + len(e.Client)
	for i := range e.Items {
		n += len(e.Items[i].Header) + 64
	}
	for i := range e.Violations {
		n += len(e.Violations[i].Path) + len(e.Violations[i].Detail) + 96
	}
	for _, c := range e.Causes {
		n += len(c) + 16
	}
	return n
}

// Flawed reports whether something is wrong with it.
func (e *Envelope) Flawed() bool { return e.Status >= 400 || len(e.Violations) > 0 }

func (e *Envelope) contains(text string) bool {
	if text == "" || anyContains(text, e.ProjectID, e.Client, e.EventID, e.Detail) || anyContains(text, e.Causes...) {
		return true
	}
	for i := range e.Items {
		if containsFold(e.Items[i].Type, text) {
			return true
		}
	}
	for i := range e.Violations {
		if v := &e.Violations[i]; anyContains(text, v.Rule, v.Path, v.Detail) {
			return true
		}
	}
	return false
}

// Reject records an envelope that was refused. The body may be nil.
func (s *Store) Reject(r Receipt, status int, detail string, causes []string, body []byte) {
	e := &Envelope{
		Receipt: r, Received: s.now(), Status: status, Detail: detail, Causes: causes,
		Preview: string(body[:min(len(body), maxPreview)]),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Seq = s.nextSeq()
	s.counts.Rejected[status]++
	s.envelopes.push(e)
	s.shrink()
	s.revision++
}

func (s *Store) nextSeq() uint64 {
	s.seq++
	return s.seq
}

// newEnvelope copies what is kept of a parsed envelope.
func newEnvelope(r Receipt, env *envelope.Envelope, violations []envelope.Violation) *Envelope {
	e := &Envelope{
		Receipt:    r,
		Status:     200,
		Header:     members(env.Header),
		Items:      make([]Item, 0, min(len(env.Items), maxKeptItems)),
		Violations: violations[:min(len(violations), maxKeptViolations)],
	}
	for i := range env.Items[:cap(e.Items)] {
		item := &env.Items[i]
		e.Items = append(e.Items, Item{Type: item.Type, Length: len(item.Payload), Header: members(item.Header)})
	}
	return e
}

// members writes a header out again, unless it is too long to keep.
func members(header map[string]json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(header)
	if err != nil || len(raw) > maxKeptHeader {
		return json.RawMessage(`{}`)
	}
	return raw
}
