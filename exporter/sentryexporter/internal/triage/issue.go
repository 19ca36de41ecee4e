package triage

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
	"github.com/otelcol-sentry/otelcol-sentry/internal/template"
)

// issueOf names the issue that Sentry will most probably put an event into, for the budget. It is cheap, so it is coarse: exceptions by
// type and place, where there is no place by the template of their message; other records by workload, logger and template. A fingerprint
// of a rule or of the app goes before that, as it does in Sentry.
func (p *Project) issueOf(out *target, o *occurrence) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	part(&h, p.id)
	switch {
	case !p.groupedByDefault(&h, out, o):
	case o.failed && (o.key.Type != "" || placed(&o.key)):
		exceptionIssue(&h, &o.key)
	default:
		messageIssue(&h, out, o)
	}
	return h.Sum64()
}

// groupedByDefault writes the fingerprint of an occurrence, and reports whether Sentry's own grouping is all or a part of it.
func (p *Project) groupedByDefault(h *maphash.Hash, out *target, o *occurrence) bool {
	if len(p.fingerprints) > 0 {
		seen := asRulesSee(out, o)
		for i := range p.fingerprints {
			if p.fingerprints[i].Rule.Matches(&seen) {
				return ruled(h, p.fingerprints[i].Parts, o)
			}
		}
	}
	byDefault := len(o.read.Fingerprint) == 0
	for _, given := range o.read.Fingerprint {
		part(h, given)
		name, _ := sentry.FingerprintVariable(given)
		byDefault = byDefault || name == "default"
	}
	return byDefault
}

// ruled writes a rule's fingerprint. What only the whole event tells is left to the default, which is finer: rather two issues in place of one than an
// issue that is never seen.
func ruled(h *maphash.Hash, parts []string, o *occurrence) (byDefault bool) {
	for _, text := range parts {
		part(h, text)
		name, ok := sentry.FingerprintVariable(text)
		switch {
		case !ok:
		case name == "type":
			part(h, o.key.Type)
		case name == "logger":
			part(h, o.read.Logger)
		default:
			byDefault = true
		}
	}
	return byDefault
}

func placed(key *stacktrace.Key) bool { return key.File != "" || key.Function != "" }

func exceptionIssue(h *maphash.Hash, key *stacktrace.Key) {
	part(h, "exception")
	part(h, key.Type)
	switch {
	case key.File != "":
		part(h, key.File)
		number(h, uint64(key.Line))
	case key.Function != "":
		part(h, key.Function)
	default:
		number(h, template.Hash(key.Message))
	}
}

func messageIssue(h *maphash.Hash, out *target, o *occurrence) {
	part(h, "message")
	w := workloadOf(out.resource.Attributes())
	part(h, w.Namespace)
	part(h, w.Name)
	part(h, o.read.Logger)
	switch {
	case o.read.Template != "":
		number(h, template.Hash(o.read.Template)) // it may be a text that somebody had put together already
	case o.read.Message != "":
		number(h, template.Hash(o.read.Message))
	case o.key.Message != "":
		number(h, template.Hash(o.key.Message))
	default:
		part(h, o.eventName)
	}
}

// part writes a text with an end, so that no two sequences run together.
func part(h *maphash.Hash, s string) {
	_, _ = h.WriteString(s) // never fails
	_ = h.WriteByte(0xff)   // in no UTF-8 text; never fails
}

func number(h *maphash.Hash, n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:]) // never fails
}
