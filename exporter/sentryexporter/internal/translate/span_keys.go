package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
)

// slot is a place for one fact about a span, whatever the attribute is called in which generation of conventions. The first
// conventions.NumFields slots are the fields that templates ask for.
type slot uint8

const (
	// What an SDK of Sentry's, or its user, says outright.
	slotSentryOp slot = conventions.NumFields + iota
	slotSentryDescription
	slotSentryName
	slotSegmentName
	slotSegmentID
	slotSentrySource
	slotSentryOrigin
	slotSentryStatus

	slotHTTPStatus
	slotHTTPTarget
	slotHTTPHost
	slotURLQuery
	slotURLScheme
	slotRPCSystem
	slotRPCStatus
	slotMessagingSystem
	slotMessagingOperation
	slotMessagingTemplate
	slotMessagingTemporary
	slotMessagingAnonymous
	slotJob
	slotGenAIProvider
	slotGraphQLOperation
	slotCacheOperation
	slotCacheHit
	slotFaaSTrigger
	slotFaaSInvocation
	slotFaaSProvider
	slotFramework
	slotViewTemplate
	slotCode

	numSlots
	noSlot slot = 255
)

// slots.filled has a bit for each.
var _ = [1]struct{}{}[numSlots/64]

// slotKeys are the keys of the slots that no template asks for, the best first. To each key come those that Sentry's conventions list for it.
var slotKeys = map[slot][]string{
	slotSentryOp:          {"sentry.op"},
	slotSentryDescription: {"sentry.description"},
	// sentry.custom_span_name: what updateName leaves behind in Sentry's JavaScript SDK.
	slotSentryName:   {"sentry.custom_span_name", "sentry.name"},
	slotSegmentName:  {"sentry.segment.name"},
	slotSegmentID:    {"sentry.segment.id"},
	slotSentrySource: {"sentry.segment.name.source", "sentry.span.source", "sentry.source"},
	slotSentryOrigin: {"sentry.origin"},
	slotSentryStatus: {"sentry.status"},

	slotHTTPStatus:         {"http.response.status_code"},
	slotHTTPTarget:         {"http.target"},
	slotHTTPHost:           {"http.host"},
	slotURLQuery:           {"url.query"},
	slotURLScheme:          {"url.scheme"},
	slotRPCSystem:          {"rpc.system.name"},
	slotRPCStatus:          {"rpc.response.status_code", "rpc.grpc.status_code", "rpc.connect_rpc.error_code"},
	slotMessagingSystem:    {"messaging.system"},
	slotMessagingOperation: {"messaging.operation.name"},
	slotMessagingTemplate:  {"messaging.destination.template"},
	slotMessagingTemporary: {"messaging.destination.temporary", "messaging.temp_destination"},
	slotMessagingAnonymous: {"messaging.destination.anonymous"},
	// Task queues: what runs, where the destination is only the queue of all tasks.
	slotJob:              {"celery.task_name", "messaging.sidekiq.job_class", "messaging.resque.job_class", "messaging.delayed_job.name"},
	slotGenAIProvider:    {"gen_ai.provider.name"},
	slotGraphQLOperation: {"graphql.operation.name"},
	slotCacheOperation:   {"cache.operation"},
	slotCacheHit:         {"cache.hit"},
	slotFaaSTrigger:      {"faas.trigger"},
	slotFaaSInvocation:   {"faas.invocation_id", "faas.invoked_name"},
	slotFaaSProvider:     {"faas.invoked_provider"},
	// The Node instrumentations of web frameworks.
	slotFramework:    {"express.type", "koa.type", "hapi.type", "fastify.type", "connect.type", "restify.type", "router.type", "nestjs.type"},
	slotViewTemplate: {"jinja2.template_name", "view.template", "template.name"},
	slotCode:         {"code.function.name", "code.function"},
}

// moreKeys are keys for fields that Sentry's conventions do not list: OpenTelemetry's own renamings (semantic conventions, registry, deprecated).
var moreKeys = map[conventions.Field][]string{
	conventions.FieldDBCollectionName: {"db.sql.table", "db.cassandra.table", "db.cosmosdb.container", "db.elasticsearch.path_parts.index"},
	conventions.FieldDBNamespace:      {"db.redis.database_index", "db.cassandra.keyspace", "db.hbase.namespace"},
	conventions.FieldServerAddress:    {"net.peer.name"},
	conventions.FieldServerPort:       {"net.peer.port"},
}

// side is the end of a call that a span stands at. The old net.* keys mean the server's address on one side and the client's on the other.
type side uint8

const (
	anySide side = iota
	servingSide
	callingSide
)

func sideOf(kind ptrace.SpanKind) side {
	if kind == ptrace.SpanKindServer {
		return servingSide
	}
	return callingSide
}

// keySides are the keys that mean what the tables say on one side only (OpenTelemetry, migration of HTTP and RPC conventions to 1.21).
var keySides = map[string]side{
	"net.host.name": servingSide, "net.host.port": servingSide, "http.server_name": servingSide,
	"net.peer.name": callingSide, "net.peer.port": callingSide,
}

// sideCopies are renamings that depend on the side, so that the conventions have no status for them.
var sideCopies = map[string]string{"net.peer.name": "server.address", "net.peer.port": "server.port"}

// keyUse is what a span's attribute with a known key is good for.
type keyUse struct {
	slot slot // noSlot: none
	rank uint8
	side side
	discretion
	rename  bool  // the value goes under the current key instead of this one
	current int16 // index of the current key in currentKeys; -1: the key is current
	self    int16 // index of this very key in currentKeys; -1: nothing is copied to it
}

// spanKeys has every key that means something here; currentKeys are the keys that old ones are copied to.
var spanKeys, currentKeys = makeSpanKeys()

func makeSpanKeys() (map[string]keyUse, []string) {
	keys := map[string]keyUse{}
	use := func(key string) keyUse {
		if u, ok := keys[key]; ok {
			return u
		}
		return keyUse{slot: noSlot, side: keySides[key], discretion: discretionOf(key), current: -1, self: -1}
	}
	fill := func(s slot, list []string) {
		for i, key := range list {
			if u := use(key); isNamespaced(key) && u.slot == noSlot {
				u.slot, u.rank = s, uint8(i)
				keys[key] = u
			}
		}
	}
	for f := conventions.Field(0); f < conventions.NumFields; f++ {
		fill(slot(f), append(f.Keys()[:len(f.Keys()):len(f.Keys())], moreKeys[f]...))
	}
	for s := slot(conventions.NumFields); s < numSlots; s++ {
		fill(s, withOldKeys(slotKeys[s]))
	}

	var current []string
	index := map[string]int16{}
	addCopy := func(from, to string, rename bool) {
		i, ok := index[to]
		if !ok {
			i = int16(len(current))
			index[to], current = i, append(current, to)
			u := use(to)
			u.self = i
			keys[to] = u
		}
		u := use(from)
		u.current, u.rename = i, rename
		keys[from] = u
	}
	for a := range conventions.All {
		if isCopied(a) {
			addCopy(a.Key, a.Current, a.Status == conventions.StatusNormalize)
		}
	}
	for from, to := range sideCopies {
		addCopy(from, to, false)
	}
	return keys, current
}

// withOldKeys puts behind each key the others that its value may stand under.
func withOldKeys(keys []string) []string {
	var out []string
	for _, key := range keys {
		a, ok := conventions.Lookup(key)
		if ok && len(a.Keys) > 0 {
			out = append(out, a.Keys...)
		} else {
			out = append(out, key)
		}
	}
	return out
}

// isCopied reports whether the value of an old key is to be found under the current one as well. Not if the types differ: a list under a key
// that should hold text would be removed.
func isCopied(a conventions.Attr) bool {
	if a.Family || !isNamespaced(a.Key) || (a.Status != conventions.StatusBackfill && a.Status != conventions.StatusNormalize) {
		return false
	}
	to, ok := conventions.Lookup(a.Current)
	return ok && !to.Family && to.Type == a.Type
}

// isNamespaced: Sentry's conventions also list bare words from its SDKs' past ("method", "query", "code", "url"). On a span from OpenTelemetry such a
// key is the user's own, and says something else.
func isNamespaced(key string) bool { return strings.Contains(key, ".") }
