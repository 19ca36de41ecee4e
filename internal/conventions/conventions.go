package conventions

import "strings"

// Status says what becomes of a deprecated key.
type Status uint8

// The statuses of a key.
const (
	// StatusCurrent: the key is the one to use.
	StatusCurrent Status = iota
	// StatusDeprecated: there is a replacement, but the value cannot be carried over without knowing more (its meaning differs by
	// span kind, or its type does).
	StatusDeprecated
	// StatusBackfill: the value is written under the current key too, beside the old one.
	StatusBackfill
	// StatusNormalize: the value is written under the current key instead of the old one.
	StatusNormalize
	// StatusTransform: the value is rewritten by a rule that only Sentry has.
	StatusTransform
)

// Scrub says what Sentry's data scrubbing does with a value.
type Scrub uint8

// The scrub classes.
const (
	// ScrubManual: only a rule that names the key touches the value.
	ScrubManual Scrub = iota
	// ScrubAuto: the default scrubbers look into the value.
	ScrubAuto
	// ScrubNever: no scrubber touches the value.
	ScrubNever
)

// Type is the type that the value of a key should have.
type Type uint8

// The types of values.
const (
	TypeString Type = iota
	TypeInt
	TypeDouble
	TypeBool
	TypeStrings
)

// Attr is what is known of one attribute key.
type Attr struct {
	// Key is the key itself; for a family of keys its pattern, "http.request.header.<key>".
	Key string
	// Current is the key to use today: Key itself unless it is deprecated. Of a family it is a pattern too.
	Current string
	// Keys are all keys the value may stand under, the best first; empty where there is only Key.
	Keys   []string
	Type   Type
	Scrub  Scrub
	Status Status
	// OTel: OpenTelemetry's conventions have the key too.
	OTel bool
	// Family: Key is a pattern that ends in a free part.
	Family bool
}

// Lookup finds a key among Sentry's attributes, first by name, then by the families ("mdc.<key>").
func Lookup(key string) (Attr, bool) {
	if i, ok := attrIndex[key]; ok {
		return attrs[i], true
	}
	if key == "" {
		return Attr{}, false
	}
	// Longest prefix first: score.ratio.<key> before score.<key>.
	for _, f := range families {
		if len(key) > len(f.prefix) && strings.HasPrefix(key, f.prefix) {
			return attrs[f.attr], true
		}
	}
	return Attr{}, false
}

// All calls yield for every attribute, in the order of the keys.
func All(yield func(Attr) bool) {
	for i := range attrs {
		if !yield(attrs[i]) {
			return
		}
	}
}

// Op returns the op's own string if Sentry's conventions know it, so that an op put together in a buffer need not be copied.
func Op(op []byte) (string, bool) {
	s, ok := ops[string(op)]
	return s, ok
}

// family is a key pattern by its fixed part.
type family struct {
	prefix string
	attr   uint16
}
