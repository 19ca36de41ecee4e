package server

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// projectView stands where Sentry has a project's name too: the inbox knows only its number.
type projectView struct {
	ID string `json:"id"`
}

type issueView struct {
	ID          string            `json:"id"`
	ShortID     string            `json:"shortId"`
	Title       string            `json:"title"`
	Culprit     string            `json:"culprit"`
	Type        string            `json:"type"` // "error" or "default", as in Sentry: with exception, without
	Metadata    map[string]string `json:"metadata"`
	Level       string            `json:"level"`
	Logger      string            `json:"logger,omitempty"`
	Platform    string            `json:"platform,omitempty"`
	Unhandled   bool              `json:"isUnhandled"`
	Count       int               `json:"count"`
	Kept        int               `json:"kept"`
	UserCount   int               `json:"userCount"`
	FirstSeen   time.Time         `json:"firstSeen"`
	LastSeen    time.Time         `json:"lastSeen"`
	GroupedBy   string            `json:"groupedBy"`
	LatestEvent string            `json:"latestEventID"`
	Project     projectView       `json:"project"`
	Permalink   string            `json:"permalink"`
	// Trend counts the kept events in equal steps over the time that all listed issues span.
	Trend []int      `json:"trend"`
	Tags  []tagCount `json:"tags,omitempty"`
}

const trendSteps = 24

// minTrend keeps a burst of one second from filling the whole picture.
const minTrend = 2 * time.Minute

func issueViews(list []store.Issue) []issueView {
	var from, to time.Time
	for i := range list {
		for _, t := range list[i].Times {
			if from.IsZero() || t.Before(from) {
				from = t
			}
			if t.After(to) {
				to = t
			}
		}
	}
	if to.Sub(from) < minTrend {
		from = to.Add(-minTrend)
	}
	return mapped(list, func(is *store.Issue) issueView {
		return issueView{
			ID: is.ID, ShortID: is.ShortID(), Title: is.Title, Culprit: is.Culprit, Type: issueType(is),
			Metadata: map[string]string{"type": is.Type, "value": is.Value},
			Level:    is.Level, Logger: is.Logger, Platform: is.Platform, Unhandled: is.Unhandled,
			Count: is.Count, Kept: is.Kept, UserCount: is.Users, FirstSeen: is.FirstSeen, LastSeen: is.LastSeen,
			GroupedBy: is.Rule, LatestEvent: is.LatestID, Project: projectView{is.ProjectID},
			Permalink: "/#/issues/" + is.ID, Trend: trend(is.Times, from, to),
		}
	})
}

func issueType(is *store.Issue) string {
	if is.Type != "" {
		return "error"
	}
	return "default"
}

func trend(times []time.Time, from, to time.Time) []int {
	steps := make([]int, trendSteps)
	width := to.Sub(from)/trendSteps + 1
	for _, t := range times {
		steps[t.Sub(from)/width]++
	}
	return steps
}

type tagCount struct {
	Key         string       `json:"key"`
	TotalValues int          `json:"totalValues"`
	TopValues   []valueCount `json:"topValues"`
}

type valueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// maxTopValues is how many values of a tag are listed.
const maxTopValues = 10

func tagCounts(tags map[string]map[string]int) []tagCount {
	out := make([]tagCount, 0, len(tags))
	for key, values := range tags {
		t := tagCount{Key: key}
		for value, n := range values {
			t.TotalValues += n
			t.TopValues = append(t.TopValues, valueCount{value, n})
		}
		slices.SortFunc(t.TopValues, func(a, b valueCount) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
		})
		t.TopValues = t.TopValues[:min(len(t.TopValues), maxTopValues)]
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b tagCount) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

type eventSummary struct {
	EventID      string        `json:"eventID"`
	GroupID      string        `json:"groupID"`
	ProjectID    string        `json:"projectID"`
	Title        string        `json:"title"`
	Culprit      string        `json:"culprit"`
	Level        string        `json:"level"`
	Platform     string        `json:"platform,omitempty"`
	Release      string        `json:"release,omitempty"`
	Environment  string        `json:"environment,omitempty"`
	Transaction  string        `json:"transaction,omitempty"`
	User         string        `json:"user,omitempty"`
	TraceID      string        `json:"traceID,omitempty"`
	SpanID       string        `json:"spanID,omitempty"`
	DateCreated  time.Time     `json:"dateCreated"`
	DateReceived time.Time     `json:"dateReceived"`
	Tags         []payload.Tag `json:"tags"`
	Size         int           `json:"size"`
	Repeats      int           `json:"repeats"`
	EnvelopeID   string        `json:"envelopeID"`
	Permalink    string        `json:"permalink"`
}

func eventOf(e *store.Event) eventSummary {
	return eventSummary{
		EventID: e.ID, GroupID: e.IssueID, ProjectID: e.ProjectID, Title: e.Title, Culprit: e.Culprit, Level: e.Level,
		Platform: e.Platform, Release: e.Release, Environment: e.Environment, Transaction: e.Transaction, User: e.User,
		TraceID: e.TraceID, SpanID: e.SpanID, DateCreated: e.Timestamp, DateReceived: e.Received, Tags: orEmpty(e.Tags),
		Size: len(e.Raw), Repeats: e.Repeats, EnvelopeID: number(e.Envelope),
		Permalink: "/#/issues/" + e.IssueID + "/events/" + e.ID,
	}
}

// eventView is one event with its payload as it came, and its place in its issue: 1 is the oldest of Kept.
type eventView struct {
	eventSummary
	PreviousEventID string          `json:"previousEventID,omitempty"`
	NextEventID     string          `json:"nextEventID,omitempty"`
	Place           int             `json:"place"`
	Violations      int             `json:"violations"` // of its envelope
	Kept            int             `json:"kept"`
	Event           json.RawMessage `json:"event"`
}

type logView struct {
	ID           string          `json:"id"`
	Timestamp    time.Time       `json:"timestamp"`
	DateReceived time.Time       `json:"dateReceived"`
	Level        string          `json:"level"`
	Body         string          `json:"body"`
	TraceID      string          `json:"traceID,omitempty"`
	SpanID       string          `json:"spanID,omitempty"`
	ProjectID    string          `json:"projectID"`
	Release      string          `json:"release,omitempty"`
	Environment  string          `json:"environment,omitempty"`
	EnvelopeID   string          `json:"envelopeID"`
	Attributes   json.RawMessage `json:"attributes"` // as they came: {key: {"type", "value"}}
}

func logOf(l *store.Log) logView {
	v := logView{
		ID: number(l.Seq), Timestamp: l.Timestamp, DateReceived: l.Received, Level: l.Level, TraceID: l.TraceID, SpanID: l.SpanID,
		ProjectID: l.ProjectID, Release: l.Release, Environment: l.Environment, EnvelopeID: number(l.Envelope),
		Attributes: json.RawMessage(`{}`),
	}
	if read, err := payload.ReadLog(l.Raw); err == nil {
		v.Body = read.Body
	}
	var raw struct {
		Attributes map[string]json.RawMessage `json:"attributes"`
	}
	if json.Unmarshal(l.Raw, &raw) == nil && raw.Attributes != nil {
		v.Attributes, _ = json.Marshal(raw.Attributes) // raw JSON: cannot fail
	}
	return v
}

type envelopeSummary struct {
	ID           string          `json:"id"`
	DateReceived time.Time       `json:"dateReceived"`
	ProjectID    string          `json:"projectID"`
	PublicKey    string          `json:"publicKey,omitempty"`
	Client       string          `json:"client,omitempty"`
	Encoding     string          `json:"encoding,omitempty"`
	WireBytes    int             `json:"wireBytes"`
	Bytes        int             `json:"bytes"`
	Status       int             `json:"status"`
	Detail       string          `json:"detail,omitempty"`
	Causes       []string        `json:"causes,omitempty"`
	EventID      string          `json:"eventID,omitempty"`
	Repeat       bool            `json:"repeat"`
	Items        []itemView      `json:"items"`
	Violations   []violationView `json:"violations"`
}

type itemView struct {
	Type   string          `json:"type"`
	Length int             `json:"length"`
	Header json.RawMessage `json:"header"`
}

// violationView is a broken rule: which, in which item (-1: the envelope as a whole), where in it, and what is wrong.
type violationView struct {
	Rule   string `json:"rule"`
	Item   int    `json:"item"`
	Path   string `json:"path,omitempty"`
	Detail string `json:"detail"`
	Source string `json:"source,omitempty"` // where the protocol says so
}

var ruleSources = sync.OnceValue(func() map[string]string {
	sources := map[string]string{}
	for _, r := range envelope.Rules() {
		sources[r.Name] = r.Source
	}
	return sources
})

func envelopeOf(e *store.Envelope) envelopeSummary {
	return envelopeSummary{
		ID: number(e.Seq), DateReceived: e.Received, ProjectID: e.ProjectID, PublicKey: e.PublicKey, Client: e.Client,
		Encoding: e.Encoding, WireBytes: e.WireBytes, Bytes: e.Bytes, Status: e.Status, Detail: e.Detail, Causes: e.Causes,
		EventID: e.EventID, Repeat: e.Repeat,
		Items: mapped(e.Items, func(it *store.Item) itemView { return itemView{it.Type, it.Length, it.Header} }),
		Violations: mapped(e.Violations, func(v *envelope.Violation) violationView {
			return violationView{v.Rule, v.Item, v.Path, v.Detail, ruleSources()[v.Rule]}
		}),
	}
}

// envelopeView is one envelope with its header, and with the payloads of its items that are still kept, containers taken apart. Preview is the beginning of
// the body of one that was refused.
type envelopeView struct {
	envelopeSummary
	Header   json.RawMessage `json:"header"`
	Payloads []payloadView   `json:"payloads"`
	Preview  string          `json:"preview,omitempty"`
}

type payloadView struct {
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

func envelopeViewOf(e *store.Envelope, payloads []store.Payload) envelopeView {
	v := envelopeView{
		envelopeSummary: envelopeOf(e), Header: orNull(e.Header), Preview: e.Preview,
		Payloads: mapped(payloads, func(p *store.Payload) payloadView { return payloadView{p.Type, orNull(p.Raw)} }),
	}
	return v
}

type statsView struct {
	Revision  uint64            `json:"revision"`
	Since     time.Time         `json:"since"`
	Envelopes map[string]uint64 `json:"envelopes"`
	Rejected  map[string]uint64 `json:"rejected"`
	Items     map[string]uint64 `json:"items"`
	Bytes     map[string]uint64 `json:"bytes"`
	Kept      store.Kept        `json:"kept"`
	MaxItems  int               `json:"maxItems"`
	MaxBytes  int               `json:"maxBytes"`
	// What kept items may be filtered by.
	Projects     []string `json:"projects"`
	Environments []string `json:"environments"`
	Releases     []string `json:"releases"`
}

func statsOf(s store.Stats) statsView {
	rejected, total := map[string]uint64{}, uint64(0)
	for status, n := range s.Rejected {
		rejected[strconv.Itoa(status)] = n
		total += n
	}
	return statsView{
		Revision: s.Revision, Since: s.Since, Items: s.Items, Rejected: rejected, Kept: s.Kept,
		Envelopes: map[string]uint64{
			"accepted": s.Envelopes, "rejected": total, "repeats": s.Repeats, "violations": s.Violations, "unreadable": s.Unreadable,
		},
		Bytes:    map[string]uint64{"received": s.WireBytes, "decompressed": s.Bytes, "kept": uint64(max(s.KeptBytes, 0))},
		MaxItems: s.Limits.Items, MaxBytes: s.Limits.Bytes,
		Projects: s.Projects, Environments: s.Environments, Releases: s.Releases,
	}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func orNull(raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
