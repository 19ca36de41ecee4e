package envelope

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestSanitizeRelease(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"shop@1.2.3":                    "shop@1.2.3",
		" 1.2 ":                         "1.2",
		"ghcr.io/shop/app:1.2@sha":      "ghcr.io-shop-app:1.2@sha",
		"a\\b\tc\nd\x00e":               "a-b-c-d-e",
		"a b":                           "a b",
		".":                             "",
		"..":                            "",
		"Latest":                        "",
		"latest-1":                      "latest-1",
		"a\xffb":                        "a\ufffdb",
		strings.Repeat("x", 300):        strings.Repeat("x", 200),
		strings.Repeat("x", 199) + "é":  strings.Repeat("x", 199),
		strings.Repeat("é", 150):        strings.Repeat("é", 100),
		strings.Repeat("x", 199) + " y": strings.Repeat("x", 199),
	} {
		got := SanitizeRelease(in)
		require.Equal(t, want, got, "%q", in)
		require.Equal(t, got, SanitizeRelease(got), "it is stable")
	}
}

func TestSanitizeEnvironment(t *testing.T) {
	for in, want := range map[string]string{
		"production": "production", "pre prod": "pre-prod", "a/b": "a-b", "None": "", "none": "", ".": "", "latest": "latest", " x\n": "x",
		strings.Repeat("é", 40): strings.Repeat("é", 32),
	} {
		got := SanitizeEnvironment(in)
		require.Equal(t, want, got, "%q", in)
		require.Equal(t, got, SanitizeEnvironment(got), "it is stable")
	}
}

func TestPlatforms(t *testing.T) {
	for in, want := range map[string]string{
		"": "other", "go": "go", "java": "java", "Java": "java", "kotlin": "java", "scala": "java", "dotnet": "csharp", "nodejs": "node", "webjs": "javascript",
		"cpp": "native", "rust": "native", "swift": "cocoa", "erlang": "elixir", "elixir": "elixir", "php": "php", "ruby": "ruby", "COBOL": "other",
	} {
		require.Equal(t, want, platformOf(in), in)
	}
	for from, to := range otherPlatforms {
		require.True(t, platforms[to], "%s -> %s", from, to)
		require.False(t, platforms[from], from)
	}
}

func TestTags(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		tags, resource []sentry.Tag
		want           map[string]string
	}{
		"none":            {nil, nil, nil},
		"characters":      {[]sentry.Tag{{Key: "a b/c", Value: "1"}, {Key: "größe", Value: "2"}, {Key: "ok_.:-9", Value: "3"}}, nil, map[string]string{"a-b_c": "1", "gr__e": "2", "ok_.:-9": "3"}},
		"values":          {[]sentry.Tag{{Key: "a", Value: " x\r\ny\n"}, {Key: "b", Value: " \n"}, {Key: "c", Value: ""}}, nil, map[string]string{"a": "x y"}},
		"lengths":         {[]sentry.Tag{{Key: long, Value: long}}, nil, map[string]string{long[:200]: long[:197] + "..."}},
		"reserved":        {[]sentry.Tag{{Key: "release", Value: "1"}, {Key: "user", Value: "2"}, {Key: "environment", Value: "3"}, {Key: "dist", Value: "4"}, {Key: "filename", Value: "5"}, {Key: "function", Value: "6"}}, nil, nil},
		"the last wins":   {[]sentry.Tag{{Key: "a", Value: "1"}, {Key: " a", Value: "2"}}, nil, map[string]string{"a": "2"}},
		"empty wins not":  {[]sentry.Tag{{Key: "a", Value: "1"}, {Key: "a", Value: ""}}, nil, map[string]string{"a": "1"}},
		"of the resource": {[]sentry.Tag{{Key: "a b", Value: "1"}}, []sentry.Tag{{Key: "a-b", Value: "r"}, {Key: "c", Value: "r"}}, map[string]string{"a-b": "1", "c": "r"}},
		"no keys":         {[]sentry.Tag{{Key: "", Value: "1"}, {Key: " ", Value: "2"}}, nil, nil},
	} {
		e := &sentry.Event{ID: testEventID(1), Timestamp: 1, Tags: c.tags, Resource: &sentry.Resource{Tags: c.resource}}
		payload := AppendEvent(nil, e, nil)
		var got struct{ Tags map[string]string }
		require.NoError(t, json.Unmarshal(payload, &got), name)
		require.Equal(t, c.want, got.Tags, name)
		require.Empty(t, violations(t, e.ID, TypeEvent, payload), name)
	}
}

// TestManyTags: the same rules where a map finds the repeated keys.
func TestManyTags(t *testing.T) {
	var tags []sentry.Tag
	for i := range 3 * fewTags {
		tags = append(tags, sentry.Tag{Key: "k" + strings.Repeat("x", i%100), Value: testEventID(i).String()})
	}
	e := &sentry.Event{ID: testEventID(1), Timestamp: 1, Tags: tags, Resource: &sentry.Resource{Tags: append(tags[:5:5], sentry.Tag{Key: "r", Value: "1"})}}
	payload := AppendEvent(nil, e, nil)
	var got struct{ Tags map[string]string }
	require.NoError(t, json.Unmarshal(payload, &got))
	require.Len(t, got.Tags, 101)
	require.Equal(t, testEventID(100).String(), got.Tags["k"])
	require.Empty(t, violations(t, e.ID, TypeEvent, payload))
}
