package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/waterfall"
)

// api answers questions in JSON, modelled on Sentry's web API: the same paths and names where Sentry has them. Lists are arrays, the total number of what
// matches is in the header X-Hits.
type api struct{ store *store.Store }

// The bounds of a list: ?limit=.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

type route struct {
	path string
	methods
}

func get(h http.HandlerFunc) methods { return methods{http.MethodGet: h} }

func (a *api) routes() []route {
	return []route{
		{"", methods{http.MethodGet: a.root, http.MethodDelete: a.clear}},
		{"/stats", get(a.stats)},
		{"/issues", get(a.issues)},
		{"/issues/{id}", get(a.issue)},
		{"/issues/{id}/events", get(a.issueEvents)},
		{"/issues/{id}/events/{event}", get(a.issueEvent)},
		{"/events", get(a.events)},
		{"/events/{id}", get(a.event)},
		{"/transactions", get(a.transactions)},
		{"/transactions/{id}", get(a.transaction)},
		{"/traces/{id}", get(a.trace)},
		{"/logs", get(a.logs)},
		{"/envelopes", get(a.envelopes)},
		{"/envelopes/{id}", get(a.envelope)},
	}
}

func notFound(w http.ResponseWriter) {
	writeError(w, http.StatusNotFound, "The requested resource does not exist")
}

// listQuery reads ?query= and the shorthands ?project=, ?environment=, ?level=, which narrow it, and ?limit=.
func listQuery(r *http.Request) (store.Query, int) {
	values := r.URL.Query()
	text := values.Get("query")
	for _, key := range []string{"project", "environment", "release", "level"} {
		if v := values.Get(key); v != "" {
			text = key + `:"` + strings.ReplaceAll(v, `"`, "") + `" ` + text
		}
	}
	return store.ParseQuery(text), limit(r)
}

func limit(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || n < 1 {
		return defaultLimit
	}
	return min(n, maxLimit)
}

func writeList[T any](w http.ResponseWriter, list []T, total int) {
	w.Header().Set("X-Hits", strconv.Itoa(total))
	if list == nil {
		list = []T{}
	}
	writeJSON(w, http.StatusOK, list)
}

func mapped[S, T any](list []S, view func(*S) T) []T {
	out := make([]T, 0, len(list))
	for i := range list {
		out = append(out, view(&list[i]))
	}
	return out
}

func (a *api) root(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"version": "0", "dsn": "http://inbox@" + r.Host + "/1"})
}

func (a *api) clear(w http.ResponseWriter, _ *http.Request) {
	a.store.Clear()
	w.WriteHeader(http.StatusNoContent)
}

// stats carries an ETag: who asks again with If-None-Match gets an empty 304 until something has changed.
func (a *api) stats(w http.ResponseWriter, r *http.Request) {
	tag := `"` + strconv.FormatUint(a.store.Revision(), 10) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, http.StatusOK, statsOf(a.store.Stats()))
}

func (a *api) issues(w http.ResponseWriter, r *http.Request) {
	q, n := listQuery(r)
	list, total := a.store.Issues(q, n)
	writeList(w, issueViews(list), total)
}

func (a *api) issue(w http.ResponseWriter, r *http.Request) {
	is, ok := a.store.Issue(r.PathValue("id"))
	if !ok {
		notFound(w)
		return
	}
	view := issueViews([]store.Issue{is})[0]
	view.Tags = tagCounts(a.store.TagValues(is.ID))
	writeJSON(w, http.StatusOK, view)
}

func (a *api) issueEvents(w http.ResponseWriter, r *http.Request) {
	q, n := listQuery(r)
	list, total, ok := a.store.IssueEvents(r.PathValue("id"), q, n)
	if !ok {
		notFound(w)
		return
	}
	writeList(w, mapped(list, eventOf), total)
}

// issueEvent knows "latest" and "oldest" besides event ids, as Sentry does.
func (a *api) issueEvent(w http.ResponseWriter, r *http.Request) {
	list, _, ok := a.store.IssueEvents(r.PathValue("id"), store.Query{}, maxLimit)
	if !ok {
		notFound(w)
		return
	}
	switch id := r.PathValue("event"); id {
	case "latest":
		a.writeEvent(w, &list[0])
	case "oldest":
		a.writeEvent(w, &list[len(list)-1])
	default:
		i := slices.IndexFunc(list, func(e store.Event) bool { return e.ID == normalID(id) })
		if i < 0 {
			notFound(w)
			return
		}
		a.writeEvent(w, &list[i])
	}
}

func (a *api) events(w http.ResponseWriter, r *http.Request) {
	q, n := listQuery(r)
	list, total := a.store.Events(q, n)
	writeList(w, mapped(list, eventOf), total)
}

func (a *api) event(w http.ResponseWriter, r *http.Request) {
	e, ok := a.store.Event(r.URL.Query().Get("project"), normalID(r.PathValue("id")))
	if !ok {
		notFound(w)
		return
	}
	a.writeEvent(w, &e)
}

func (a *api) writeEvent(w http.ResponseWriter, e *store.Event) {
	view := eventView{eventSummary: eventOf(e), Event: e.Raw, Violations: a.store.Violations(e.Envelope)}
	view.PreviousEventID, view.NextEventID, view.Place, view.Kept = a.store.Neighbours(e)
	writeJSON(w, http.StatusOK, view)
}

func (a *api) transactions(w http.ResponseWriter, r *http.Request) {
	q, n := listQuery(r)
	list, total := a.store.Transactions(q, n)
	writeList(w, mapped(list, transactionOf), total)
}

func (a *api) transaction(w http.ResponseWriter, r *http.Request) {
	t, ok := a.store.Transaction(r.URL.Query().Get("project"), normalID(r.PathValue("id")))
	if !ok {
		notFound(w)
		return
	}
	view := transactionView{
		transactionSummary: transactionOf(&t),
		Waterfall:          waterfall.Build(transactionSpans(&t)),
		Event:              t.Raw,
		Violations:         a.store.Violations(t.Envelope),
	}
	if t.Root.TraceID != "" {
		trace := a.store.Trace(t.Root.TraceID, maxLimit)
		view.Trace = countsOf(&trace)
		view.Errors = mapped(trace.Events, eventOf)
	}
	writeJSON(w, http.StatusOK, view)
}

func (a *api) trace(w http.ResponseWriter, r *http.Request) {
	id := normalID(r.PathValue("id"))
	trace := a.store.Trace(id, maxLimit)
	if id == "" || !trace.Found() {
		notFound(w)
		return
	}
	writeJSON(w, http.StatusOK, traceOf(id, &trace))
}

func (a *api) logs(w http.ResponseWriter, r *http.Request) {
	q, n := listQuery(r)
	list, total := a.store.Logs(q, n)
	writeList(w, mapped(list, logOf), total)
}

// envelopes knows ?query= (text) and ?flawed=1.
func (a *api) envelopes(w http.ResponseWriter, r *http.Request) {
	flawed, _ := strconv.ParseBool(r.URL.Query().Get("flawed"))
	list, total := a.store.Envelopes(store.EnvelopeFilter{Text: r.URL.Query().Get("query"), Flawed: flawed}, limit(r))
	writeList(w, mapped(list, envelopeOf), total)
}

func (a *api) envelope(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		notFound(w)
		return
	}
	e, payloads, ok := a.store.Envelope(seq)
	if !ok {
		notFound(w)
		return
	}
	writeJSON(w, http.StatusOK, envelopeViewOf(&e, payloads))
}

// normalID is how the store spells ids.
func normalID(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
