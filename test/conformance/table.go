package conformance

import (
	"fmt"
	"slices"
	"strings"
)

const preamble = `# Parity with Sentry's SDKs

The same crash, once through Sentry's own SDK and once through its log line (text) or its OTLP log record and our exporter, compared field by field.
Written by ` + "`make conformance UPDATE=1`" + ` from the pairs in testdata/parity and test/conformance/parity/recorded; ` + "`make test`" + ` holds the shares.

A place is one field of one event, exception or frame that the SDK's event has; testdata/parity/compare.py says which fields count and why the others
do not. Comparable are the places where no difference is named below: what a text or a request does not hold cannot be read from it.
`

// Report is docs/parity.md: shares by language, by field, and the named differences.
func Report(scored []Scored, pairs []*Pair) string {
	var b strings.Builder
	b.WriteString(preamble)
	b.WriteString("\n## By language\n\n| language | pairs | source | equal | comparable | share | of all places |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, language := range Languages {
		n := 0
		for _, p := range pairs {
			if p.Language == language {
				n++
			}
		}
		for _, source := range []string{Text, OTLP} {
			t := tally(scored, func(s Scored) bool { return s.Source == source && languageOf(s) == language })
			fmt.Fprintf(&b, "| %s | %d | %s | %d | %d | %.1f %% | %.1f %% |\n", language, n, source, t.Equal, t.Total-t.Named, t.Comparable(), t.Raw())
		}
	}
	b.WriteString("\n## By field\n\nEqual of comparable places, from text and from OTLP.\n\n| field |")
	for _, language := range Languages {
		b.WriteString(" " + language + " text | OTLP |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- | --- |", len(Languages)) + "\n")
	for _, field := range fieldsOf(scored) {
		b.WriteString("| " + field + " |")
		for _, language := range Languages {
			for _, source := range []string{Text, OTLP} {
				b.WriteString(cell(tally(scored, func(s Scored) bool { return s.Field == field && s.Source == source && languageOf(s) == language })))
			}
		}
		b.WriteByte('\n')
	}
	const head = "\n\n| pair | source | fields | places | why |\n| --- | --- | --- | --- | --- |\n"
	b.WriteString("\n## Named differences" + head + strings.Join(named(scored, false), ""))
	if open := named(scored, true); len(open) > 0 {
		b.WriteString("\n## Open\n\nOurs to close; they count against the share." + head + strings.Join(open, ""))
	}
	return b.String()
}

func cell(t Tally) string {
	switch t.Total {
	case 0:
		return " |"
	case t.Named:
		return " - |"
	}
	return fmt.Sprintf(" %d/%d |", t.Equal, t.Total-t.Named)
}

func tally(scored []Scored, is func(Scored) bool) Tally {
	var t Tally
	for _, s := range scored {
		if is(s) {
			t.Add(s)
		}
	}
	return t
}

func languageOf(s Scored) string {
	language, _, _ := strings.Cut(s.Pair, "/")
	return language
}

func fieldsOf(scored []Scored) []string {
	var out []string
	for _, s := range scored {
		if !slices.Contains(out, s.Field) {
			out = append(out, s.Field)
		}
	}
	slices.Sort(out)
	return out
}

// named is a row for every pair, source and reason.
func named(scored []Scored, open bool) []string {
	type key struct{ pair, source, reason string }
	fields, counts := map[key][]string{}, map[key]int{}
	var keys []key
	for _, s := range scored {
		if s.Reason == "" || s.Open != open {
			continue
		}
		k := key{s.Pair, s.Source, s.Reason}
		if counts[k]++; counts[k] == 1 {
			keys = append(keys, k)
		}
		if !slices.Contains(fields[k], s.Field) {
			fields[k] = append(fields[k], s.Field)
		}
	}
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("| %s | %s | %s | %d | %s |\n", k.pair, k.source, strings.Join(fields[k], ", "), counts[k], k.reason))
	}
	return out
}
