package translate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What each family makes of a span, in both generations of conventions: op and description of a child, op, name and source of a segment.
func TestFamilies(t *testing.T) {
	for _, tc := range []struct {
		span         string
		kind         ptrace.SpanKind
		in           attrs
		op, desc     string
		name, source string
	}{
		// HTTP
		{"GET /u/{id}", server, attrs{"http.request.method": "GET", "http.route": "/u/{id}", "url.path": "/u/7"}, "http.server", "GET /u/{id}", "GET /u/{id}", "route"},
		{"HTTP GET", server, attrs{"http.method": "GET", "http.route": "/u/{id}", "http.target": "/u/7?x=1"}, "http.server", "GET /u/{id}", "GET /u/{id}", "route"},
		{"GET", client, attrs{"http.request.method": "GET", "url.full": "https://u:p@h:8443/a/7?key=s#f"}, "http.client", "GET https://h:8443/a/7", "GET https://h/a/*", "url"},
		{"HTTP GET", client, attrs{"http.method": "GET", "http.url": "http://h/a?b"}, "http.client", "GET http://h/a", "GET http://h/a", "url"},
		{"GET", client, attrs{"http.request.method": "GET", "url.template": "/a/{id}", "url.full": "http://h/a/1"}, "http.client", "GET http://h/a/1", "GET /a/{id}", "route"},
		{"GET", client, attrs{"http.method": "GET", "net.peer.name": "h"}, "http.client", "GET h", "GET", "route"},
		{"GET /x", internal, attrs{"http.request.method": "GET", "http.route": "/x"}, "http", "GET /x", "GET /x", "route"},
		// DB
		{"q", client, attrs{"db.system.name": "postgresql", "db.query.text": "SELECT 1", "db.query.summary": "SELECT t"}, "db.query", "SELECT 1", "SELECT t", "task"},
		{"q", client, attrs{"db.system": "mysql", "db.statement": "SELECT 1", "db.operation": "SELECT", "db.sql.table": "t", "db.name": "d"}, "db.query", "SELECT 1", "SELECT t", "task"},
		{"connect", client, attrs{"db.system": "postgresql", "db.name": "shop"}, "db", "connect", "connect", "task"},
		{"", client, attrs{"db.system": "postgresql", "db.name": "shop"}, "db", "", "shop", "task"},
		{"SELECT * FROM t WHERE a = 'x'", client, attrs{"db.system": "postgresql", "db.name": "shop"}, "db", "SELECT * FROM t WHERE a = 'x'", "shop", "task"},
		{"SELECT * FROM t WHERE a = 'x'", client, attrs{"db.statement": "SELECT * FROM t WHERE a = 'x'"}, "db.query", "SELECT * FROM t WHERE a = 'x'", "SELECT * FROM t WHERE a = 'x'", "task"},
		{"PING", client, attrs{"db.system": "redis", "db.statement": "PING", "net.peer.name": "h", "net.peer.port": 6379}, "db.redis", "PING", "PING", "task"},
		{"GET", client, attrs{"db.system.name": "redis", "db.operation.name": "GET", "db.query.text": "GET ?", "db.namespace": "0"}, "db.redis", "GET ?", "GET 0", "task"},
		{"x", client, attrs{"db.system": "redis", "db.operation": "GET", "net.peer.name": "h", "net.peer.port": 6379}, "db.redis", "x", "GET h:6379", "task"},
		{"x", client, attrs{"db.system": "redis", "db.operation": "GET", "net.peer.name": "10.0.0.7", "net.peer.port": 6379}, "db.redis", "x", "x", "task"},
		{"find", client, attrs{"db.system": "mongodb", "db.operation": "find", "db.mongodb.collection": "c"}, "db", "find", "find c", "task"},
		{"x", client, attrs{"db.system": "elasticsearch", "http.request.method": "POST", "url.full": "http://es/i/_search", "db.operation.name": "search", "db.collection.name": "i"}, "db", "x", "search i", "task"},
		{"get", client, attrs{"db.system": "memcached", "db.operation": "GET", "db.statement": "get k"}, "cache.get", "get k", "get", "task"},
		{"c", client, attrs{"db.system": "memcached", "db.operation": "stats"}, "cache", "c", "c", "task"},
		// Cache
		{"cache.get", internal, attrs{"cache.hit": true, "cache.key": []any{"a", "b"}}, "cache.get", "a, b", "cache.get", "task"},
		{"c", internal, attrs{"cache.operation": "set", "cache.key": "k"}, "cache.put", "k", "c", "task"},
		{"c", internal, attrs{"cache.key": "k"}, "cache", "k", "c", "task"},
		// RPC
		{"grpc", client, attrs{"rpc.system": "grpc", "rpc.service": "pkg.S", "rpc.method": "M"}, "rpc", "pkg.S/M", "pkg.S/M", "route"},
		{"pkg.S/M", server, attrs{"rpc.system.name": "grpc", "rpc.method": "pkg.S/M"}, "rpc", "pkg.S/M", "pkg.S/M", "route"},
		{"pkg.S/M", server, attrs{"rpc.system": "grpc", "http.request.method": "POST", "http.route": "/pkg.S/M"}, "rpc", "pkg.S/M", "pkg.S/M", "route"},
		// Messaging
		{"orders publish", producer, attrs{"messaging.system": "jms", "messaging.operation": "publish", "messaging.destination.name": "orders"}, "queue.publish", "orders", "publish orders", "task"},
		{"send orders", producer, attrs{"messaging.system": "kafka", "messaging.operation.type": "send", "messaging.operation.name": "send", "messaging.destination.name": "orders"}, "queue.publish", "orders", "send orders", "task"},
		{"x", client, attrs{"messaging.system": "kafka", "messaging.operation.name": "poll", "messaging.destination.name": "orders"}, "queue.receive", "orders", "receive orders", "task"},
		{"x", consumer, attrs{"messaging.system": "rabbitmq", "messaging.operation": "process", "messaging.destination": "orders"}, "queue.process", "orders", "process orders", "task"},
		{"x", consumer, attrs{"messaging.system": "rabbitmq", "messaging.destination": "orders"}, "queue.process", "orders", "process orders", "task"},
		{"x", producer, attrs{"messaging.system": "rabbitmq", "messaging.destination": "orders"}, "queue.publish", "orders", "publish orders", "task"},
		{"x", client, attrs{"messaging.system": "kafka", "messaging.operation.name": "commit", "messaging.destination.name": "o"}, "queue.settle", "o", "settle o", "task"},
		{"x", client, attrs{"messaging.system": "kafka", "messaging.operation.type": "create"}, "queue.create", "x", "create", "task"},
		{"x", client, attrs{"messaging.system": "kafka"}, "queue", "x", "x", "task"},
		{"x", consumer, attrs{"messaging.system": "jms", "messaging.operation": "process", "messaging.destination.name": "tmp-4711", "messaging.destination.temporary": true}, "queue.process", "(temporary)", "process (temporary)", "task"},
		{"x", consumer, attrs{"messaging.system": "jms", "messaging.destination.name": "amq.gen-x", "messaging.destination.anonymous": true}, "queue.process", "(anonymous)", "process (anonymous)", "task"},
		{"x", consumer, attrs{"messaging.system": "nats", "messaging.destination.name": "user.7.in", "messaging.destination.template": "user.{id}.in"}, "queue.process", "user.{id}.in", "process user.{id}.in", "task"},
		{"run/tasks.mail", consumer, attrs{"celery.task_name": "tasks.mail", "messaging.destination": "celery"}, "queue.process", "tasks.mail", "tasks.mail", "task"},
		{"apply_async/tasks.mail", producer, attrs{"celery.task_name": "tasks.mail", "messaging.destination": "celery"}, "queue.publish", "tasks.mail", "tasks.mail", "task"},
		// GraphQL
		{"query", internal, attrs{"graphql.operation.type": "query", "graphql.document": "{ a }"}, "graphql.query", "{ a }", "GraphQL query", "route"},
		{"mutation", internal, attrs{"graphql.operation.type": "mutation", "graphql.source": "mutation { a }"}, "graphql.mutation", "mutation { a }", "GraphQL mutation", "route"},
		{"graphql.resolve item", internal, attrs{"graphql.source": "{ item }"}, "graphql.resolve", "graphql.resolve item", "graphql.resolve item", "custom"},
		{"anything", internal, attrs{"graphql.operation.name": "Items"}, "graphql", "anything", "anything", "custom"},
		// Generative AI
		{"chat gpt", client, attrs{"gen_ai.provider.name": "openai", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt"}, "gen_ai.chat", "chat gpt", "chat gpt", "route"},
		{"x", client, attrs{"gen_ai.system": "openai", "gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e"}, "gen_ai.embeddings", "x", "embeddings e", "route"},
		{"x", client, attrs{"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}, "gen_ai.invoke_agent", "x", "invoke_agent a", "route"},
		{"x", client, attrs{"gen_ai.system": "openai"}, "gen_ai", "x", "x", "custom"},
		{"x", client, attrs{"gen_ai.operation.name": "sing"}, "gen_ai", "x", "sing", "route"},
		// MCP
		{"x", server, attrs{"mcp.method.name": "tools/call", "gen_ai.tool.name": "price", "gen_ai.operation.name": "execute_tool"}, "mcp.server", "tools/call price", "tools/call price", "route"},
		{"x", client, attrs{"mcp.method.name": "initialize"}, "mcp.client", "initialize", "initialize", "route"},
		{"x", server, attrs{"mcp.method.name": "notifications/initialized"}, "mcp.notification.client_to_server", "notifications/initialized", "notifications/initialized", "route"},
		{"x", client, attrs{"mcp.method.name": "notifications/message"}, "mcp.notification.server_to_client", "notifications/message", "notifications/message", "route"},
		// FaaS
		{"fn", server, attrs{"faas.trigger": "timer"}, "timer", "fn", "fn", "route"},
		{"fn", server, attrs{"faas.trigger": "pubsub", "faas.name": "resize"}, "pubsub", "fn", "resize", "route"},
		{"x", client, attrs{"faas.invoked_name": "resize", "faas.invoked_provider": "aws"}, "function.aws", "x", "x", "route"},
		{"x", server, attrs{"faas.execution": "abc"}, "function", "x", "x", "route"},
		// Frameworks, templates, code
		{"middleware - jsonParser", internal, attrs{"express.type": "middleware", "express.name": "jsonParser"}, "middleware", "middleware - jsonParser", "middleware - jsonParser", "custom"},
		{"request handler - /a/:id", internal, attrs{"express.type": "request_handler", "http.route": "/a/:id"}, "handler", "/a/:id", "/a/:id", "route"},
		{"router - /a", internal, attrs{"koa.type": "router", "http.route": "/a"}, "router", "/a", "/a", "route"},
		{"x", internal, attrs{"router.type": "new thing"}, "default", "x", "x", "custom"},
		{"jinja2.render", internal, attrs{"jinja2.template_name": "a.html"}, "template", "jinja2.render", "jinja2.render", "custom"},
		{"Repo.find", internal, attrs{"code.function": "find", "code.namespace": "Repo"}, "function", "Repo.find", "Repo.find", "custom"},
		{"Repo.find", internal, attrs{"code.function.name": "Repo.find"}, "function", "Repo.find", "Repo.find", "custom"},
		// Nothing
		{"work", internal, nil, "default", "work", "work", "custom"},
		{"", internal, nil, "default", "", "", "custom"},
		{"", client, attrs{"db.system": "", "http.request.method": ""}, "default", "", "", "custom"},
		{"", server, attrs{"http.request.method": "GET"}, "http.server", "GET", "GET", "route"},
		{"", consumer, attrs{"messaging.system": "x"}, "queue.process", "", "process", "task"},
		{"", client, attrs{"messaging.system": "x"}, "queue", "", "Messaging", "custom"},
	} {
		in := tc.span + " " + tc.kind.String()
		child := asChild(t, tc.span, tc.kind, tc.in)
		assert.Equal(t, tc.op, child.Op, "%s %v", in, tc.in)
		assert.Equal(t, tc.desc, child.Description, "%s %v", in, tc.in)
		tx := asRoot(t, tc.span, tc.kind, tc.in)
		assert.Equal(t, tc.op, tx.Trace.Op, "%s %v", in, tc.in)
		assert.Equal(t, tc.name, tx.Name, "%s %v", in, tc.in)
		assert.Equal(t, tc.source, tx.Source, "%s %v", in, tc.in)
	}
}

// An op of a hostile length is no reason to look far.
func TestOpOfOddWords(t *testing.T) {
	long := strings.Repeat("X", 1<<16)
	assert.Equal(t, "gen_ai", asChild(t, "n", client, attrs{"gen_ai.operation.name": long}).Op)
	assert.Equal(t, "cache", asChild(t, "n", client, attrs{"cache.operation": long}).Op)
	assert.Equal(t, "gen_ai", asChild(t, "n", client, attrs{"gen_ai.operation.name": int64(7)}).Op, "a number is no word")
}
