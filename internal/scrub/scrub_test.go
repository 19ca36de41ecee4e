package scrub

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
)

func newScrubber(t testing.TB, cfg Config) *Scrubber {
	s, err := New(cfg)
	require.NoError(t, err)
	return s
}

// attributesAfter are attributes of strings after scrubbing.
func attributesAfter(s *Scrubber, attrs map[string]string) map[string]any {
	m := pcommon.NewMap()
	for key, value := range attrs {
		m.PutStr(key, value)
	}
	var counts Counts
	s.Attributes(m, &counts)
	return m.AsRaw()
}

// TestWhatStays holds texts as a whole: what is taken out, and that the rest stays as it is.
func TestWhatStays(t *testing.T) {
	s := newScrubber(t, Config{})
	for in, want := range map[string]string{
		"":                              "",
		"GET /x?token=abc123&x=1":       "GET /x?token=[Filtered]&x=1",
		`{"password":12345,"n":1}`:      `{"password":"[Filtered]","n":1}`,
		`{"password":null,"otp":false}`: `{"password":null,"otp":false}`,
		`{"cards":[4111111111111111,17,"a, 4111111111111111, b"]}`:         `{"cards":["[Filtered]",17,"a, [Filtered], b"]}`,
		`{"m":"{\"cvv\":123,\"card\":4111111111111111}"}`:                  `{"m":"{\"cvv\":\"[Filtered]\",\"card\":\"[Filtered]\"}"}`,
		`msg {\"password\":\"hu\\\"nter2\",\"n\":1}`:                       `msg {\"password\":\"[Filtered]\",\"n\":1}`,
		`{"user":{"id":17,"email":"bob@example.com","active":true},"n":1}`: `{"user":{"id":"[Filtered]","email":"[Filtered]","active":true},"n":1}`,
		`{"user":"bob"}`: `{"user":"bob"}`,
		`{"token":{"value":"a1b2c3","type":"t17","expires_at":"2026"},"n":["x"]}`: `{"token":{"value":"[Filtered]","type":"t17","expires_at":"2026"},"n":["x"]}`,
		`{"secret":{"url":"postgres://u:pw@h","n":[1,"a"]}}`:                      `{"secret":{"url":"postgres://u:[Filtered]@h","n":["[Filtered]","[Filtered]"]}}`,
		`{"credentials":{"a":{"b":"c"`:                                            `{"credentials":[Filtered]`,
		"Authorization: Bearer abc.def-123 next":                                  "Authorization: [Filtered] next",
		"Authorization: Basic dTpw\nHost: x":                                      "Authorization: [Filtered]\nHost: x",
		`curl -H "Authorization: Token abc" http://x`:                             `curl -H "Authorization: [Filtered]" http://x`,
		`{"h":"Authorization: Digest username=\"u\", nonce=\"n\"","n":1}`:         `{"h":"Authorization: [Filtered]","n":1}`,
		"map[Authorization:[Bearer abc] Accept:[*/*]]":                            "map[Authorization:[Filtered] Accept:[*/*]]",
		"sent Bearer abc.def-123, next":                                           "sent Bearer [Filtered], next",
		"x-forwarded-for: 10.0.0.1, 10.0.0.2\nhost: x":                            "x-forwarded-for: [Filtered]\nhost: x",
		"user.email=bob@example.com user.go:17":                                   "user.email=[Filtered] user.go:17",
		"password=a,b=2":                                                          "password=[Filtered],b=2",
		"password=a,b c":                                                          "password=[Filtered] c",
		"password: hunter2.":                                                      "password: [Filtered].",
		`password="a b" c`:                                                        `password="[Filtered]" c`,
		`password="a b`:                                                           `password="[Filtered]`,
		`x["password"] = 'a'`:                                                     `x["password"] = '[Filtered]'`,
		"é4111111111111111é":                                                      "é4111111111111111é",
		"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQ\\n-----END PRIVATE KEY-----": "-----BEGIN PRIVATE KEY-----\\n[Filtered]\\n-----END PRIVATE KEY-----",
		"-----BEGIN EC PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nand then it ended":        "-----BEGIN EC PRIVATE KEY-----\n[Filtered]\nand then it ended",
		`["mysql","--password","hunter2","-h","x"]`:                                            `["mysql","--password","[Filtered]","-h","x"]`,
		"a=%7B%22password%22%3A%22x1%22%7D&b=1":                                                "a=%7B%22password%22%3A%22[Filtered]%22%7D&b=1",
		"a=token%253Dabc123%2526b%253D1":                                                       "a=token%253D[Filtered]%2526b%253D1",
		`"a\u003cpassword\u003ex1\u003c/password\u003e"`:                                       `"a\u003cpassword\u003e[Filtered]\u003c/password\u003e"`,
	} {
		var counts Counts
		require.Equal(t, want, s.Text(in, &counts))
		require.Equal(t, want != in, s.NeedsText(in))
	}
}

func TestConfig(t *testing.T) {
	in := map[string]string{
		"x-internal-note": "a", "X-Internal-Note.b": "b", "password": "c", "db.password": "d", "note": "acme_live_0123 postgres://u:p1@h",
		"k8s.pod.name": "e", "card": "4111111111111111", "text": "internal=x1 password=y1", "user.id": "f", "http.request.header.cookie": "g=1",
	}
	for _, test := range []struct {
		cfg  Config
		want map[string]string // by key, where it is not Filtered as a whole or as it came
	}{
		{Config{}, map[string]string{
			"password": Filtered, "db.password": Filtered, "note": "acme_live_0123 postgres://u:[Filtered]@h", "card": Filtered,
			"text": "internal=x1 password=[Filtered]", "user.id": Filtered, "http.request.header.cookie": Filtered,
		}},
		{Config{Keys: []string{"x-internal-*", "k8s.pod.name", "INTERNAL"}, Keep: []string{"*.password"}, Tokens: []string{"acme_live_"}}, map[string]string{
			"x-internal-note": Filtered, "X-Internal-Note.b": Filtered, "k8s.pod.name": Filtered, "password": Filtered,
			"note": "[Filtered] postgres://u:[Filtered]@h", "card": Filtered, "text": "internal=[Filtered] password=[Filtered]",
			"user.id": Filtered, "http.request.header.cookie": Filtered,
		}},
		{Config{SendDefaultPII: true, Keep: []string{"password", "*password"}}, map[string]string{
			"note": "acme_live_0123 postgres://u:[Filtered]@h", "card": Filtered,
		}},
		{Config{Off: []string{"key", "pair", "personal", "url", "card"}}, nil},
	} {
		want := make(map[string]any)
		for key, value := range in {
			want[key] = value
			if v, ok := test.want[key]; ok {
				want[key] = v
			}
		}
		require.Equal(t, want, attributesAfter(newScrubber(t, test.cfg), in), "%+v", test.cfg)
	}
}

func TestEveryRuleCanBeOff(t *testing.T) {
	for _, secret := range secretTexts {
		s := newScrubber(t, Config{Off: []string{secret.rule.String()}})
		var counts Counts
		s.Text(secret.text, &counts)
		require.Zero(t, counts[secret.rule], secret.text)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{
		{Keys: []string{""}}, {Keys: []string{"**"}}, {Keep: []string{"*"}}, {Tokens: []string{"ab"}}, {Tokens: []string{"a bcdef"}}, {Tokens: []string{"-abcdef"}}, {Off: []string{"cards"}},
	} {
		require.Error(t, cfg.Validate(), "%+v", cfg)
		_, err := New(cfg)
		require.Error(t, err, "%+v", cfg)
	}
	for rule := range NumRules {
		named, ok := ParseRule(rule.String())
		require.True(t, ok)
		require.Equal(t, rule, named)
	}
}

// TestScrubClasses: of the keys that Sentry's conventions know, patterns look into those of the class auto only, and into the texts of users
// and models that Relay names too.
func TestScrubClasses(t *testing.T) {
	s := newScrubber(t, Config{})
	const text = "see postgres://shop:hunter2@db"
	for known := range conventions.All {
		if known.Family {
			continue
		}
		want := text
		switch {
		case strings.HasPrefix(known.Key, "user.") || strings.HasPrefix(known.Key, "sentry.user.") || personalKeys[known.Key] == classPersonal:
			want = Filtered
		case known.Scrub == conventions.ScrubAuto || lookedInto[known.Key]:
			want = "see postgres://shop:[Filtered]@db"
		}
		require.Equal(t, map[string]any{known.Key: want}, attributesAfter(s, map[string]string{known.Key: text}))
	}
}

// TestPeers: the other side of a connection is a person's where a server tells of it.
func TestPeers(t *testing.T) {
	s := newScrubber(t, Config{})
	for kind, want := range map[ptrace.SpanKind]string{
		ptrace.SpanKindServer: Filtered, ptrace.SpanKindConsumer: Filtered, ptrace.SpanKindClient: "10.0.0.1", ptrace.SpanKindInternal: "10.0.0.1",
	} {
		span := ptrace.NewSpan()
		span.SetKind(kind)
		span.Attributes().PutStr("network.peer.address", "10.0.0.1")
		require.Equal(t, want == Filtered, s.NeedsSpan(span))
		var counts Counts
		s.Span(span, &counts)
		require.Equal(t, map[string]any{"network.peer.address": want}, span.Attributes().AsRaw())
	}
}

// TestAskingChangesNothing and finds the secret wherever it is.
func TestAskingChangesNothing(t *testing.T) {
	s := newScrubber(t, Config{})
	for _, put := range textPlaces {
		switch r := put("password=hunter2").(type) {
		case ptrace.Traces:
			was := ptrace.NewTraces()
			r.CopyTo(was)
			require.True(t, s.NeedsTraces(r))
			r.MarkReadOnly()
			require.True(t, s.NeedsTraces(r), "also of one that must not be changed")
			require.Equal(t, was.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name(), r.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
		}
	}
}

func TestDeepValues(t *testing.T) {
	s := newScrubber(t, Config{})
	m := pcommon.NewMap()
	at := m
	for range 10 * maxDepth {
		at = at.PutEmptyMap("a")
	}
	at.PutStr("password", "hunter2")
	require.True(t, s.NeedsAttributes(m))
	var counts Counts
	s.Attributes(m, &counts)
	require.False(t, s.NeedsAttributes(m))
	require.Equal(t, Counts{RuleKey: 1}, counts)
}

func TestCommandLines(t *testing.T) {
	s := newScrubber(t, Config{})
	m := pcommon.NewMap()
	require.NoError(t, m.PutEmptySlice("process.command_args").FromRaw([]any{"mysql", "--password", "hunter2", "-v", "--token-count", "17", "--password", "--token"}))
	var counts Counts
	s.Attributes(m, &counts)
	v, _ := m.Get("process.command_args")
	require.Equal(t, []any{"mysql", "--password", Filtered, "-v", "--token-count", "17", "--password", "--token"}, v.Slice().AsRaw())
}

func TestListsOfTwo(t *testing.T) {
	s := newScrubber(t, Config{})
	m := pcommon.NewMap()
	headers := []any{[]any{"authorization", "Bearer abcdef"}, []any{"accept", "*/*"}, []any{"cookie", "a=b", "c"}, []any{[]any{"token", "abc17"}}}
	require.NoError(t, m.PutEmptySlice("headers").FromRaw(headers))
	var counts Counts
	s.Attributes(m, &counts)
	v, _ := m.Get("headers")
	want := []any{[]any{"authorization", Filtered}, []any{"accept", "*/*"}, []any{"cookie", "a=b", "c"}, []any{[]any{"token", Filtered}}}
	require.Equal(t, want, v.Slice().AsRaw())
}

func TestNamesOfKeys(t *testing.T) {
	for key, want := range map[string]class{
		"password": classSecret, "APIKey": classToken, "AWSSecretAccessKey": classToken, "userIDToken": classToken, "X-CSRFToken": classToken, "password2": classSecret,
		"user%5Bpassword%5D": classSecret, "my_password_here": classSecret, "pgpassword": classSecret, "passwords": classSecret, "sha256": classOpen, "": classOpen, "-": classOpen,
		"APIs": classOpen, "IDs": classOpen, "public_key_token": classOpen, "PWD": classPwd, "odbc_pwd": classSecret, "sig": classQuery, "a_" + strings.Repeat("x", 1000): classOpen,
		"socialSecurityNumber": classSecret, "session_id": classToken, "session": classSoft, "Set-Cookie": classPersonal, "clientIP": classPersonal,
		strings.Repeat("a.", 100) + "password": classSecret, strings.Repeat("password.", 100) + "x": classSecret, strings.Repeat("x", 30) + "password": classSecret,
	} {
		is, _ := nameOf(key)
		require.Equal(t, want, is, key)
	}
}

// TestConcurrentUse is for the race detector: keys and views are remembered while others ask for them.
func TestConcurrentUse(t *testing.T) {
	s := newScrubber(t, Config{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, secret := range secretTexts {
				var counts Counts
				if out := s.Text(url.QueryEscape(secret.text), &counts); out == "" {
					t.Error("nothing is left")
				}
			}
			for _, key := range secretKeys {
				s.attribute(key)
			}
		})
	}
	all.Wait()
}
