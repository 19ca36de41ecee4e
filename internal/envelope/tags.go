package envelope

import (
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

// tagKeys are the cleaned keys of a list of tags, in its order. Keys that come again further on are "": the last one wins.
type tagKeys struct {
	few  [64]string
	keys []string
	last map[string]int // of long lists only
}

func (k *tagKeys) of(tags []sentry.Tag) {
	if len(tags) <= len(k.few) {
		k.keys = k.few[:0]
	} else {
		k.keys = make([]string, 0, len(tags))
		k.last = make(map[string]int, len(tags))
	}
	for i := range tags {
		key := ""
		if cleanTagValue(tags[i].Value) != "" {
			key = cleanTagKey(tags[i].Key)
		}
		k.hide(key)
		k.keys = append(k.keys, key)
	}
}

// hide forgets an earlier key that is the same as the one about to be added.
func (k *tagKeys) hide(key string) {
	if key == "" {
		return
	}
	if k.last == nil {
		for i, earlier := range k.keys {
			if earlier == key {
				k.keys[i] = ""
			}
		}
		return
	}
	if i, ok := k.last[key]; ok {
		k.keys[i] = ""
	}
	k.last[key] = len(k.keys)
}

func (k *tagKeys) has(key string) bool {
	if k.last != nil {
		_, ok := k.last[key]
		return ok
	}
	for _, own := range k.keys {
		if own == key {
			return true
		}
	}
	return false
}

// appendTags writes the member "tags": those of the item, and those of its resource that the item does not set. Nothing if there are none.
func appendTags(dst []byte, tags []sentry.Tag, p *Prepared) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"tags":{`)
	start := len(dst)
	var keys tagKeys
	keys.of(tags)
	for i := range tags {
		if key := keys.keys[i]; key != "" {
			dst = appendTag(dst, key, tags[i].Value)
		}
	}
	for _, f := range p.tags {
		if !keys.has(f.key) {
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
