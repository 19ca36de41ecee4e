package scrub

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func newScrubber(t testing.TB, cfg Config) *Scrubber {
	s, err := New(cfg)
	require.NoError(t, err)
	return s
}

func TestText(t *testing.T) {
	s := newScrubber(t, Config{})
	for in, want := range map[string]string{
		"GET /x?token=abc123&x=1":                       "GET /x?token=[Filtered]&x=1",
		`{"user":"bob","password":"hunter2","n":1}`:     `{"user":"bob","password":"[Filtered]","n":1}`,
		`{"password":12345,"n":1}`:                      `{"password":"[Filtered]","n":1}`,
		`msg {\"password\":\"hu\\\"nter2\",\"n\":1}`:    `msg {\"password\":\"[Filtered]\",\"n\":1}`,
		"postgres://u:p@h/db":                           "postgres://u:[Filtered]@h/db",
		"Authorization: Bearer abc.def-123 next":        "Authorization: [Filtered] next",
		"sent Bearer abc.def-123 next":                  "sent Bearer [Filtered] next",
		"Cookie: a=b; c=d next":                         "Cookie: [Filtered] next",
		"Server=x;Password=abc;User Id=sa":              "Server=x;Password=[Filtered];User Id=sa",
		"card 4111 1111 1111 1111.":                     "card [Filtered].",
		"card 4111111111111112":                         "card 4111111111111112",
		"AKIAIOSFODNN7EXAMPLE":                          "[Filtered]",
		"ssn 078-05-1120":                               "ssn [Filtered]",
		"at com.foo.Token.go(Token.java:12)":            "at com.foo.Token.go(Token.java:12)",
		"/app/token.go:33 +0x1":                         "/app/token.go:33 +0x1",
		"Unexpected token: END_OBJECT":                  "Unexpected token: END_OBJECT",
		"password: must be at least 8":                  "password: must be at least 8",
		"API key: abcd1234":                             "API key: [Filtered]",
		"root:secret@tcp(localhost:3306)/db":            "root:[Filtered]@tcp(localhost:3306)/db",
		"DE89 3704 0044 0532 0130 00 paid":              "[Filtered] paid",
		"DE89370400440532013000":                        "[Filtered]",
		"mysql --password hunter2 -h x":                 "mysql --password [Filtered] -h x",
		"<password>hunter2</password>":                  "<password>[Filtered]</password>",
		"ALTER ROLE a PASSWORD 'x1'":                    "ALTER ROLE a PASSWORD '[Filtered]'",
		"Version=4.0, PublicKeyToken=b77a5c561934e089]": "Version=4.0, PublicKeyToken=b77a5c561934e089]",
	} {
		var counts Counts
		require.Equal(t, want, s.Text(in, &counts))
		require.Equal(t, want != in, s.NeedsText(in))
		require.Equal(t, want, s.Text(want, &counts), "again")
	}
}
