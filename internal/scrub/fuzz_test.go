package scrub

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// FuzzText: whatever the text, what requireStable says holds.
func FuzzText(f *testing.F) {
	for _, secret := range secretTexts {
		f.Add(secret.text)
		f.Add(jsonText(map[string]any{"msg": secret.text}))
	}
	for _, text := range harmlessTexts {
		f.Add(text)
	}
	for _, text := range hostileTexts(64) {
		f.Add(text)
	}
	s := newScrubber(f, Config{Tokens: []string{"acme_"}})
	f.Fuzz(func(t *testing.T, text string) {
		requireStable(t, s, text)
	})
}

// FuzzValue does the same with JSON as values.
func FuzzValue(f *testing.F) {
	for _, key := range secretKeys {
		f.Add(jsonText(map[string]any{key: "value17", "a": map[string]any{key: []any{1, "x", nil, true, map[string]any{"type": "t"}}}}))
	}
	s := newScrubber(f, Config{})
	f.Fuzz(func(t *testing.T, text string) {
		var raw map[string]any
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		m, was := pcommon.NewMap(), pcommon.NewMap()
		require.NoError(t, m.FromRaw(raw))
		m.CopyTo(was)
		needs := s.NeedsAttributes(m)
		var counts, again Counts
		s.Attributes(m, &counts)
		require.Equal(t, needs, !m.Equal(was))
		require.Equal(t, needs, counts != Counts{})
		s.Attributes(m, &again)
		require.Equal(t, Counts{}, again)
	})
}

// hostileTexts are made to have the same bytes read again and again.
func hostileTexts(n int) (list []string) {
	for _, part := range []string{
		":", "=", "a:", "auth:", "auth=", "password:", "password=", "password=[", "auth:[", "auth:{", `password="`, `auth="`, `auth='`, `auth=\"`, `auth:\\\"`,
		"://", "://a:", "x://a:b/", "@tcp(", "a@tcp(", "eyJ", "eyJhbGciOiJIUzI1NiJ9-", "eyJhbGciOiJIUzI1NiJ9.", "SG.", "sk-", "gsk_", "xoxb-", "-----BEGIN ",
		"-----BEGIN PRIVATE KEY-----", "--", "--password ", "<a>", "<password>", "<", ">", "'", "PASSWORD '", "4111", "4111 ", "4111-", "41", "078-", "DE89", "DE89 ",
		"Bearer ", "Basic ", "Bearer%20", "Cookie: a=b;", "Cookie: ", "Authorization: Digest ", "Authorization: Digest a=b,", `["`, `['`, `[\"`, "-p", "mysql -p", "curl -u a:", "auth=Bearer ", "card: 1 ", "pw=1 ", ";pw=a ", "x_forwarded_for=1,", "%3A", "%253D", `\u003d`, `\`, `\\`, "+", "***", "password=***,",
		`{"password":`, `{"password":[`, `"value":`, `,"value":`, `"name":"a","value":`, `{"user":{`, "key key key ", "api key: ", "jdbc:oracle:thin:", "oracle:thin:a/",
		"\x00", "\xff", "é", "[Filtered]", `"[Filtered]`, "pw=[Filtered]", "[Filtered", "password: [Filtered] ",
	} {
		list = append(list, strings.Repeat(part, n))
	}
	return list
}

// TestHostileTexts: the time that a text takes grows no faster than the text. If it did, half a megabyte would take minutes; it takes
// milliseconds.
func TestHostileTexts(t *testing.T) {
	const size, most = 1 << 19, 10 * time.Second
	s := newScrubber(t, Config{})
	for _, part := range hostileTexts(1) {
		text := strings.Repeat(part, size/len(part))
		var counts Counts
		start := time.Now()
		clean := s.Text(text, &counts)
		require.Less(t, time.Since(start), most, part)
		require.Equal(t, clean != text, s.NeedsText(text), part)
	}
}
