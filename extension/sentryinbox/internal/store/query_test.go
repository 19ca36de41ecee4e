package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
)

func TestQuery(t *testing.T) {
	e := &Event{
		Origin: Origin{ProjectID: "7"}, ID: "aabb", IssueID: "ccdd", Title: "IOError: disk Full", Type: "IOError", Value: "disk Full", Culprit: "app.io in write",
		Level: "error", Release: "shop@1.2.3", Environment: "prod", Unhandled: true, User: "u1",
		Tags: []payload.Tag{{Key: "k8s.Pod", Value: "web-1"}}, texts: []string{"Caused by: quota"},
	}
	tests := map[string]bool{
		"":                         true,
		"   ":                      true,
		"disk":                     true,
		"DISK full":                true,
		"disk empty":               false,
		`"disk full"`:              true,
		`"full disk"`:              false,
		"!disk":                    false,
		"!empty":                   true,
		"!":                        true,
		"quota":                    true,
		"web-1":                    true,
		"level:error":              true,
		"LEVEL:Error":              true,
		"level:warning":            false,
		"!level:warning":           true,
		"release:shop@*":           true,
		"release:*1.2*":            true,
		"release:*3":               true,
		"release:shop":             false,
		"k8s.pod:web-1":            true,
		"k8s.pod:web-2":            false,
		"project:7 is:unhandled":   true,
		"is:handled":               false,
		"type:IOError user:u1":     true,
		`environment:"prod"`:       true,
		"IOError:":                 true, // no value: text
		"by:x":                     false,
		"issue:ccdd id:aabb":       true,
		"http://x":                 false,
		"12:30":                    false,
		"app.io":                   true,
		`unclosed "quote`:          false,
		"nothing:here":             false,
		"level:error level:fatal":  false,
		"error level:error !empty": true,
	}
	for text, want := range tests {
		assert.Equal(t, want, ParseQuery(text).matches(e), text)
	}
}

func TestQueryIsBounded(t *testing.T) {
	long := ""
	var longSb62 strings.Builder
	for range 1000 {
		longSb62.WriteString("a:b ")
	}
	long += longSb62.String()
	assert.Len(t, ParseQuery(long).terms, maxTerms)
}

func TestUnknownKeysAreText(t *testing.T) {
	e := &Event{Title: "payment:declined by bank"}
	assert.True(t, ParseQuery("payment:declined").matches(e))
	assert.False(t, ParseQuery("payment:accepted").matches(e))
}

func TestLogQuery(t *testing.T) {
	l := &Log{Level: "warn", Raw: []byte(`{"level":"warn","body":"say \"hello\" twice","attributes":{"http.method":{"type":"string","value":"GET"}}}`)}
	for text, want := range map[string]bool{
		"twice": true, "HELLO": true, "http.method:get": true, "http.method:post": false, "GET": true, "level:warn": true,
		"string": false, "attributes": false, "body": false,
	} {
		assert.Equal(t, want, ParseQuery(text).matches(l), text)
	}
}

func TestContainsFold(t *testing.T) {
	for _, tt := range []struct {
		text, needle string
		want         bool
	}{
		{"", "", true}, {"abc", "", true}, {"", "a", false}, {"ABC", "bc", true}, {"abc", "abcd", false}, {"aab", "ab", true}, {"Größe", "größe", true},
	} {
		assert.Equal(t, tt.want, containsFold(tt.text, tt.needle), tt)
	}
}

type weight int

func (w weight) size() int { return int(w) }

func TestShelf(t *testing.T) {
	var gone []weight
	s := shelf[weight]{removed: func(w weight) { gone = append(gone, w) }}
	all := func() (out []weight) {
		for w := range s.newest() {
			out = append(out, w)
		}
		return out
	}
	for i := weight(1); i <= 5; i++ {
		s.push(i)
	}
	assert.Equal(t, 15, s.weight())
	s.dropOldest()
	s.dropOldest()
	assert.Equal(t, []weight{1, 2}, gone)
	assert.Equal(t, []weight{5, 4, 3}, all())
	assert.Equal(t, 12, s.weight())
	s.push(6)
	for s.len() > 0 {
		s.dropOldest()
	}
	assert.Empty(t, all())
	assert.Zero(t, s.weight())
	s.push(7)
	assert.Equal(t, []weight{7}, all())
	for range 10_000 {
		s.push(1)
		s.dropOldest()
	}
	assert.Less(t, cap(s.rows), 100, "what left takes no room")
	for range s.newest() {
		break // an iteration may end early
	}
}
