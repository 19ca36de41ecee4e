package triage

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.AsString()
	}
	return ""
}

func has(attrs pcommon.Map, keys ...string) bool {
	for _, key := range keys {
		if _, ok := attrs.Get(key); ok {
			return true
		}
	}
	return false
}

// integer is a number that may be written as text; 0: there is none.
func integer(attrs pcommon.Map, keys ...string) int64 {
	for _, key := range keys {
		if v, ok := attrs.Get(key); ok {
			if v.Type() == pcommon.ValueTypeStr {
				n, _ := strconv.ParseInt(v.Str(), 10, 64)
				return n
			}
			return v.Int()
		}
	}
	return 0
}

func httpStatus(attrs pcommon.Map) int64 {
	return integer(attrs, "http.response.status_code", "http.status_code")
}
