package envelope

import (
	"strings"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// platforms are those that Sentry knows (event payloads: platform).
var platforms = set("as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript", "native", "node", "objc", "other",
	"perl", "php", "python", "ruby")

// otherPlatforms names the known platform for languages that Sentry files under another name: telemetry.sdk.language and what the SDKs of these languages send.
var otherPlatforms = map[string]string{
	"kotlin": "java", "scala": "java", "clojure": "java", "jvm": "java", "android": "java",
	"dotnet": "csharp", "fsharp": "csharp", "vb": "csharp",
	"nodejs": "node", "deno": "node", "bun": "node",
	"webjs": "javascript", "js": "javascript", "typescript": "javascript", "browser": "javascript",
	"cpp": "native", "c++": "native", "rust": "native", "zig": "native",
	"swift": "cocoa", "objective-c": "objc",
	"erlang": "elixir", "gleam": "elixir",
	"golang": "go", "py": "python", "jruby": "ruby",
}

const platformOther = "other"

// Platform gives the platform that Sentry knows for a language; "other" where it knows none.
func Platform(language string) string { return platformOf(language) }

// platformOf gives the platform that Sentry knows for a language; "other" where it knows none.
func platformOf(name string) string {
	if platforms[name] {
		return name
	}
	lower := strings.ToLower(name)
	if platforms[lower] {
		return lower
	}
	if p := otherPlatforms[lower]; p != "" {
		return p
	}
	return platformOther
}

// levels of events (event payloads: level).
var levels = set("fatal", "error", "warning", "info", "debug")

// otherLevels are words for levels that loggers and other parts of the protocol use.
var otherLevels = map[sentry.Level]sentry.Level{"log": sentry.LevelInfo, "critical": sentry.LevelFatal, "warn": sentry.LevelWarning, "trace": sentry.LevelDebug}

// levelOf gives the level to write; error where l is none, as Sentry itself assumes.
func levelOf(l sentry.Level) string {
	if other, ok := otherLevels[l]; ok {
		l = other
	}
	if !levels[string(l)] {
		l = sentry.LevelError
	}
	return string(l)
}

// spanStatuses is the vocabulary of a v1 span's status (relay-base-schema, SpanStatus).
var spanStatuses = set("ok", "cancelled", "unknown", "unknown_error", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal_error", "unavailable",
	"data_loss", "unauthenticated")

// statusOf gives the status to write: "" stays "", what is no status is unknown.
func statusOf(s string) string {
	if s == "" || spanStatuses[s] {
		return s
	}
	return "unknown"
}

// transactionSources is the vocabulary of transaction_info.source that an SDK may send.
var transactionSources = set("custom", "url", "route", "view", "component", "task")

// sourceOf gives the source to write; custom says: a name that somebody chose.
func sourceOf(s string) string {
	if transactionSources[s] {
		return s
	}
	return "custom"
}

// reservedTags are removed by Relay: they are members of the event. The tag environment is moved into its member.
var reservedTags = set("release", "dist", "user", "filename", "function", "environment")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// SanitizeRelease makes a valid release of s: no surrounding white space, no slashes, back-slashes or control characters ("-" stands for each), at most
// 200 bytes. What is no release to Sentry (".", "..", "latest") gives "".
func SanitizeRelease(s string) string {
	return sanitize(s, MaxRelease, isBadInRelease, "latest")
}

// SanitizeEnvironment makes a valid environment of s: like a release, but without spaces, at most 64 bytes; "none" is the word that gives "".
func SanitizeEnvironment(s string) string {
	return sanitize(s, MaxEnvironment, isBadInEnvironment, "none")
}

func isBadInRelease(c byte) bool     { return c < 0x20 || c == 0x7f || c == '/' || c == '\\' }
func isBadInEnvironment(c byte) bool { return isBadInRelease(c) || c == ' ' }

func sanitize(s string, limit int, bad func(byte) bool, reserved string) string {
	s = strings.TrimSpace(s)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, replacement)
	}
	if len(s) > limit {
		s = s[:limit]
		for len(s) > 0 && !endsWhole(s) {
			s = s[:len(s)-1]
		}
		s = strings.TrimSpace(s)
	}
	for i := range len(s) {
		if bad(s[i]) {
			s = replaceBytes(s, bad)
			break
		}
	}
	if s == "." || s == ".." || strings.EqualFold(s, reserved) {
		return ""
	}
	return s
}

// endsWhole reports whether s ends with a whole character.
func endsWhole(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return r != utf8.RuneError || size > 1
}

func replaceBytes(s string, bad func(byte) bool) string {
	out := []byte(s)
	for i, c := range out {
		if bad(c) {
			out[i] = '-'
		}
	}
	return string(out)
}

// cleanDist makes a valid dist: Relay removes one with other characters than these.
func cleanDist(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > MaxDist {
		s = s[:MaxDist]
	}
	bad := func(c byte) bool { return !isAlnum(c) && c != '_' && c != '.' && c != '-' }
	for i := range len(s) {
		if bad(s[i]) {
			return replaceBytes(s, bad)
		}
	}
	return s
}

// oneLine removes surrounding white space and makes spaces of line breaks.
func oneLine(s string) string { return cleanTagValue(s) }

// cleanOrigin makes a valid origin: Relay removes one with other characters than these.
func cleanOrigin(s string) string {
	if len(s) > MaxOrigin {
		s = s[:MaxOrigin]
	}
	bad := func(c byte) bool { return !isAlnum(c) && c != '_' && c != '.' }
	for i := range len(s) {
		if bad(s[i]) {
			out := []byte(s)
			for j, c := range out {
				if bad(c) {
					out[j] = '_'
				}
			}
			return string(out)
		}
	}
	return s
}
