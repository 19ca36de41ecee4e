// Package payload reads what the inbox needs to know from the JSON inside envelope items.
//
// In: the payload of an event, transaction, span or log, as it came.
// Out: structs with the members that are grouped by, searched by and listed.
// It must not know: envelopes, HTTP, the store. It judges nothing (internal/envelope does): a member of the wrong type counts as absent, as
// it does in Sentry, where a bad field is removed and the event survives.
package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Tag is a searchable key and value.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// object is a JSON object whose members are read by the tolerant functions below.
type object map[string]any

var errNoObject = errors.New("payload is not one JSON object")

func decode(raw []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var o map[string]any
	if err := dec.Decode(&o); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); o == nil || err != io.EOF {
		return nil, errNoObject
	}
	return o, nil
}

// text is a string, or a number or boolean written out: SDKs send either for ids, versions and tags.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (o object) text(key string) string { return text(o[key]) }

func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

func (o object) flag(key string) (value, set bool) {
	value, set = o[key].(bool)
	return value, set
}

func (o object) is(key string) bool {
	value, _ := o.flag(key)
	return value
}

func (o object) int(key string) int {
	n, _ := o[key].(json.Number)
	i, err := strconv.Atoi(n.String())
	if err != nil {
		return 0
	}
	return i
}

// objects is a list of objects, either plain or as {"values": [...]}: the protocol knows both forms for exceptions, threads and breadcrumbs.
func (o object) objects(key string) []object {
	list, ok := o[key].([]any)
	if !ok {
		list, _ = o.object(key)["values"].([]any)
	}
	out := make([]object, 0, len(list))
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (o object) texts(key string) []string {
	list, _ := o[key].([]any)
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, text(v))
	}
	return out
}

// time is seconds since 1970 as a number, or RFC 3339 text; the zero time where it is neither.
func (o object) time(key string) time.Time {
	switch v := o[key].(type) {
	case json.Number:
		return unixSeconds(v)
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
		return unixSeconds(json.Number(v))
	}
	return time.Time{}
}

// maxSeconds is the year 9999: later times cannot be written as RFC 3339.
const maxSeconds = 253402300799

func unixSeconds(n json.Number) time.Time {
	f, err := n.Float64()
	if err != nil || math.IsNaN(f) || f < 0 || f > maxSeconds {
		return time.Time{}
	}
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1e3).UTC()
}

// tags reads both forms: a map, and a list of pairs (or of {key, value} objects). The order of a map is not kept: the caller sorts.
func (o object) tags(key string) []Tag {
	switch v := o[key].(type) {
	case map[string]any:
		out := make([]Tag, 0, len(v))
		for k, value := range v {
			out = append(out, Tag{k, text(value)})
		}
		return out
	case []any:
		out := make([]Tag, 0, len(v))
		for _, entry := range v {
			switch entry := entry.(type) {
			case []any:
				if len(entry) == 2 {
					out = append(out, Tag{text(entry[0]), text(entry[1])})
				}
			case map[string]any:
				out = append(out, Tag{object(entry).text("key"), object(entry).text("value")})
			}
		}
		return out
	}
	return nil
}

// attribute reads a typed attribute of the span and log protocols: {"type": ..., "value": ...}.
func (o object) attribute(key string) string {
	return o.object(key).text("value")
}

// hexID reads an id of so many hex digits, with or without dashes and in any case; "" for what is none: Relay nulls those, and all zeros.
func hexID(id string, digits int) string {
	if len(id) > 2*digits {
		return ""
	}
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	if len(id) != digits || strings.Trim(id, "0123456789abcdef") != "" || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func eventID(id string) string { return hexID(id, 32) }
func traceID(id string) string { return hexID(id, 32) }
func spanID(id string) string  { return hexID(id, 16) }
