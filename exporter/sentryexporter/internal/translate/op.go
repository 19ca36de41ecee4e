package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The sources of a transaction's name (event payloads: transaction_info.source).
const (
	sourceCustom = "custom"
	sourceURL    = "url"
	sourceRoute  = "route"
	sourceTask   = "task"
)

// opDefault is the op of a span that no convention knows; Relay gives it too (relay-spans, op.rs).
const opDefault = "default"

// family is a part of the semantic conventions.
type family struct {
	by     []slot // the span belongs to the family if one of these is filled
	op     func(t *reader, span ptrace.Span) string
	source string // of a transaction name made from the family's templates
	own    string // of a transaction that has the span's own name
}

// spanFamilies in order of precedence. Relay looks at HTTP first (relay-spans, op.rs); here the call comes before what carries it: a query to
// Elasticsearch, a message to SQS or a call by gRPC has HTTP attributes too, and their conventions ask for it.
var spanFamilies = []family{
	{by: []slot{slot(conventions.FieldMCPMethodName)}, op: opMCP, source: sourceRoute, own: sourceCustom},
	{by: []slot{slot(conventions.FieldGenAIOperationName), slotGenAIProvider}, op: opGenAI, source: sourceRoute, own: sourceCustom},
	{by: []slot{slotMessagingSystem, slot(conventions.FieldMessagingDestinationName), slot(conventions.FieldMessagingOperationType), slotMessagingOperation, slotJob}, op: opMessaging, source: sourceTask, own: sourceTask},
	{by: []slot{slotCacheOperation, slotCacheHit, slot(conventions.FieldCacheKey)}, op: opCache, source: sourceTask, own: sourceTask},
	{by: []slot{slot(conventions.FieldDBSystemName), slot(conventions.FieldDBQueryText)}, op: opDB, source: sourceTask, own: sourceTask},
	{by: []slot{slotRPCSystem, slot(conventions.FieldRPCService)}, op: func(*reader, ptrace.Span) string { return "rpc" }, source: sourceRoute, own: sourceRoute},
	{by: []slot{slot(conventions.FieldHTTPRequestMethod)}, op: opHTTP, source: sourceRoute, own: sourceCustom},
	{by: []slot{slot(conventions.FieldGraphQLDocument), slot(conventions.FieldGraphQLOperationType), slotGraphQLOperation}, op: opGraphQL, source: sourceRoute, own: sourceCustom},
	{by: []slot{slotFaaSTrigger, slotFaaSInvocation}, op: opFaaS, source: sourceRoute, own: sourceRoute},
	{by: []slot{slotFramework}, op: opFramework, source: sourceRoute, own: sourceCustom},
	{by: []slot{slotViewTemplate}, op: func(*reader, ptrace.Span) string { return "template" }, source: sourceCustom, own: sourceCustom},
	{by: []slot{slotCode}, op: func(*reader, ptrace.Span) string { return "function" }, source: sourceCustom, own: sourceCustom},
}

// noFamily is what no convention knows.
var noFamily = family{op: func(*reader, ptrace.Span) string { return opDefault }, source: sourceCustom, own: sourceCustom}

func (f *facts) family() *family {
	for i := range spanFamilies {
		for _, s := range spanFamilies[i].by {
			if f.has(s) {
				return &spanFamilies[i]
			}
		}
	}
	return &noFamily
}

// op is the operation of the span whose facts were read: what its SDK says, else what its family says.
func (t *reader) op(fam *family, span ptrace.Span) string {
	inferred := fam.op(t, span) // always: it completes the facts that templates ask for
	if said := t.facts.text(slotSentryOp); said != "" {
		return said
	}
	return inferred
}

// known is prefix+"."+word if Sentry knows that op, else otherwise. Nothing is allocated.
func (t *reader) known(prefix, word, otherwise string) string {
	mark := len(t.text)
	t.text = append(append(append(t.text, prefix...), '.'), word...)
	op, ok := conventions.Op(t.text[mark:])
	t.text = t.text[:mark]
	if ok && word != "" {
		return op
	}
	return otherwise
}

func opHTTP(_ *reader, span ptrace.Span) string {
	switch span.Kind() {
	case ptrace.SpanKindClient:
		return "http.client"
	case ptrace.SpanKindServer:
		return "http.server"
	default:
		return "http"
	}
}

// dbOps are databases with an op of their own.
var dbOps = map[string]string{"redis": "db.redis", "valkey": "db.redis", "memcached": "cache"}

// cacheOps are the commands of caches (Memcached's protocol; Sentry's cache.operation) by what they do.
var cacheOps = map[string]string{
	"get": "cache.get", "gets": "cache.get", "mget": "cache.get", "get_many": "cache.get", "gat": "cache.get", "gats": "cache.get",
	"set": "cache.put", "put": "cache.put", "add": "cache.put", "replace": "cache.put", "append": "cache.put", "prepend": "cache.put",
	"cas": "cache.put", "incr": "cache.put", "decr": "cache.put", "touch": "cache.put", "set_many": "cache.put",
	"delete": "cache.remove", "remove": "cache.remove", "flush": "cache.remove", "flush_all": "cache.remove", "delete_many": "cache.remove",
}

// opDB: db.query is for spans that have a statement.
func opDB(t *reader, _ ptrace.Span) string {
	op, ok := dbOps[t.facts.field(conventions.FieldDBSystemName)]
	switch {
	case op == "cache":
		return cacheOp(t.facts.field(conventions.FieldDBOperationName))
	case ok:
		return op
	case t.facts.has(slot(conventions.FieldDBQueryText)):
		return "db.query"
	default:
		return "db"
	}
}

func opCache(t *reader, _ ptrace.Span) string {
	if op := cacheOp(t.facts.text(slotCacheOperation)); op != "cache" {
		return op
	}
	if t.facts.has(slotCacheHit) { // only a look-up can hit
		return "cache.get"
	}
	return "cache"
}

func cacheOp(command string) string {
	var low [16]byte
	if op, ok := cacheOps[string(appendLower(low[:0], command))]; ok {
		return op
	}
	return "cache"
}

// messagingOp is what an operation's type, or its name, stands for: the op, and the type where the span does not say it.
type messagingOp struct{ op, kind string }

// messagingOps has the types of both generations (messaging.operation: publish, receive, process, deliver; messaging.operation.type: send, create,
// receive, process, settle) and the names that messaging systems give to operations of those types.
var messagingOps = map[string]messagingOp{
	"publish": {"queue.publish", "publish"}, "send": {"queue.publish", "send"}, "produce": {"queue.publish", "send"},
	"create":  {"queue.create", "create"},
	"receive": {"queue.receive", "receive"}, "poll": {"queue.receive", "receive"}, "pull": {"queue.receive", "receive"}, "peek": {"queue.receive", "receive"},
	"process": {"queue.process", "process"}, "deliver": {"queue.process", "process"}, "consume": {"queue.process", "process"},
	"settle": {"queue.settle", "settle"}, "ack": {"queue.settle", "settle"}, "nack": {"queue.settle", "settle"}, "commit": {"queue.settle", "settle"},
	"complete": {"queue.settle", "settle"}, "reject": {"queue.settle", "settle"}, "abandon": {"queue.settle", "settle"}, "delete": {"queue.settle", "settle"},
}

// opMessaging also completes the operation's type, which names ask for, and makes the destination one that is no one's alone.
func opMessaging(t *reader, span ptrace.Span) string {
	f := &t.facts
	f.shareDestination()
	kind := slot(conventions.FieldMessagingOperationType)
	for _, s := range [...]slot{kind, slotMessagingOperation} {
		if op, ok := messagingOps[f.text(s)]; ok {
			f.complete(kind, op.kind)
			return op.op
		}
	}
	switch span.Kind() {
	case ptrace.SpanKindProducer:
		f.complete(kind, "publish")
		return "queue.publish"
	case ptrace.SpanKindConsumer:
		f.complete(kind, "process")
		return "queue.process"
	default:
		return "queue"
	}
}

// shareDestination puts in place of a destination that belongs to one message or one client what stands for all such (semantic conventions for
// messaging, span name: template, "(temporary)", "(anonymous)").
func (f *facts) shareDestination() {
	name := slot(conventions.FieldMessagingDestinationName)
	switch {
	case f.text(slotMessagingTemplate) != "":
		f.set(name, f.values[slotMessagingTemplate])
	case f.truth(slotMessagingTemporary):
		f.set(name, sentry.String("(temporary)"))
	case f.truth(slotMessagingAnonymous):
		f.set(name, sentry.String("(anonymous)"))
	}
}

// genAIOps are operations that conventions and Sentry call differently.
var genAIOps = map[string]string{"completion": "gen_ai.text_completion", "agent": "gen_ai.invoke_agent", "embedding": "gen_ai.embeddings", "tool": "gen_ai.execute_tool"}

func opGenAI(t *reader, _ ptrace.Span) string {
	operation := t.facts.field(conventions.FieldGenAIOperationName)
	if op, ok := genAIOps[operation]; ok {
		return op
	}
	return t.known("gen_ai", operation, "gen_ai")
}

// mcpFromServer are the notifications that a server sends (MCP 2025-06-18, schema, ServerNotification) and no client does.
var mcpFromServer = map[string]bool{
	"notifications/message": true, "notifications/resources/updated": true, "notifications/resources/list_changed": true,
	"notifications/tools/list_changed": true, "notifications/prompts/list_changed": true,
}

func opMCP(t *reader, span ptrace.Span) string {
	method := t.facts.field(conventions.FieldMCPMethodName)
	switch {
	case mcpFromServer[method]:
		return "mcp.notification.server_to_client"
	case strings.HasPrefix(method, "notifications/"):
		return "mcp.notification.client_to_server"
	case span.Kind() == ptrace.SpanKindServer:
		return "mcp.server"
	default:
		return "mcp.client"
	}
}

// opGraphQL: the type of the operation; else the step that the instrumentation put first in the name ("graphql.resolve item").
func opGraphQL(t *reader, span ptrace.Span) string {
	if op := t.known("graphql", t.facts.field(conventions.FieldGraphQLOperationType), ""); op != "" {
		return op
	}
	step, _, _ := strings.Cut(strings.TrimPrefix(span.Name(), "graphql."), " ")
	return t.known("graphql", step, "graphql")
}

// opFaaS: the trigger, as Relay does it; a call of a function has none, but a provider.
func opFaaS(t *reader, _ ptrace.Span) string {
	if trigger := t.facts.text(slotFaaSTrigger); trigger != "" {
		return trigger
	}
	return t.known("function", t.facts.text(slotFaaSProvider), "function")
}

// frameworkOps are the parts of a web framework that the Node instrumentations tell apart.
var frameworkOps = map[string]string{"middleware": "middleware", "router": "router", "request_handler": "handler", "handler": "handler", "request_context": "middleware"}

func opFramework(t *reader, _ ptrace.Span) string {
	if op, ok := frameworkOps[t.facts.text(slotFramework)]; ok {
		return op
	}
	return opDefault
}

// appendLower appends the ASCII lower case of s, cut to the room that dst has: for look-ups without allocation.
func appendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s) && len(dst) < cap(dst); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
