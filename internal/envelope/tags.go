package envelope

import (
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A tag's key and value are checked by Relay (event payload docs: tags; relay-event-normalization): a bad key loses the tag, a bad value its value.
// So both are made valid here.

// tagKeyBytes maps a byte to the one that may stand in a tag's key; 0 leaves the byte out.
var tagKeyBytes = func() (t [256]byte) {
	for i := range t {
		c := byte(i)
		switch {
		case isAlnum(c), c == '_', c == '.', c == ':', c == '-':
			t[i] = c
		case c == ' ':
			t[i] = '-'
		case 0x80 <= c && c < 0xc0: // the rest of a character whose first byte has become "_"
		default:
			t[i] = '_'
		}
	}
	return t
}()

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// cleanTagKey gives the key to write for s; it is a part of s itself where s is valid. "" says: no tag.
func cleanTagKey(s string) string {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if tagKeyBytes[s[i]] != s[i] {
			s = mapTagKey(s)
			break
		}
	}
	if len(s) > MaxTagKey {
		s = s[:MaxTagKey]
	}
	if reservedTags[s] {
		return ""
	}
	return s
}

func mapTagKey(s string) string {
	out := make([]byte, 0, min(len(s), MaxTagKey))
	for i := 0; i < len(s) && len(out) < MaxTagKey; i++ {
		if c := tagKeyBytes[s[i]]; c != 0 {
			out = append(out, c)
		}
	}
	return string(out)
}

// cleanTagValue gives the value to write for s, but for its length; "" says: no tag.
func cleanTagValue(s string) string {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "\r\n") {
		s = lineBreaks.Replace(s)
	}
	return s
}

var lineBreaks = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// fewTags is how many tags are compared with one another; more are found by a map.
const fewTags = 64

// cleanTagKeys appends the cleaned keys of tags to keys, in their order. "" stands for a tag that is not to be written: it says nothing, or its key comes
// again further on, where the last one wins.
func cleanTagKeys(keys []string, tags []sentry.Tag) []string {
	var last map[string]int
	if len(tags) > fewTags {
		last = make(map[string]int, len(tags))
	}
	for i := range tags {
		key := ""
		if cleanTagValue(tags[i].Value) != "" {
			key = cleanTagKey(tags[i].Key)
		}
		if key != "" && last == nil {
			if earlier := slices.Index(keys, key); earlier >= 0 {
				keys[earlier] = ""
			}
		} else if key != "" {
			if earlier, ok := last[key]; ok {
				keys[earlier] = ""
			}
			last[key] = i
		}
		keys = append(keys, key)
	}
	return keys
}

// appendTags writes the member "tags": those of the item, and those of its resource that the item does not set. Nothing if there are none.
func appendTags(dst []byte, tags []sentry.Tag, p *Prepared) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"tags":{`)
	start := len(dst)
	var few [fewTags]string
	keys := cleanTagKeys(few[:0], tags)
	for i, key := range keys {
		if key != "" {
			dst = appendTag(dst, key, tags[i].Value)
		}
	}
	var taken map[string]bool
	if len(keys) > fewTags {
		taken = set(keys...)
	}
	for _, f := range p.tags {
		if !taken[f.key] && (taken != nil || !slices.Contains(keys, f.key)) {
			dst = append(comma(dst), p.bytes(f)...)
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// appendTag writes one tag whose key is clean.
func appendTag(dst []byte, key, value string) []byte {
	dst = append(comma(dst), '"')
	dst = append(dst, key...)
	dst = append(dst, `":`...)
	return appendCut(dst, cleanTagValue(value), MaxTagValue)
}
