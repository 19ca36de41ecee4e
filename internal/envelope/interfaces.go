package envelope

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// appendBreadcrumbs writes the newest breadcrumbs, oldest first.
func appendBreadcrumbs(dst []byte, crumbs []sentry.Breadcrumb, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"breadcrumbs":{"values":[`)
	start := len(dst)
	crumbs = oldestFirst(crumbs)
	for i := max(0, len(crumbs)-t.breadcrumbs); i < len(crumbs); i++ {
		dst = appendBreadcrumb(comma(dst), &crumbs[i], t)
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// oldestFirst is crumbs in the order of time, which is how they come as a rule. One without a time stays behind the one before it.
func oldestFirst(crumbs []sentry.Breadcrumb) []sentry.Breadcrumb {
	before, ordered := sentry.Time(0), true
	for i := range crumbs {
		if at := crumbs[i].Timestamp; at != 0 {
			ordered = ordered && at >= before
			before = at
		}
	}
	if ordered {
		return crumbs
	}
	type placed struct {
		at    sentry.Time
		crumb *sentry.Breadcrumb
	}
	places := make([]placed, len(crumbs))
	before = 0
	for i := range crumbs {
		if crumbs[i].Timestamp != 0 {
			before = crumbs[i].Timestamp
		}
		places[i] = placed{before, &crumbs[i]}
	}
	slices.SortStableFunc(places, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	sorted := make([]sentry.Breadcrumb, len(crumbs))
	for i := range places {
		sorted[i] = *places[i].crumb
	}
	return sorted
}

// breadcrumbDefault is the type of a breadcrumb that is nothing special.
const breadcrumbDefault = "default"

func appendBreadcrumb(dst []byte, b *sentry.Breadcrumb, t *trim) []byte {
	dst = append(dst, '{')
	if b.Timestamp != 0 {
		dst = AppendTime(append(dst, `"timestamp":`...), b.Timestamp)
	}
	kind := b.Type
	if kind == "" {
		kind = breadcrumbDefault
	}
	dst = appendTextCut(dst, `"type":`, kind, MaxEnumLike)
	dst = appendTextCut(dst, `"category":`, b.Category, MaxEnumLike)
	if b.Level != "" {
		dst = AppendString(appendMember(dst, `"level":`), levelOf(b.Level))
	}
	dst = appendTextCut(dst, `"message":`, b.Message, t.text)
	dst = appendBag(dst, `"data":{`, b.Data, breadcrumbBag)
	return append(dst, '}')
}

// appendUser writes "user". An address that is none is left out, "{{auto}}" among them: it would name the Collector's own address.
func appendUser(dst []byte, u *sentry.User) []byte {
	if u == nil {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, `"user":{`)
	start := len(dst)
	dst = appendTextCut(dst, `"id":`, u.ID, MaxUserName)
	dst = appendTextCut(dst, `"email":`, u.Email, MaxEmail)
	dst = appendTextCut(dst, `"username":`, u.Username, MaxUserName)
	dst = appendTextCut(dst, `"name":`, u.Name, MaxUserName)
	if _, err := netip.ParseAddr(u.IPAddress); err == nil {
		dst = appendText(dst, `"ip_address":`, u.IPAddress)
	}
	dst = appendBag(dst, `"data":{`, u.Data, contextBag)
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// appendRequest writes "request".
func appendRequest(dst []byte, r *sentry.Request, t *trim) []byte {
	if r == nil || t.bare {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, `"request":{`)
	start := len(dst)
	dst = appendTextCut(dst, `"method":`, r.Method, MaxEnumLike)
	dst = appendTextCut(dst, `"url":`, r.URL, MaxURL)
	if r.QueryString != "" {
		dst, _ = appendWithin(appendMember(dst, `"query_string":`), r.QueryString, MaxQueryString)
	}
	dst = appendHeaders(dst, r.Headers)
	if !isNothing(r.Data) {
		before := len(dst)
		dst = appendMember(dst, `"data":`)
		out, ok := appendValue(dst, r.Data, 0, len(dst)+MaxBodyBytes)
		if dst = out; !ok {
			dst = dst[:before]
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// appendHeaders writes the headers as pairs, because a header may stand twice.
func appendHeaders(dst []byte, headers []sentry.Tag) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"headers":[`)
	start := len(dst)
	for i := range headers {
		before := len(dst)
		dst = append(AppendString(append(comma(dst), '['), headers[i].Key), ',')
		out, ok := appendWithin(dst, headers[i].Value, start+MaxHeadersBytes-len("]]")-len(dst))
		out = append(out, ']')
		if !ok || headers[i].Key == "" {
			out = out[:before]
		}
		dst = out
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, ']')
}
