package envelope

import (
	"net/netip"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// appendBreadcrumbs writes the newest breadcrumbs, oldest first.
func appendBreadcrumbs(dst []byte, crumbs []sentry.Breadcrumb, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"breadcrumbs":{"values":[`)
	start := len(dst)
	for i := max(0, len(crumbs)-t.breadcrumbs); i < len(crumbs); i++ {
		dst = appendBreadcrumb(comma(dst), &crumbs[i], t)
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// breadcrumbTypes is the vocabulary of a breadcrumb's type (breadcrumbs interface docs).
var breadcrumbTypes = set("default", "debug", "error", "http", "info", "navigation", "query", "transaction", "ui", "user")

func appendBreadcrumb(dst []byte, b *sentry.Breadcrumb, t *trim) []byte {
	dst = append(dst, '{')
	if b.Timestamp != 0 {
		dst = AppendTime(append(dst, `"timestamp":`...), b.Timestamp)
	}
	kind := b.Type
	if !breadcrumbTypes[kind] {
		kind = "default"
	}
	dst = AppendString(appendMember(dst, `"type":`), kind)
	dst = appendTextCut(dst, `"category":`, b.Category, MaxEnumLike)
	if b.Level != "" {
		dst = AppendString(appendMember(dst, `"level":`), levelOf(b.Level))
	}
	dst = appendTextCut(dst, `"message":`, b.Message, t.text)
	dst = appendBag(dst, `"data":{`, b.Data, MaxBreadcrumbData)
	return append(dst, '}')
}

// appendBag writes a member that is an object of at most room bytes; nothing if it is empty.
func appendBag(dst []byte, literal string, attrs []sentry.Attr, room int) []byte {
	if len(attrs) == 0 {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, literal)
	start := len(dst)
	dst = appendFields(dst, attrs, 1, start-1+room-1)
	if len(dst) == start {
		return dst[:mark]
	}
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
	dst = appendTextCut(dst, `"id":`, u.ID, MaxUserField)
	dst = appendTextCut(dst, `"email":`, u.Email, MaxUserField)
	dst = appendTextCut(dst, `"username":`, u.Username, MaxUserField)
	dst = appendTextCut(dst, `"name":`, u.Name, MaxUserField)
	if _, err := netip.ParseAddr(u.IPAddress); err == nil {
		dst = appendText(dst, `"ip_address":`, u.IPAddress)
	}
	dst = appendBag(dst, `"data":{`, u.Data, MaxContextBytes)
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
	dst = appendTextCut(dst, `"query_string":`, r.QueryString, MaxURL)
	dst = appendHeaders(dst, r.Headers)
	if !isNothing(r.Data) {
		before := len(dst)
		out, ok := appendValue(appendMember(dst, `"data":`), r.Data, 0, before+MaxBodyBytes)
		if dst = out; !ok {
			dst = out[:before]
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// appendHeaders writes the headers as pairs: a header may stand twice.
func appendHeaders(dst []byte, headers []sentry.Tag) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"headers":[`)
	start := len(dst)
	for i := range headers {
		if headers[i].Key != "" && len(dst)-start < MaxBodyBytes {
			dst = appendCut(append(comma(dst), '['), headers[i].Key, MaxUserField)
			dst = append(appendCut(append(dst, ','), headers[i].Value, MaxURL), ']')
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, ']')
}
