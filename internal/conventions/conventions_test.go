package conventions

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		key, current string
		status       Status
		scrub        Scrub
		typ          Type
	}{
		{"http.request.method", "http.request.method", StatusCurrent, ScrubManual, TypeString},
		{"http.method", "http.request.method", StatusBackfill, ScrubManual, TypeString},
		{"db.statement", "db.query.text", StatusNormalize, ScrubAuto, TypeString},
		{"gen_ai.request.messages", "gen_ai.input.messages", StatusTransform, ScrubManual, TypeString},
		{"rpc.grpc.status_code", "rpc.response.status_code", StatusDeprecated, ScrubManual, TypeInt},
		{"sentry.op", "sentry.op", StatusCurrent, ScrubNever, TypeString},
		{"cache.key", "cache.key", StatusCurrent, ScrubManual, TypeStrings},
		{"gen_ai.request.temperature", "gen_ai.request.temperature", StatusCurrent, ScrubManual, TypeDouble},
		{"cache.hit", "cache.hit", StatusCurrent, ScrubManual, TypeBool},
	} {
		a, ok := Lookup(tc.key)
		require.True(t, ok, tc.key)
		assert.Equal(t, tc.key, a.Key)
		assert.Equal(t, tc.current, a.Current, tc.key)
		assert.Equal(t, tc.status, a.Status, tc.key)
		assert.Equal(t, tc.scrub, a.Scrub, tc.key)
		assert.Equal(t, tc.typ, a.Type, tc.key)
		assert.False(t, a.Family, tc.key)
	}
	for _, key := range []string{"", "h", "http", "no.such.key", "mdc.", "http.request.header.", "http.request.header.<key>"[:19]} {
		_, ok := Lookup(key)
		assert.False(t, ok, key)
	}
}

func TestLookupFamily(t *testing.T) {
	for key, pattern := range map[string]string{
		"http.request.header.accept": "http.request.header.<key>",
		"mdc.user":                   "mdc.<key>",
		"score.fcp":                  "score.<key>",
		"score.ratio.fcp":            "score.ratio.<key>",
		"url.path.params.id":         "url.path.params.<key>",
	} {
		a, ok := Lookup(key)
		require.True(t, ok, key)
		assert.Equal(t, pattern, a.Key)
		assert.True(t, a.Family)
	}
	// Its own name wins over the family it would fall into.
	a, ok := Lookup("http.response.header.content-length")
	require.True(t, ok)
	assert.False(t, a.Family)
}

// What the tables promise to those who read them in one step: a replacement is never itself replaced, and the keys of a current
// attribute begin with itself.
func TestTablesAreConsistent(t *testing.T) {
	n := 0
	for a := range All {
		n++
		got, ok := Lookup(a.Key)
		if !a.Family {
			require.True(t, ok, a.Key)
			require.Equal(t, a.Key, got.Key)
		}
		require.Equal(t, a.Status == StatusCurrent, a.Key == a.Current, a.Key)
		if cur, ok := Lookup(a.Current); ok && !a.Family && !cur.Family {
			require.Equal(t, StatusCurrent, cur.Status, "%s -> %s", a.Key, a.Current)
		}
		if len(a.Keys) > 0 {
			require.Equal(t, a.Key, a.Keys[0])
		}
	}
	assert.Greater(t, n, 900)
}

func TestOp(t *testing.T) {
	for _, op := range []string{"http.server", "db.query", "queue.publish", "graphql.mutation"} {
		got, ok := Op([]byte(op))
		assert.True(t, ok, op)
		assert.Equal(t, op, got)
	}
	_, ok := Op([]byte("http.nonsense"))
	assert.False(t, ok)
}

// attrMap fills templates from a plain map.
type attrMap map[string]string

func (m attrMap) AppendField(dst []byte, f Field) ([]byte, bool) {
	for _, key := range f.Keys() {
		if v, ok := m[key]; ok {
			return append(dst, v...), true
		}
	}
	return dst, false
}

func fill(list []Template, src Source) string {
	for _, t := range list {
		if b, ok := t.Append([]byte("> "), src); ok {
			return strings.TrimPrefix(string(b), "> ")
		}
	}
	return ""
}

func TestNamesAndDescriptions(t *testing.T) {
	for i, tc := range []struct {
		op         string
		attrs      attrMap
		name, desc string
	}{
		{"http.server", attrMap{"http.request.method": "GET", "http.route": "/u/{id}", "url.path": "/u/1"}, "GET /u/{id}", "GET /u/{id}"},
		{"http.server", attrMap{"http.request.method": "GET", "url.path": "/u/1"}, "GET", "GET /u/1"},
		{"http.server", attrMap{}, "HTTP", ""},
		{"http", attrMap{"http.method": "PUT", "http.route": "/a"}, "PUT /a", "PUT /a"},
		{"http.client", attrMap{"http.method": "GET", "http.url": "http://h/p"}, "GET", "GET http://h/p"},
		{"http.client", attrMap{"http.method": "GET", "server.address": "h"}, "GET", "GET h"},
		{"db.query", attrMap{"db.operation": "SELECT", "db.mongodb.collection": "c", "db.statement": "SELECT 1"}, "SELECT c", "SELECT 1"},
		{"db", attrMap{"db.operation.name": "PING", "server.address": "h", "server.port": "1"}, "PING h:1", ""},
		{"db", attrMap{"server.address": "h", "db.system": "mysql"}, "mysql", ""},
		{"db", attrMap{}, "Database operation", ""},
		{"cache.get", attrMap{"cache.key": "k", "db.query.summary": "GET"}, "GET", "k"},
		{"queue.publish", attrMap{"messaging.operation.type": "send", "messaging.destination": "d"}, "send d", "d"},
		{"graphql.query", attrMap{"graphql.operation.type": "query", "graphql.source": "{a}"}, "GraphQL query", "{a}"},
		{"graphql.resolve", attrMap{"graphql.source": "{a}"}, "GraphQL Operation", ""},
		{"rpc", attrMap{"rpc.service": "s", "rpc.method": "m"}, "s/m", "s/m"},
		{"rpc", attrMap{"rpc.method": "s/m"}, "s/m", "s/m"},
		{"gen_ai.embeddings", attrMap{"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m"}, "embeddings m", ""},
		{"gen_ai.invoke_agent", attrMap{"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}, "invoke_agent a", ""},
		{"mcp.server", attrMap{"mcp.method.name": "tools/call", "mcp.tool.name": "t"}, "tools/call t", "tools/call t"},
		{"function.aws", attrMap{"aws.lambda.function_name": "f"}, "f", ""},
		{"no.such.op", attrMap{"http.request.method": "GET"}, "", ""},
		{"", attrMap{}, "", ""},
	} {
		assert.Equal(t, tc.name, fill(Names(tc.op), tc.attrs), "name %d %s", i, tc.op)
		assert.Equal(t, tc.desc, fill(Descriptions(tc.op), tc.attrs), "description %d %s", i, tc.op)
	}
}

// A template of fixed text always fits: one that stood after it would never be tried.
func TestFixedTemplatesComeLast(t *testing.T) {
	for _, table := range []map[string][]Template{nameTemplates, descriptionTemplates} {
		for op, list := range table {
			for i, tpl := range list {
				require.NotEmpty(t, tpl, op)
				assert.False(t, tpl.Fixed() && i < len(list)-1, op)
			}
		}
	}
}

type noAlloc struct{ port int64 }

func (n *noAlloc) AppendField(dst []byte, f Field) ([]byte, bool) {
	if f == FieldServerPort {
		return strconv.AppendInt(dst, n.port, 10), true
	}
	return append(dst, "x"...), f != FieldDBQuerySummary && f != FieldDBCollectionName
}

func TestNoAllocations(t *testing.T) {
	buf, src, op := make([]byte, 0, 64), &noAlloc{port: 5432}, []byte("queue.process")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		for _, tpl := range Names("db.query") {
			buf, _ = tpl.Append(buf[:0], src)
		}
		Descriptions("queue.publish")
		Lookup("http.request.header.accept")
		Lookup("http.method")
		Op(op)
	}))
}

func BenchmarkLookup(b *testing.B) {
	keys := []string{"http.request.method", "http.request.header.accept", "my.own.key"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Lookup(keys[i%len(keys)])
	}
}
