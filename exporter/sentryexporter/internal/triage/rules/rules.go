// Package rules says whether somebody's rules are about an occurrence.
//
// In: rules as a person writes them, compiled once; an Occurrence. Out: whether, or which rule, matches it.
// It must not know: what a match means, where occurrences come from, severities, budgets.
package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
)

// Rule names occurrences by conditions. All conditions that it states must hold; where a condition lists several values, any of them. In
// patterns * stands for any run of characters, ? for one; a pattern matches a whole value. A rule without any condition is refused.
type Rule struct {
	// Exceptions are patterns of the type of the thrown exception, with or without its package or module.
	Exceptions []string `mapstructure:"exceptions"`
	// Loggers are patterns of the logger's name.
	Loggers []string `mapstructure:"loggers"`
	// Messages are regular expressions (RE2), found anywhere in the first 16 KiB of the message, the exception's message or the body's text.
	Messages []string `mapstructure:"messages"`
	// Attributes of the record (of a span's exception: of the event, else of the span), and patterns of their values. All must match.
	Attributes map[string]string `mapstructure:"attributes"`
	// Resource attributes, and patterns of their values. All must match.
	Resource map[string]string `mapstructure:"resource"`
	// Namespaces are patterns of k8s.namespace.name.
	Namespaces []string `mapstructure:"namespaces"`
	// Projects are patterns of the names of projects in the configuration.
	Projects []string `mapstructure:"projects"`
}

// Occurrence is what rules look at.
type Occurrence struct {
	// Type of the thrown exception as it is known; "" for none.
	Type string
	// Named is the type as a separate field names it, if any does.
	Named string
	// Qualified finds the type with its package or module. It may be expensive: it is asked only where a pattern depends on it.
	Qualified func() string
	Logger    string
	// Messages are the texts that regular expressions are held against; empty ones are left out.
	Messages [3]string
	// Attributes are asked in their order; one that is the zero value has none.
	Attributes [2]pcommon.Map
	Resource   pcommon.Map
}

// Set is a list of rules, compiled. The zero value is empty.
type Set struct{ rules []rule }

type rule struct {
	exceptions []typeGlob
	loggers    []glob.Pattern
	messages   []*regexp.Regexp
	attributes []attribute
	resource   []attribute
	namespaces []glob.Pattern
	projects   []glob.Pattern
}

type attribute struct {
	key   string
	value glob.Pattern
}

var errEmpty = errors.New("a rule without conditions would match everything")

// Compile makes a Set. Its error says which rule, by its index, and which key is wrong.
func Compile(list []Rule) (Set, error) {
	var s Set
	var errs []error
	for i := range list {
		r, err := compile(&list[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("'%d': %w", i, err))
		}
		s.rules = append(s.rules, r)
	}
	return s, errors.Join(errs...)
}

func compile(r *Rule) (rule, error) {
	var out rule
	if len(r.Exceptions)+len(r.Loggers)+len(r.Messages)+len(r.Attributes)+len(r.Resource)+len(r.Namespaces)+len(r.Projects) == 0 {
		return out, errEmpty
	}
	for _, pattern := range r.Exceptions {
		out.exceptions = append(out.exceptions, newTypeGlob(pattern))
	}
	var errs []error
	for i, expression := range r.Messages {
		re, err := regexp.Compile(expression)
		if err != nil {
			errs = append(errs, fmt.Errorf("'messages::%d': %w", i, err))
		}
		out.messages = append(out.messages, re)
	}
	out.loggers, out.namespaces, out.projects = globs(r.Loggers), globs(r.Namespaces), globs(r.Projects)
	out.attributes, out.resource = attributes(r.Attributes), attributes(r.Resource)
	return out, errors.Join(errs...)
}

func globs(patterns []string) []glob.Pattern {
	var out []glob.Pattern
	for _, p := range patterns {
		out = append(out, glob.Pattern(p))
	}
	return out
}

func attributes(of map[string]string) []attribute {
	var out []attribute
	for key, pattern := range of {
		out = append(out, attribute{key, glob.Pattern(pattern)})
	}
	slices.SortFunc(out, func(a, b attribute) int { return strings.Compare(a.key, b.key) })
	return out
}

// For gives the rules that may match in one project.
func (s Set) For(project string) Set {
	var out Set
	for _, r := range s.rules {
		if anyMatches(r.projects, project) {
			r.projects = nil
			out.rules = append(out.rules, r)
		}
	}
	return out
}

// Empty reports whether there is no rule.
func (s Set) Empty() bool { return len(s.rules) == 0 }

// Matches reports whether any rule is about the occurrence.
func (s Set) Matches(o *Occurrence) bool {
	for i := range s.rules {
		if s.rules[i].matches(o) {
			return true
		}
	}
	return false
}

// matches asks the cheap conditions first.
func (r *rule) matches(o *Occurrence) bool {
	return r.inNamespace(o) &&
		anyMatches(r.loggers, o.Logger) &&
		r.ofResource(o) &&
		r.hasAttributes(o) &&
		r.throws(o) &&
		r.says(o)
}

// anyMatches: a condition that is not stated holds.
func anyMatches(patterns []glob.Pattern, value string) bool {
	for _, g := range patterns {
		if g.Matches(value) {
			return true
		}
	}
	return len(patterns) == 0
}

func (r *rule) inNamespace(o *Occurrence) bool {
	if len(r.namespaces) == 0 {
		return true
	}
	v, ok := o.Resource.Get("k8s.namespace.name")
	return ok && anyMatches(r.namespaces, v.AsString())
}

func (r *rule) ofResource(o *Occurrence) bool {
	for _, a := range r.resource {
		v, ok := o.Resource.Get(a.key)
		if !ok || !a.value.Matches(v.AsString()) {
			return false
		}
	}
	return true
}

func (r *rule) hasAttributes(o *Occurrence) bool {
	for _, a := range r.attributes {
		v, ok := o.attribute(a.key)
		if !ok || !a.value.Matches(v.AsString()) {
			return false
		}
	}
	return true
}

func (o *Occurrence) attribute(key string) (pcommon.Value, bool) {
	for _, attrs := range o.Attributes {
		if attrs == (pcommon.Map{}) {
			continue
		}
		if v, ok := attrs.Get(key); ok {
			return v, true
		}
	}
	return pcommon.Value{}, false
}

func (r *rule) throws(o *Occurrence) bool {
	for _, g := range r.exceptions {
		if g.matches(o) {
			return true
		}
	}
	return len(r.exceptions) == 0
}

// maxSearched bounds the text that a regular expression is held against.
const maxSearched = 16 << 10

func (r *rule) says(o *Occurrence) bool {
	for _, re := range r.messages {
		for _, m := range o.Messages {
			if m != "" && re.MatchString(m[:min(len(m), maxSearched)]) {
				return true
			}
		}
	}
	return len(r.messages) == 0
}
