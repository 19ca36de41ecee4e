package scrub

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
)

// Scrubber takes out what a Config says. Safe for concurrent use.
type Scrubber struct {
	off        [NumRules]bool
	keys, keep []string
	tokens     tokenTable
	attributes classCache  // of attributes, which Sentry's conventions know
	members    classCache  // of everything below them, in bodies and in JSON
	texts      classCache  // of names without quotes
	views      chan []byte // buffers for the next views
}

// New makes a Scrubber.
func New(cfg Config) (*Scrubber, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Scrubber{keys: lowered(cfg.Keys), keep: lowered(cfg.Keep), tokens: newTokenTable(cfg.Tokens), views: make(chan []byte, keptViews)}
	for _, name := range cfg.Off {
		rule, _ := ParseRule(name)
		s.off[rule] = true
	}
	s.off[RulePersonal] = s.off[RulePersonal] || cfg.SendDefaultPII
	seed := maphash.MakeSeed()
	s.attributes.seed, s.members.seed, s.texts.seed = seed, seed, seed
	return s, nil
}

func lowered(list []string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = strings.ToLower(list[i])
	}
	return out
}

// classCache remembers the classes of the keys that were asked for first: telemetry uses the same few all the time. Its size is fixed, and a
// place that is taken stays so: keys that are never the same twice cost no memory.
type classCache struct {
	seed maphash.Seed
	sets [cacheSets][cacheWays]atomic.Pointer[cachedClass]
}

const (
	cacheSets    = 512
	cacheWays    = 4   // keys of one hash
	maxCachedKey = 256 // bytes; longer keys are read anew each time
)

type cachedClass struct {
	key string
	is  class
}

func (c *classCache) of(key string, read func(string) class) class {
	if len(key) > maxCachedKey {
		return read(key)
	}
	set := &c.sets[maphash.String(c.seed, key)%cacheSets]
	for i := range set {
		known := set[i].Load()
		if known == nil {
			is := read(key)
			set[i].CompareAndSwap(nil, &cachedClass{strings.Clone(key), is})
			return is
		}
		if known.key == key {
			return known.is
		}
	}
	return read(key)
}

// attribute is the class of an attribute's key.
func (s *Scrubber) attribute(key string) class { return s.attributes.of(key, s.readAttribute) }

func (s *Scrubber) readAttribute(key string) class {
	if is, ok := s.listed(key); ok {
		return is
	}
	if is, ok := personal(key); ok {
		return s.allowed(is)
	}
	known, ok := conventions.Lookup(key)
	switch {
	case !ok, known.Family && known.Scrub == conventions.ScrubAuto:
		return s.named(key)
	case known.Scrub == conventions.ScrubAuto, lookedInto[key]:
		return classOpen
	}
	return classKept
}

// member is the class of a key inside of a value.
func (s *Scrubber) member(key string) class { return s.members.of(key, s.readMember) }

func (s *Scrubber) readMember(key string) class {
	if is, ok := s.listed(key); ok {
		return is
	}
	if is, ok := personal(key); ok {
		return s.allowed(is)
	}
	return s.named(key)
}

// named is the class that the words of a key give it.
func (s *Scrubber) named(key string) class {
	is, _ := nameOf(key)
	if is == classQuery || isConvention(key) {
		return classOpen
	}
	return s.allowed(is)
}

// isConvention reports whether Sentry's conventions say of the very key that its value is not to be removed. Keys without a dot are too common
// as words.
func isConvention(key string) bool {
	if strings.IndexByte(key, '.') < 0 {
		return false
	}
	known, ok := conventions.Lookup(key)
	return ok && !known.Family
}

// inText is the class of a name without quotes in a text: its last word must name the secret, and of the personal ones only those count that
// cannot be anything else ("user.go" is a file).
func (s *Scrubber) inText(key string) class { return s.texts.of(key, s.readInText) }

func (s *Scrubber) readInText(key string) class {
	if is, ok := s.listed(key); ok {
		return is
	}
	if isConvention(key) {
		if is, ok := personal(key); ok {
			return s.allowed(is)
		}
		return classOpen
	}
	if is, exact := nameOf(key); exact {
		return s.allowed(is)
	}
	return classOpen
}

// listed is the class that the configuration gives a key.
func (s *Scrubber) listed(key string) (class, bool) {
	if matchesAny(s.keep, key) {
		return classKept, true
	}
	if matchesAny(s.keys, key) {
		return classSecret, true
	}
	return classOpen, false
}

// allowed is the class if its rule is on.
func (s *Scrubber) allowed(is class) class {
	rule, ok := is.rule()
	if ok && s.off[rule] {
		return classOpen
	}
	return is
}

// rule is the rule that takes out values of the class.
func (c class) rule() (Rule, bool) {
	switch c {
	case classSecret, classToken, classSoft, classPwd, classQuery:
		return RuleKey, true
	case classPersonal, classPerson, classPeer:
		return RulePersonal, true
	}
	return 0, false
}

// personalKeys name persons and addresses (OpenTelemetry's attributes, old and new).
var personalKeys = map[string]class{
	"user": classPerson, "enduser": classPerson,
	"client.address": classPersonal, "client.socket.address": classPersonal, "http.client_ip": classPersonal, "vercel.proxy.client_ip": classPersonal,
	"net.peer.ip": classPeer, "net.sock.peer.addr": classPeer, "network.peer.address": classPeer,
}

// personalPrefixes begin the keys of whole families; cookies one by one are Relay's form of the header.
var personalPrefixes = []string{"user.", "enduser.", "sentry.user.", "http.request.header.cookie.", "http.response.header.set-cookie."}

func personal(key string) (class, bool) {
	if is, ok := personalKeys[key]; ok {
		return is, true
	}
	for _, prefix := range personalPrefixes {
		if strings.HasPrefix(key, prefix) {
			return classPersonal, true
		}
	}
	return classOpen, false
}

// lookedInto are keys of the scrub class "manual" that patterns look into all the same: free text from users and models. Relay's own default
// rules name them too (relay-pii, REPLACE_ONLY_SELECTOR).
var lookedInto = func() map[string]bool {
	m := make(map[string]bool)
	for _, key := range []string{
		"gen_ai.input.messages", "gen_ai.prompt", "gen_ai.request.messages", "gen_ai.tool.call.arguments", "gen_ai.tool.input", "gen_ai.tool.call.result",
		"gen_ai.tool.output", "gen_ai.output.messages", "gen_ai.response.tool_calls", "gen_ai.response.text", "gen_ai.response.object",
		"gen_ai.tool.definitions", "gen_ai.request.available_tools", "mcp.prompt.result", "mcp.tool.result.content",
	} {
		m[key] = true
	}
	return m
}()

// matchesAny reports whether one of the patterns, which are lower-case, matches the key as a whole, whatever its case.
func matchesAny(patterns []string, key string) bool {
	for _, pattern := range patterns {
		if matches(pattern, key) {
			return true
		}
	}
	return false
}

// matches: * stands for any text. Going back to the last * is enough, so the work is bounded by the product of the lengths.
func matches(pattern, key string) bool {
	p, k, star, mark := 0, 0, -1, 0
	for k < len(key) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, k
			p++
		case p < len(pattern) && pattern[p] == lowerByte(key[k]):
			p++
			k++
		case star >= 0:
			mark++
			p, k = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func lowerByte(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}
