package sentry

import "strings"

// FingerprintVariable reads a part of a fingerprint that stands for something the event says, "{{ name }}"; false: it is a text. "default" is what
// Sentry would group by without a fingerprint (event payloads, "fingerprint"; product docs, Fingerprint Rules, Variables).
func FingerprintVariable(part string) (name string, ok bool) {
	inner, opens := strings.CutPrefix(strings.TrimSpace(part), "{{")
	inner, closes := strings.CutSuffix(inner, "}}")
	if !opens || !closes {
		return "", false
	}
	return strings.TrimSpace(inner), true
}
