package server

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExamplesWork: what the README and the empty page tell people to type is accepted, keeps to the protocol, and shows up.
func TestExamplesWork(t *testing.T) {
	for _, file := range []string{"../../README.md", "../page/static/empty.js"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, rest, found := strings.Cut(string(text), "--data-binary @- <<EOF\n")
		require.True(t, found, file)
		body, _, found := strings.Cut(rest, "EOF")
		require.True(t, found, file)
		now := time.Now()
		body = strings.NewReplacer("$id", eventID, "$(date +%s)", strconv.FormatInt(now.Unix(), 10), "$(date -u +%FT%TZ)", now.UTC().Format(time.RFC3339)).Replace(body)

		in := newInbox(nil)
		w := in.do("POST", "/api/1/envelope/", strings.NewReader(body), "X-Sentry-Auth", "Sentry sentry_version=7, sentry_key=inbox")
		assert.Equal(t, 200, w.Code, "%s: %s", file, w.Body)
		assert.Empty(t, read[[]object](t, in, "/api/0/envelopes/")[0]["violations"], file)
		assert.Equal(t, "Hello from curl", read[[]object](t, in, "/api/0/issues/")[0]["title"], file)
	}
}
