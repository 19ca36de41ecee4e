package glob

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"a*", "abc", true},
		{"a*", "b", false},
		{"*c", "abc", true},
		{"*c", "abcd", false},
		{"a*c", "abcbc", true},
		{"a*b*c", "axxbyybzzc", true},
		{"a*b*c", "axxbyyzz", false},
		{"a**c", "ac", true},
		{"?", "a", true},
		{"?", "€", true},
		{"?", "", false},
		{"a?c", "abc", true},
		{"*€?", "10 €!", true},
		{"[a]", "[a]", true},
		{"a.c", "abc", false},
		{"A", "a", false},
		{"*?", "\xff\xfe", true},
	} {
		assert.Equal(t, tt.want, Pattern(tt.pattern).Matches(tt.value), "%q %q", tt.pattern, tt.value)
	}
	// Patterns that make backtracking matchers exponential.
	assert.False(t, Pattern(strings.Repeat("*a", 50)+"b").Matches(strings.Repeat("a", 5000)))
}

func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*.*", "é.\xff")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		Pattern(pattern).Matches(value)
		assert.True(t, Pattern("*").Matches(value))
		if !strings.ContainsAny(value, "*?") && utf8.ValidString(value) && utf8.ValidString(pattern) {
			assert.True(t, Pattern(value).Matches(value))
			assert.True(t, Pattern(value+"*").Matches(value+pattern))
			assert.True(t, Pattern("*"+value).Matches(pattern+value))
		}
	})
}
