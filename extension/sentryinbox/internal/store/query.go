package store

import (
	"strings"
)

// Query is a search as people type it: words that must all be found, in any case, and "key:value" terms. A "!" before a term turns it round;
// quotes hold a value together: level:error !environment:staging "no such table".
type Query struct{ terms []term }

type term struct {
	key, value string // lower case; no key: free text
	text       string // the whole term, for rows that do not know the key
	negated    bool
}

// maxTerms bounds the work that one search can ask for.
const maxTerms = 20

// ParseQuery reads a search. Every text is one: what has no meaning as a term is searched for as text.
func ParseQuery(s string) Query {
	var q Query
	rest := strings.TrimSpace(s)
	for rest != "" && len(q.terms) < maxTerms {
		var t term
		rest, t.negated = strings.CutPrefix(rest, "!")
		word, remaining := cutWord(rest)
		if key, value, found := strings.Cut(word, ":"); found && isKey(key) && value != "" && !strings.HasPrefix(value, "//") {
			t.key, t.value = strings.ToLower(key), unquote(value)
		} else {
			t.value = unquote(word)
		}
		t.value, t.text = strings.ToLower(t.value), strings.ToLower(unquote(word))
		if t.value != "" {
			q.terms = append(q.terms, t)
		}
		rest = strings.TrimSpace(remaining)
	}
	return q
}

// cutWord cuts at the first space that is not inside quotes.
func cutWord(s string) (word, rest string) {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ' ', '\t', '\n', '\r':
			if !quoted {
				return s[:i], s[i:]
			}
		}
	}
	return s, ""
}

func unquote(s string) string { return strings.ReplaceAll(s, `"`, "") }

// isKey keeps times, paths and C++ names from being read as keys.
func isKey(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return !strings.ContainsAny(s, `"/\ ()[]{}<>=,;`)
}

// searched is a row as a search sees it.
type searched interface {
	// field gives the value of a key, such as "level" or the name of a tag.
	field(key string) (value string, known bool)
	// contains looks for lower-case text anywhere in the row.
	contains(text string) bool
}

// matches reports whether every term holds. A term whose key the row does not know is searched for as text: messages have colons too.
func (q Query) matches(row searched) bool {
	for i := range q.terms {
		t := &q.terms[i]
		if t.holds(row) == t.negated {
			return false
		}
	}
	return true
}

func (t *term) holds(row searched) bool {
	if t.key == "" {
		return row.contains(t.value)
	}
	if value, known := row.field(t.key); known {
		return matchValue(strings.ToLower(value), t.value)
	}
	return row.contains(t.text)
}

// matchValue takes a "*" at either end as "anything".
func matchValue(value, pattern string) bool {
	inner, opens := strings.CutPrefix(pattern, "*")
	inner, closes := strings.CutSuffix(inner, "*")
	switch {
	case opens && closes:
		return strings.Contains(value, inner)
	case opens:
		return strings.HasSuffix(value, inner)
	case closes:
		return strings.HasPrefix(value, inner)
	}
	return value == pattern
}

// containsFold reports whether the text holds the lower-case needle in any case of ASCII letters, without making a copy of the text.
func containsFold[T ~string | ~[]byte](text T, needle string) bool {
	if needle == "" {
		return true
	}
	for i := 0; i+len(needle) <= len(text); i++ {
		j := 0
		for j < len(needle) && lower(text[i+j]) == needle[j] {
			j++
		}
		if j == len(needle) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
