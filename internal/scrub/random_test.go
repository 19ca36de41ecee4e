package scrub

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fragments are what random texts are made of: names, signs, values, and all that begins or ends something.
var fragments = strings.Split("password|token|auth|session|cookie|Authorization|user|credentials|api key|x_forwarded_for|value|name|PWD|secret_name|"+
	":|: |=| = |=>|==|::|://|\"|\"|'|\\\"|\\\\\\\"|`|{|}|[|]|(|)|<|>|</|/>|,|, |;|; |&|?|\n|\\n| |  |@|/|.|-|--|_|+|%3D|%22|%26|%3A%2F%2F|%40|%20|\\u0026|\\u003d|"+
	"hunter2|a1b2c3d4e5|abc|17|4111111111111111|4111 1111 1111 1111|078-05-1120|DE89370400440532013000|GB82 WEST 1234 5698 7654 32|"+
	"Bearer |Basic |dTpwYXNz|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc|AKIAIOSFODNN7EXAMPLE|ghp_0123456789abcdefghijABCDEFGHIJ012345|sk-|acme_0123|"+
	"-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----|MIIEvQIBADANBgkqhkiG|postgres|shop|[Filtered]|[Filtered|\"[Filtered]\"|***|null|true|?|$1|self.|é|\xff|none|must be|"+
	"jdbc:oracle:thin:|@tcp(|PASSWORD '|<password>|&amp;|key", "|")

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(14) {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	return b.String()
}

// randomJSON wraps random texts in JSON, to a random depth, also as JSON in a string.
func randomJSON(r *rand.Rand, depth int) any {
	switch n := r.IntN(8); {
	case n == 0:
		return r.Int64N(1e17)
	case n == 1:
		return []any{nil, true, 4111111111111111, ""}[r.IntN(4)]
	case n < 4 && depth > 0:
		return []any{randomJSON(r, depth-1), randomJSON(r, depth-1)}
	case n < 6 && depth > 0:
		return map[string]any{fragments[r.IntN(14)]: randomJSON(r, depth-1), randomText(r): randomJSON(r, depth-1)}
	case n == 6 && depth > 0:
		return jsonText(randomJSON(r, depth-1))
	}
	return randomText(r)
}

// TestRandomTexts holds what FuzzText holds, for texts that look more like texts.
func TestRandomTexts(t *testing.T) {
	s := newScrubber(t, Config{Tokens: []string{"acme_"}})
	r := rand.New(rand.NewPCG(3, 17))
	for range 20_000 {
		requireStable(t, s, randomText(r))
		requireStable(t, s, jsonText(map[string]any{"m": randomJSON(r, r.IntN(4))}))
	}
}

// requireStable holds that scrubbing a text again changes nothing, that asking agrees with doing, and that JSON stays JSON.
func requireStable(t *testing.T, s *Scrubber, text string) {
	t.Helper()
	var counts, again Counts
	clean := s.Text(text, &counts)
	require.Equal(t, clean != text, s.NeedsText(text), "%q", clean)
	require.Equal(t, clean != text, counts != Counts{})
	require.Equal(t, clean, s.Text(clean, &again), "of %q", text)
	if strings.ContainsAny(text[:min(1, len(text))], "{[") && json.Valid([]byte(text)) {
		require.True(t, json.Valid([]byte(clean)), "%q of %q", clean, text)
	}
}
