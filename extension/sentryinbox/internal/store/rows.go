package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/waterfall"
)

// rowOverhead stands for the fixed members of a row and its places in the indexes, in bytes.
const rowOverhead = 640

// Origin is what every kept item knows about its coming.
type Origin struct {
	Seq       uint64 // counts all items, in order of arrival, from 1
	Received  time.Time
	ProjectID string
	Envelope  uint64 // the Seq of the envelope it came in
}

// Event is a kept error or message event.
type Event struct {
	Origin
	ID          string
	IssueID     string
	Title       string
	Type, Value string
	Culprit     string
	Rule        string // of the grouping
	Level       string
	Logger      string
	Platform    string
	Release     string
	Environment string
	Transaction string
	TraceID     string
	SpanID      string
	User        string
	Timestamp   time.Time
	Unhandled   bool
	Tags        []payload.Tag
	Raw         json.RawMessage // the payload as it came
	// Repeats counts how often the same id came again.
	Repeats int

	group uint64
	texts []string // further text to be searched
}

func (e *Event) size() int {
	n := rowOverhead + len(e.Raw) + len(e.Title) + len(e.Type) + len(e.Value) + len(e.Culprit) + len(e.Transaction) + len(e.User)
	for _, t := range e.Tags {
		n += len(t.Key) + len(t.Value) + 32
	}
	for _, t := range e.texts {
		n += len(t) + 16
	}
	return n
}

func (e *Event) field(key string) (string, bool) {
	switch key {
	case "id", "event_id":
		return e.ID, true
	case "issue":
		return e.IssueID, true
	case "project":
		return e.ProjectID, true
	case "level":
		return e.Level, true
	case "logger":
		return e.Logger, true
	case "platform":
		return e.Platform, true
	case "release":
		return e.Release, true
	case "environment":
		return e.Environment, true
	case "transaction":
		return e.Transaction, true
	case "trace":
		return e.TraceID, true
	case "user":
		return e.User, true
	case "type", "error.type":
		return e.Type, true
	case "is":
		if e.Unhandled {
			return "unhandled", true
		}
		return "handled", true
	}
	return tagValue(e.Tags, key)
}

func (e *Event) contains(text string) bool {
	return anyContains(text, e.Title, e.Value, e.Culprit, e.ID, e.TraceID, e.IssueID, e.User) || anyContains(text, e.texts...) ||
		tagsContain(e.Tags, text)
}

// Transaction is a kept transaction, or a streamed span that is a segment.
type Transaction struct {
	Origin
	ID          string
	Root        payload.Span
	Source      string
	Platform    string
	Release     string
	Environment string
	Tags        []payload.Tag
	SpanCount   int               // without the transaction itself
	Breakdown   []waterfall.Share // at most maxShares
	Raw         json.RawMessage
	Repeats     int
}

// maxShares bounds the breakdown that a list shows.
const maxShares = 6

func (t *Transaction) size() int {
	n := rowOverhead + len(t.Raw) + len(t.Root.Name) + len(t.Breakdown)*64
	for _, tag := range t.Tags {
		n += len(tag.Key) + len(tag.Value) + 32
	}
	return n
}

func (t *Transaction) field(key string) (string, bool) {
	switch key {
	case "id", "event_id":
		return t.ID, true
	case "project":
		return t.ProjectID, true
	case "op":
		return t.Root.Op, true
	case "status":
		return t.Root.Status, true
	case "transaction":
		return t.Root.Name, true
	case "trace":
		return t.Root.TraceID, true
	case "platform":
		return t.Platform, true
	case "release":
		return t.Release, true
	case "environment":
		return t.Environment, true
	}
	return tagValue(t.Tags, key)
}

func (t *Transaction) contains(text string) bool {
	return anyContains(text, t.Root.Name, t.Root.Op, t.ID, t.Root.TraceID, t.Root.Status) || tagsContain(t.Tags, text)
}

// Span is a kept streamed span.
type Span struct {
	Origin
	payload.StreamedSpan
	Raw json.RawMessage
}

func (s *Span) size() int { return rowOverhead + len(s.Raw) + len(s.Name) }

func (s *Span) field(key string) (string, bool) {
	switch key {
	case "project":
		return s.ProjectID, true
	case "op":
		return s.Op, true
	case "status":
		return s.Status, true
	case "transaction":
		return s.Name, true
	case "trace":
		return s.TraceID, true
	case "platform":
		return s.Platform, true
	case "release":
		return s.Release, true
	case "environment":
		return s.Environment, true
	case tagService:
		return s.Service, s.Service != ""
	}
	return "", false
}

// tagService is the tag of transactions that says which service they are of.
const tagService = "service.name"

func (s *Span) contains(text string) bool {
	return anyContains(text, s.Name, s.Op, s.TraceID, s.SpanID, s.Status)
}

// Log is a kept log. What is not here is read from Raw when it is shown.
type Log struct {
	Origin
	Timestamp   time.Time
	Level       string
	TraceID     string
	SpanID      string
	Release     string
	Environment string
	Raw         json.RawMessage
}

func (l *Log) size() int { return rowOverhead + len(l.Raw) }

func (l *Log) field(key string) (string, bool) {
	switch key {
	case "project":
		return l.ProjectID, true
	case "level":
		return l.Level, true
	case "trace":
		return l.TraceID, true
	case "span":
		return l.SpanID, true
	case "release":
		return l.Release, true
	case "environment":
		return l.Environment, true
	}
	read, err := payload.ReadLog(l.Raw)
	if err != nil {
		return "", false
	}
	for _, a := range read.Attributes {
		if strings.EqualFold(a.Key, key) {
			return a.Value, true
		}
	}
	return "", false
}

// contains looks at the bytes first: most logs need no reading to be left out. Where something is escaped the bytes say nothing.
func (l *Log) contains(text string) bool {
	if bytes.IndexByte(l.Raw, '\\') < 0 && !containsFold(l.Raw, text) {
		return false
	}
	read, err := payload.ReadLog(l.Raw)
	return err == nil && (anyContains(text, read.Body, l.TraceID, l.SpanID) || tagsContain(read.Attributes, text))
}

// Other is an item of a kind that has no page of its own.
type Other struct {
	Origin
	Type string
	Raw  json.RawMessage // nil where the payload is no JSON
}

func (o *Other) size() int { return rowOverhead + len(o.Raw) }

func tagValue(tags []payload.Tag, key string) (string, bool) {
	for i := range tags {
		if strings.EqualFold(tags[i].Key, key) {
			return tags[i].Value, true
		}
	}
	return "", false
}

func tagsContain(tags []payload.Tag, text string) bool {
	for i := range tags {
		if containsFold(tags[i].Value, text) {
			return true
		}
	}
	return false
}

func anyContains(text string, in ...string) bool {
	for _, s := range in {
		if containsFold(s, text) {
			return true
		}
	}
	return false
}
