package samples

import (
	"fmt"
	"time"
)

func goFrame(module, function, file string, line int, own bool) object {
	return object{"module": module, "function": function, "filename": file, "abs_path": "/src/" + file, "lineno": line, "in_app": own}
}

func goPanic() object {
	own := "github.com/acme/shop/stock"
	return object{
		"platform": "go", "level": "fatal", "environment": "production", "release": "stock@0.9.3", "server_name": "stock-0",
		"exception": object{"values": list{object{"type": "runtime error", "value": "runtime error: index out of range [5] with length 5", "mechanism": object{"type": "panic", "handled": false}, "stacktrace": object{"frames": list{
			goFrame("net/http", "(*conn).serve", "net/http/server.go", 2102, false),
			goFrame("net/http", "HandlerFunc.ServeHTTP", "net/http/server.go", 2294, false),
			goFrame(own, "(*API).Reserve", "stock/api.go", 77, true),
			goFrame(own, "(*Shelf).take", "stock/shelf.go", 132, true),
		}}}}},
		"threads": object{"values": list{
			object{"id": 34, "name": "goroutine 34", "crashed": true, "current": true, "state": "running"},
			object{"id": 1, "name": "goroutine 1", "state": "chan receive, 12 minutes", "main": true, "stacktrace": object{"frames": list{goFrame("main", "main", "cmd/stock/main.go", 31, true), goFrame("main", "run", "cmd/stock/main.go", 64, true)}}},
			object{"id": 18, "name": "goroutine 18", "state": "select", "stacktrace": object{"frames": list{
				goFrame("database/sql", "OpenDB.gowrap1", "database/sql/sql.go", 838, false), goFrame("database/sql", "(*DB).connectionOpener", "database/sql/sql.go", 1261, false),
			}}},
		}},
		"tags": object{"service.name": "stock"},
	}
}

func rawStack() object {
	return object{
		"platform": "elixir", "level": "error", "logger": "Mailer", "environment": "production", "release": "mailer@1.0.4",
		"exception": object{"values": list{object{"type": "FunctionClauseError", "value": "no function clause matching in Mailer.Template.render/2"}}},
		"extra": object{"exception.stacktrace": "** (FunctionClauseError) no function clause matching in Mailer.Template.render/2\n    (mailer 1.0.4) lib/mailer/template.ex:12: Mailer.Template.render(:welcome, nil)\n" +
			"    (mailer 1.0.4) lib/mailer/worker.ex:48: Mailer.Worker.perform/1\n    (oban 2.18.3) lib/oban/queue/executor.ex:141: Oban.Queue.Executor.perform/1\n    (elixir 1.17.3) lib/task/supervised.ex:101: Task.Supervised.invoke_mfa/2"},
		"tags": object{"service.name": "mailer"},
	}
}

func nodeError() object {
	frame := func(function, file string, line, column int, own bool) object {
		return object{"function": function, "filename": file, "abs_path": file, "lineno": line, "colno": column, "in_app": own}
	}
	return object{
		"platform": "node", "level": "error", "environment": "staging", "release": "storefront@8.1.0-rc.2", "transaction": "GET /product/[slug]",
		"exception": object{"values": list{object{"type": "TypeError", "value": "Cannot read properties of undefined (reading 'images')", "mechanism": object{"type": "generic", "handled": true}, "stacktrace": object{"frames": list{
			frame("process.processTicksAndRejections", "node:internal/process/task_queues", 105, 5, false),
			frame("renderToHTML", "/app/node_modules/next/dist/server/render.js", 512, 20, false),
			frame("Product.getServerSideProps", "/app/src/pages/product/[slug].tsx", 34, 18, true),
			frame("gallery", "/app/src/lib/gallery.ts", 9, 27, true),
		}}}}},
		"request": object{"method": "GET", "url": "https://shop.example/product/blue-chair", "headers": list{list{"Referer", "https://shop.example/"}}},
		"tags":    object{"service.name": "storefront"},
	}
}

func span(id, parent, op, description string, start time.Time, from, to int, status string, data object) object {
	s := object{
		"trace_id": Trace, "span_id": id, "op": op, "description": description, "status": status, "origin": "auto.otlp",
		"start_timestamp": seconds(start.Add(time.Duration(from) * time.Millisecond)), "timestamp": seconds(start.Add(time.Duration(to) * time.Millisecond)),
	}
	if parent != "" {
		s["parent_span_id"] = parent
	}
	if data != nil {
		s["data"] = data
	}
	return s
}

func transaction(id, name, op, status, trace, spanID, parent string, start time.Time, length int, spans list, more object) []byte {
	context := object{"trace_id": trace, "span_id": spanID, "op": op, "status": status, "origin": "auto.otlp", "data": object{"http.request.method": "POST", "url.path": "/checkout", "network.protocol.version": "1.1"}}
	if parent != "" {
		context["parent_span_id"] = parent
	}
	payload := object{
		"type": "transaction", "event_id": id, "transaction": name, "transaction_info": object{"source": "route"}, "platform": "java", "environment": "production", "release": "shop-orders@3.2.0",
		"start_timestamp": seconds(start), "timestamp": seconds(start.Add(time.Duration(length) * time.Millisecond)), "contexts": object{"trace": context}, "spans": spans, "sdk": sdk,
	}
	for k, v := range more {
		payload[k] = v
	}
	end := start.Add(time.Duration(length) * time.Millisecond)
	return Envelope(object{"event_id": id, "sent_at": end.UTC().Format(time.RFC3339Nano), "sdk": sdk}, object{"type": "transaction"}, payload)
}

func checkout(start time.Time) []byte {
	root := "00f067aa0ba902b7"
	query := func(id string, from, to int, text, status string) object {
		return span(id, "00f067aa0ba902c0", "db.query", text, start, from, to, status, object{"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "orders-db"})
	}
	spans := list{
		span("00f067aa0ba902c1", root, "middleware.handle", "SecurityFilterChain", start, 3, 21, "ok", nil),
		span("00f067aa0ba902c2", "00f067aa0ba902c1", "cache.get", "session:9a1f", start, 6, 9, "ok", object{"cache.key": "session:9a1f", "cache.hit": true}),
		span("00f067aa0ba902c3", root, "http.client", "GET http://catalog/articles", start, 24, 188, "ok", object{"http.response.status_code": 200, "server.address": "catalog"}),
		span("00f067aa0ba902c4", root, "http.client", "POST http://payments/authorize", start, 190, 720, "ok", object{"http.response.status_code": 200, "server.address": "payments"}),
		span("00f067aa0ba902c0", root, "function", "OrderService.place", start, 724, 1480, "unavailable", object{"code.function.name": "com.acme.shop.orders.OrderService.place"}),
		query("00f067aa0ba902c5", 730, 742, "SELECT id, total FROM carts WHERE id = $1", "ok"),
		query("00f067aa0ba902c6", 744, 751, "SELECT * FROM addresses WHERE user_id = $1", "ok"),
		query("00f067aa0ba902b8", 760, 1440, "INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)", "unavailable"),
		span("00f067aa0ba902c7", root, "queue.publish", "publish orders.failed", start, 1484, 1502, "ok", object{"messaging.system": "kafka", "messaging.destination.name": "orders.failed"}),
		span("00f067aa0ba902c8", "00f067aa0ba902ff", "view.render", "error.html", start, 1504, 1516, "ok", nil),
	}
	return transaction(ID("checkout"), "POST /checkout", "http.server", "internal_error", Trace, root, "", start, 1520, spans, object{
		"request": object{"method": "POST", "url": "https://shop.example/checkout"}, "tags": object{"service.name": "shop-orders", "http.status_code": "503"},
		"measurements": object{"cart.items": object{"value": 3, "unit": "none"}},
	})
}

func payment(start time.Time) []byte {
	root := "1a2b3c4d5e6f7081"
	at := start.Add(195 * time.Millisecond)
	spans := list{
		span("1a2b3c4d5e6f7082", root, "db.query", "SELECT token FROM cards WHERE user_id = ?", at, 8, 31, "ok", object{"db.system.name": "mysql"}),
		span("1a2b3c4d5e6f7083", root, "http.client", "POST https://bank.example/v2/authorizations", at, 36, 486, "ok", object{"http.response.status_code": 201, "server.address": "bank.example"}),
		span("1a2b3c4d5e6f7084", root, "db.query", "INSERT INTO authorizations VALUES (?, ?, ?)", at, 490, 502, "ok", object{"db.system.name": "mysql"}),
	}
	return transaction(ID("payment"), "POST /authorize", "http.server", "ok", Trace, root, "00f067aa0ba902c4", at, 506, spans, object{"platform": "go", "release": "payments@1.7.2", "tags": object{"service.name": "payments"}})
}

func listing(start time.Time, i int) []byte {
	trace := ID(fmt.Sprint("listing trace", i))
	root := trace[:16]
	length := 38 + i*23%190
	spans := list{
		span(trace[1:17], root, "cache.get", "articles:front", start, 2, 4, "ok", object{"cache.hit": false}),
		span(trace[2:18], root, "db.query", "SELECT * FROM articles WHERE category = $1 ORDER BY rank LIMIT 40", start, 5, length*2/3, "ok", object{"db.system.name": "postgresql"}),
		span(trace[3:19], root, "template.render", "articles/list.html", start, length*2/3+1, length-2, "ok", nil),
	}
	for _, s := range spans {
		s.(object)["trace_id"] = trace
	}
	return transaction(ID(fmt.Sprint("listing", i)), "GET /articles/{category}", "http.server", "ok", trace, root, "", start, length, spans, object{"platform": "python", "release": "shop-api@2.14.1", "tags": object{"service.name": "shop-api"}})
}

func typed(value any) object {
	switch value.(type) {
	case int:
		return object{"type": "integer", "value": value}
	case float64:
		return object{"type": "double", "value": value}
	case bool:
		return object{"type": "boolean", "value": value}
	}
	return object{"type": "string", "value": value}
}

func container(kind, mime string, header object, items list) []byte {
	header["sdk"] = sdk
	return Envelope(header, object{"type": kind, "content_type": "application/vnd.sentry.items." + mime + "+json", "item_count": len(items)}, object{"version": 2, "items": items})
}

func logs(start time.Time) []byte {
	lines := []struct {
		after  int
		level  string
		number int
		body   string
	}{
		{2, "info", 9, "POST /checkout from 203.0.113.7"},
		{8, "debug", 5, "session 9a1f found in cache"},
		{27, "info", 9, "cart 3f2b loaded, 3 items, 74.90 EUR"},
		{190, "info", 9, "authorizing 74.90 EUR"},
		{721, "info", 9, "authorized, reference 8f1e22"},
		{760, "trace", 1, "acquiring connection from orders-pool"},
		{1100, "warn", 13, "orders-pool: 37 threads are waiting for a connection"},
		{1441, "error", 17, "Failed to obtain JDBC Connection\njava.net.ConnectException: Connection refused"},
		{1490, "info", 9, "order 5c0b moved to orders.failed"},
		{1519, "fatal", 21, "readiness probe failed, taking the pod out of service"},
	}
	var items list
	for i, l := range lines {
		items = append(items, object{
			"timestamp": seconds(start.Add(time.Duration(l.after) * time.Millisecond)), "trace_id": Trace, "span_id": "00f067aa0ba902b7", "level": l.level, "severity_number": l.number, "body": l.body,
			"attributes": object{"sentry.environment": typed("production"), "sentry.release": typed("shop-orders@3.2.0"), "logger.name": typed("com.acme.shop.orders"), "thread.id": typed(41), "sentry.timestamp.sequence": typed(i), "k8s.pod.name": typed("orders-5c6b7d-zk8qf")},
		})
	}
	return container("log", "log", object{"sent_at": start.UTC().Format(time.RFC3339Nano)}, items)
}

func streamed(start time.Time) []byte {
	trace := ID("streamed trace")
	one := func(id, parent, op, name string, from, to int, segment bool) object {
		s := object{
			"trace_id": trace, "span_id": id, "name": name, "status": "ok", "is_segment": segment, "start_timestamp": seconds(start.Add(time.Duration(from) * time.Millisecond)), "end_timestamp": seconds(start.Add(time.Duration(to) * time.Millisecond)),
			"attributes": object{"sentry.op": typed(op), "sentry.release": typed("recommender@0.3.0"), "sentry.environment": typed("production"), "sentry.segment.id": typed("aaaabbbbccccdd01"), "sentry.segment.name": typed("recommend")},
		}
		if parent != "" {
			s["parent_span_id"] = parent
		}
		return s
	}
	return container("span", "span.v2", object{"sent_at": start.Add(time.Second).UTC().Format(time.RFC3339Nano), "trace": object{"trace_id": trace, "public_key": "inbox", "sample_rate": "1", "sampled": "true"}}, list{
		one("aaaabbbbccccdd01", "", "queue.process", "recommend", 0, 640, true),
		one("aaaabbbbccccdd02", "aaaabbbbccccdd01", "gen_ai.embeddings", "embeddings text-small", 12, 310, false),
		one("aaaabbbbccccdd03", "aaaabbbbccccdd01", "db.query", "SELECT id FROM articles ORDER BY embedding <-> $1 LIMIT 8", 316, 610, false),
	})
}

func clientReport(now time.Time) []byte {
	return Envelope(object{"sdk": sdk, "sent_at": now.UTC().Format(time.RFC3339Nano)}, object{"type": "client_report"}, object{"timestamp": now.UTC().Format(time.RFC3339), "discarded_events": list{object{"reason": "ratelimit_backoff", "category": "error", "quantity": 4}}})
}

func metrics(now time.Time) []byte {
	return container("trace_metric", "trace-metric", object{"sent_at": now.UTC().Format(time.RFC3339Nano)}, list{
		object{"timestamp": seconds(now), "trace_id": Trace, "name": "orders.pool.waiting", "type": "gauge", "value": 37, "unit": "none", "attributes": object{"sentry.environment": typed("production")}},
	})
}
