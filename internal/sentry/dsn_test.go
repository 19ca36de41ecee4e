package sentry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestParseDSN(t *testing.T) {
	for _, tt := range []struct{ in, url, key, project, org string }{
		{"https://abc@o42.ingest.us.sentry.io/7", "https://o42.ingest.us.sentry.io/api/7/envelope/", "abc", "7", "42"},
		{"http://abc:secret@127.0.0.1:8969/1", "http://127.0.0.1:8969/api/1/envelope/", "abc", "1", ""},
		{"https://not-hex_key@sentry.example.com/some/path/12", "https://sentry.example.com/some/path/api/12/envelope/", "not-hex_key", "12", ""},
		{" https://abc@host/3/ ", "https://host/api/3/envelope/", "abc", "3", ""},
		{"https://abc@[::1]:9000/3", "https://[::1]:9000/api/3/envelope/", "abc", "3", ""},
		{"https://abc@octopus.example.com/3", "https://octopus.example.com/api/3/envelope/", "abc", "3", ""},
	} {
		d, err := sentry.ParseDSN(tt.in)
		require.NoError(t, err, tt.in)
		assert.Equal(t, tt.url, d.EnvelopeURL())
		assert.Equal(t, tt.key, d.PublicKey())
		assert.Equal(t, tt.project, d.ProjectID())
		assert.Equal(t, tt.org, d.OrgID())
	}
}

func TestParseDSNErrorsNameTheFaultAndNeverTheText(t *testing.T) {
	for in, want := range map[string]error{
		"":                                 sentry.ErrDSNEmpty,
		"   ":                              sentry.ErrDSNEmpty,
		"topsecret@host/1":                 sentry.ErrDSNScheme,
		"ftp://topsecret@host/1":           sentry.ErrDSNScheme,
		"https://topsecret@ho st/1":        sentry.ErrDSNSyntax,
		"https://topsecret@host:port/1":    sentry.ErrDSNSyntax,
		"https://topsecret@host/1?a=b":     sentry.ErrDSNSyntax,
		"https://topse,cret@host/1":        sentry.ErrDSNSyntax,
		"https://topsecret%0d%0aX@host/1":  sentry.ErrDSNSyntax,
		"https://host/1":                   sentry.ErrDSNKey,
		"https://:topsecret@host/1":        sentry.ErrDSNKey,
		"https://topsecret@/1":             sentry.ErrDSNHost,
		"https://topsecret@host":           sentry.ErrDSNProject,
		"https://topsecret@host/":          sentry.ErrDSNProject,
		"https://topsecret@host/my-shop":   sentry.ErrDSNProject,
		"https://topsecret@host/1/api/foo": sentry.ErrDSNProject,
		"https://topsecret@host/%zz":       sentry.ErrDSNSyntax,
	} {
		_, err := sentry.ParseDSN(in)
		require.ErrorIs(t, err, want, in)
		assert.NotContains(t, err.Error(), "topsecret")
	}
}
