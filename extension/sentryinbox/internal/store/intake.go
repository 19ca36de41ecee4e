package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/grouping"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/waterfall"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// delivery is an envelope taken apart, before it has a number. All in it is the store's own: nothing points into the body.
type delivery struct {
	envelope     *Envelope
	events       []*Event
	transactions []*Transaction
	spans        []*Span
	logs         []*Log
	others       []*Other
	items        map[string]uint64
	unreadable   uint64
}

// Accept keeps what is in an envelope and tells the event id to answer with, "" where it holds neither an event nor a transaction. An id
// that is missing is made up, as Relay does.
func (s *Store) Accept(r Receipt, env *envelope.Envelope, violations []envelope.Violation) (eventID string) {
	d := s.takeApart(r, env, violations) // the costly part runs without the lock
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number(d)
	for _, e := range d.events {
		s.addEvent(e, d.envelope)
	}
	for _, t := range d.transactions {
		s.addTransaction(t, d.envelope)
	}
	for _, sp := range d.spans {
		s.spans.push(sp)
	}
	for _, l := range d.logs {
		s.logs.push(l)
	}
	for _, o := range d.others {
		s.others.push(o)
	}
	s.envelopes.push(d.envelope)
	s.count(d, len(violations))
	s.shrink()
	s.revision++
	return d.envelope.EventID
}

func (s *Store) count(d *delivery, violations int) {
	s.counts.Envelopes++
	s.counts.WireBytes += uint64(d.envelope.WireBytes)
	s.counts.Bytes += uint64(d.envelope.Bytes)
	s.counts.Violations += uint64(violations)
	s.counts.Unreadable += d.unreadable
	for kind, n := range d.items {
		if _, known := s.counts.Items[kind]; known || len(s.counts.Items) < maxCountedTypes {
			s.counts.Items[kind] += n
		}
	}
}

// maxCountedTypes bounds the table of item types: a sender may make them up.
const maxCountedTypes = 100

// number gives out sequence numbers: the envelope's first, then its items'.
func (s *Store) number(d *delivery) {
	d.envelope.Seq, d.envelope.Received = s.nextSeq(), s.now()
	stamp := func(o *Origin) {
		*o = Origin{Seq: s.nextSeq(), Received: d.envelope.Received, ProjectID: d.envelope.ProjectID, Envelope: d.envelope.Seq}
	}
	for _, e := range d.events {
		stamp(&e.Origin)
	}
	for _, t := range d.transactions {
		stamp(&t.Origin)
	}
	for _, sp := range d.spans {
		stamp(&sp.Origin)
	}
	for _, l := range d.logs {
		stamp(&l.Origin)
	}
	for _, o := range d.others {
		stamp(&o.Origin)
	}
}

// addEvent keeps an event unless its id has come before: Sentry drops repeats, the inbox counts them.
func (s *Store) addEvent(e *Event, env *Envelope) {
	if !s.isNew(e.ProjectID, e.ID) {
		env.Repeat = true
		s.counts.Repeats++
		for kept := range s.events.newest() {
			if kept.ID == e.ID && kept.ProjectID == e.ProjectID {
				kept.Repeats++
				break
			}
		}
		return
	}
	s.events.push(e)
	s.file(e)
}

func (s *Store) addTransaction(t *Transaction, env *Envelope) {
	if !s.isNew(t.ProjectID, t.ID) {
		env.Repeat = true
		s.counts.Repeats++
		for kept := range s.transactions.newest() {
			if kept.ID == t.ID && kept.ProjectID == t.ProjectID {
				kept.Repeats++
				break
			}
		}
		return
	}
	s.transactions.push(t)
}

func (s *Store) isNew(project, id string) bool {
	parsed, ok := sentry.ParseEventID(id)
	return !ok || s.seen.add(eventKey{project, parsed})
}

func (s *Store) takeApart(r Receipt, env *envelope.Envelope, violations []envelope.Violation) *delivery {
	d := &delivery{envelope: newEnvelope(r, env, violations), items: map[string]uint64{}}
	if !env.EventID.IsZero() {
		d.envelope.EventID = env.EventID.String()
	}
	now := s.now()
	for i := range env.Items {
		d.add(&env.Items[i], now)
	}
	return d
}

// add takes one item. What cannot be read is counted and kept as it is, where it is JSON at all.
func (d *delivery) add(item *envelope.ParsedItem, now time.Time) {
	read := readers[item.Type]
	if read == nil {
		d.addOther(item.Type, item.Payload)
		d.items[item.Type]++
		return
	}
	if !read(d, item, now) {
		d.unreadable++
		d.addOther(item.Type, item.Payload)
	}
}

// readers know the item types that have a page; each reports whether it could read the payload.
var readers = map[string]func(*delivery, *envelope.ParsedItem, time.Time) bool{
	envelope.TypeEvent:       (*delivery).addEvent,
	envelope.TypeTransaction: (*delivery).addTransaction,
	envelope.TypeLog:         (*delivery).addLogs,
	envelope.TypeSpan:        (*delivery).addSpans,
}

func (d *delivery) addOther(kind string, raw []byte) {
	o := &Other{Type: kind}
	if json.Valid(raw) {
		o.Raw = bytes.Clone(raw)
	}
	d.others = append(d.others, o)
}

func (d *delivery) addEvent(item *envelope.ParsedItem, now time.Time) bool {
	ev, err := payload.ReadEvent(item.Payload)
	if err != nil {
		return false
	}
	d.items[item.Type]++
	g := grouping.Of(&ev)
	e := &Event{
		ID: d.eventID(ev.ID), Title: g.Title, Type: g.Type, Value: cut(g.Value), Culprit: g.Culprit, Rule: g.Rule,
		Level: ev.Level, Logger: ev.Logger, Platform: ev.Platform, Release: ev.Release, Environment: ev.Environment,
		Transaction: ev.Transaction, TraceID: ev.TraceID, SpanID: ev.SpanID, User: ev.User, Timestamp: orNow(ev.Timestamp, now),
		Tags: ev.Tags, Raw: bytes.Clone(item.Payload), group: issueKey(d.envelope.ProjectID, g.Key),
	}
	e.IssueID = sentryHex(e.group)
	e.texts = append(e.texts, cut(ev.Message.Formatted))
	for _, ex := range ev.Exceptions {
		e.Unhandled = e.Unhandled || ex.Unhandled
		e.texts = append(e.texts, ex.Type, cut(ex.Value))
	}
	d.events = append(d.events, e)
	return true
}

// eventID chooses as Relay does: the envelope's wins over the payload's; without any, one is made.
func (d *delivery) eventID(inPayload string) string {
	if d.envelope.EventID == "" {
		if inPayload == "" {
			var id sentry.EventID
			_, _ = rand.Read(id[:]) // never fails, says its documentation
			inPayload = id.String()
		}
		d.envelope.EventID = inPayload
	}
	return d.envelope.EventID
}

func (d *delivery) addTransaction(item *envelope.ParsedItem, now time.Time) bool {
	tx, err := payload.ReadTransaction(item.Payload)
	if err != nil {
		return false
	}
	d.items[item.Type]++
	tx.Root.Start, tx.Root.End = orNow(tx.Root.Start, now), orNow(tx.Root.End, now)
	t := &Transaction{
		ID: d.eventID(tx.ID), Root: tx.Root, Source: tx.Source, Platform: tx.Platform, Release: tx.Release, Environment: tx.Environment,
		Tags: tx.Tags, SpanCount: len(tx.Spans), Raw: bytes.Clone(item.Payload),
	}
	shares := waterfall.Build(Spans(&tx, waterfall.Ref{})).Breakdown
	t.Breakdown = shares[:min(len(shares), maxShares)]
	d.transactions = append(d.transactions, t)
	return true
}

// Spans gives a transaction's own span and its children to be drawn; the reference is completed with their places.
func Spans(tx *payload.Transaction, ref waterfall.Ref) []waterfall.Span {
	list := make([]waterfall.Span, 0, len(tx.Spans)+1)
	ref.Index = -1
	list = append(list, Drawn(&tx.Root, true, ref))
	for i := range tx.Spans {
		ref.Index = i
		list = append(list, Drawn(&tx.Spans[i], false, ref))
	}
	return list
}

// Drawn makes a span to draw of one that was read.
func Drawn(s *payload.Span, segment bool, ref waterfall.Ref) waterfall.Span {
	return waterfall.Span{
		SpanID: s.SpanID, ParentSpanID: s.ParentSpanID, Op: s.Op, Name: s.Name, Status: s.Status, Origin: s.Origin,
		Start: s.Start, End: s.End, Segment: segment, Ref: ref,
	}
}

func (d *delivery) addLogs(item *envelope.ParsedItem, now time.Time) bool {
	return d.addMembers(item, func(raw json.RawMessage) bool {
		l, err := payload.ReadLog(raw)
		if err == nil {
			d.logs = append(d.logs, &Log{
				Timestamp: orNow(l.Timestamp, now), Level: l.Level, TraceID: l.TraceID, SpanID: l.SpanID,
				Release: l.Release, Environment: l.Environment, Raw: raw,
			})
		}
		return err == nil
	})
}

func (d *delivery) addSpans(item *envelope.ParsedItem, now time.Time) bool {
	return d.addMembers(item, func(raw json.RawMessage) bool {
		sp, err := payload.ReadStreamedSpan(raw)
		if err == nil {
			sp.Start, sp.End = orNow(sp.Start, now), orNow(sp.End, now)
			d.spans = append(d.spans, &Span{StreamedSpan: sp, Raw: raw})
		}
		return err == nil
	})
}

// maxMembers bounds what one container can put into memory. Relay's own limits are far below.
const maxMembers = 10_000

// addMembers takes a container apart.
func (d *delivery) addMembers(item *envelope.ParsedItem, add func(json.RawMessage) bool) bool {
	members, _, err := payload.Members(item.Payload, maxMembers)
	if err != nil {
		return false
	}
	for _, raw := range members {
		if add(raw) {
			d.items[item.Type]++
		} else {
			d.unreadable++
		}
	}
	return true
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// maxText bounds what is searched in of one text, in bytes.
const maxText = 2 << 10

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") // without the half of a character
}

func sentryHex(n uint64) string {
	var b [8]byte
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return hex.EncodeToString(b[:])
}
