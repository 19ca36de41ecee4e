package translate

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// servedKeys are attributes that only the serving side of a request has, in both generations of conventions.
var servedKeys = []string{"http.route", "url.path", "http.target", "client.address", "http.client_ip", "http.server_name", "net.host.name"}

// setServed: the request that was being served, its answer, who asked, and the transaction that serves it. They are read as those of the transaction
// are: as of a SERVER span with the record's attributes. Of an exception on a span that made a request there is none: a "request" that the
// service sent itself would mislead.
func setServed(e *sentry.Event, rec plog.LogRecord, read *fields.Record, occurred Occurrence, opts EventOptions) (request, response bool) {
	serving := !occurred.FromSpan || slices.ContainsFunc(servedKeys, func(key string) bool {
		_, ok := rec.Attributes().Get(key)
		return ok
	})
	span := ptrace.NewSpan()
	rec.Attributes().CopyTo(span.Attributes())
	span.SetKind(ptrace.SpanKindServer)
	span.SetName(occurred.Transaction)
	var t Spans
	t.Personal = opts.Personal
	t.read(span.Attributes(), span.Kind())
	e.Transaction = t.endedBy(span, occurred, serving)
	if !serving {
		return false, false
	}
	e.User = mergeUser(t.user(span), read.User, span.Attributes(), opts.Personal)
	if e.Request = t.request(span); e.Request == nil {
		e.Request = presentable(read.Request, opts.Personal)
	}
	contexts := t.response(span)
	e.Contexts = append(e.Contexts, contexts...)
	return e.Request != nil, len(contexts) > 0
}

// endedBy is the name of the transaction that a failure ended: by its route, as the transaction is named itself, else as the span was.
func (t *Spans) endedBy(span ptrace.Span, occurred Occurrence, serving bool) string {
	if said := t.facts.text(slotSegmentName); said != "" {
		return said
	}
	routed := t.facts.has(slot(conventions.FieldHTTPRoute)) || t.facts.has(slot(conventions.FieldURLTemplate))
	if !serving || !routed || occurred.FromSpan && occurred.Transaction == "" {
		return occurred.Transaction
	}
	fam := t.facts.family()
	name, _ := t.name(fam, t.op(fam, span), span)
	return name
}

// presentable is a request as a body names it: without user, password and fragment in its URL, the query by itself, and without what its sender must
// not see in Sentry.
func presentable(r *sentry.Request, personal bool) *sentry.Request {
	if r == nil {
		return nil
	}
	if !personal {
		r = impersonal(r)
	}
	out := *r
	out.URL = string(appendURL(nil, r.URL))
	if out.QueryString == "" {
		out.QueryString = splitURL(r.URL).query
	}
	return &out
}

// mergeUser adds what the body says of the user, and what else the attributes do. nil where personal data is not sent, or there is none.
func mergeUser(u, body *sentry.User, attrs pcommon.Map, personal bool) *sentry.User {
	if !personal {
		return nil
	}
	out := sentry.User{}
	for _, from := range [...]*sentry.User{u, body} {
		if from == nil {
			continue
		}
		for _, field := range [...]struct {
			to   *string
			text string
		}{{&out.ID, from.ID}, {&out.Email, from.Email}, {&out.Username, from.Username}, {&out.Name, from.Name}, {&out.IPAddress, from.IPAddress}} {
			if *field.to == "" {
				*field.to = field.text
			}
		}
	}
	out.Data = appendAttrs(nil, attrs, 0, func(key string) bool { return !isUserData(key) })
	if out.ID+out.Email+out.Username+out.Name+out.IPAddress == "" && len(out.Data) == 0 {
		return nil
	}
	return &out
}

// userFields have a place of their own in a user.
var userFields = map[string]bool{
	"user.id": true, "user.email": true, "user.name": true, "user.username": true, "user.full_name": true, "user.ip_address": true, "enduser.id": true,
}

func isUserData(key string) bool {
	return !userFields[key] && (strings.HasPrefix(key, "user.") || strings.HasPrefix(key, "enduser."))
}
