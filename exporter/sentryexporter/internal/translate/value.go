package translate

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// internalPrefix begins the exporter's own attributes; they are never shown.
const internalPrefix = "sentry.internal."

// maxDepth bounds nested values: Relay keeps seven levels (relay-event-schema, max_depth).
const maxDepth = 7

// Value converts an OTLP value. Scalars allocate nothing; strings stay borrowed. Bytes become text where they are text, else base64.
func Value(v pcommon.Value) sentry.Value { return value(v, 0) }

func value(v pcommon.Value, depth int) sentry.Value {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return sentry.String(v.Str())
	case pcommon.ValueTypeBool:
		return sentry.Bool(v.Bool())
	case pcommon.ValueTypeInt:
		return sentry.Int(v.Int())
	case pcommon.ValueTypeDouble:
		return sentry.Double(v.Double())
	case pcommon.ValueTypeBytes:
		return sentry.String(bytesText(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		if depth >= maxDepth {
			return sentry.String(v.AsString())
		}
		list := make([]sentry.Value, 0, v.Slice().Len())
		for _, item := range v.Slice().All() {
			list = append(list, value(item, depth+1))
		}
		return sentry.List(list)
	case pcommon.ValueTypeMap:
		if depth >= maxDepth {
			return sentry.String(v.AsString())
		}
		return sentry.Map(appendAttrs(nil, v.Map(), depth+1, nil))
	case pcommon.ValueTypeEmpty:
	}
	return sentry.Value{}
}

func bytesText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// appendAttrs appends the attributes that skip does not name. A key that stands twice (OTLP forbids it, senders do it) is kept once,
// with its last value.
func appendAttrs(dst []sentry.Attr, attrs pcommon.Map, depth int, skip func(key string) bool) []sentry.Attr {
	first := len(dst)
next:
	for key, v := range attrs.All() {
		if strings.HasPrefix(key, internalPrefix) || (skip != nil && skip(key)) {
			continue
		}
		for i := first; i < len(dst); i++ {
			if dst[i].Key == key {
				dst[i].Value = value(v, depth)
				continue next
			}
		}
		dst = append(dst, sentry.Attr{Key: key, Value: value(v, depth)})
	}
	return dst
}
