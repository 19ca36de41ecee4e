package rules

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
)

// typeGlob matches the type of an exception. Texts print it with its package or without; a pattern without one matches both.
type typeGlob struct {
	whole glob.Pattern
	// bare is the pattern behind its last dot; qualified: there is a dot.
	bare      glob.Pattern
	qualified bool
}

func newTypeGlob(pattern string) typeGlob {
	i := strings.LastIndexByte(pattern, '.')
	return typeGlob{whole: glob.Pattern(pattern), bare: glob.Pattern(pattern[i+1:]), qualified: i >= 0}
}

func (g typeGlob) matches(o *Occurrence) bool {
	for _, name := range [...]string{o.Type, o.Named} {
		if name != "" && (g.whole.Matches(name) || !g.qualified && g.bare.Matches(bare(name))) {
			return true
		}
	}
	return g.qualified && o.Type != "" && o.Qualified != nil && g.bare.Matches(bare(o.Type)) && g.whole.Matches(o.Qualified())
}

// bare is a type without its package.
func bare(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
