// Package samples makes envelopes such as a small shop would send, for the inbox's demo and tests.
//
// In: the present time.
// Out: bodies of envelopes. Those of All keep to the protocol; those of Flawed break it on purpose.
// It must not know: the inbox.
package samples

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"
)

type (
	object = map[string]any
	list   = []any
)

// Trace is the trace id that the failed checkout, its transactions, its error and its logs share.
const Trace = "4bf92f3577b34da6a3ce929d0e0e4736"

// ID makes an event id of a name: the same name gives the same id.
func ID(name string) string {
	return fmt.Sprintf("%016x%016x", xxhash.Sum64String(name), xxhash.Sum64String(name+"'"))
}

// Envelope writes an envelope of one item.
func Envelope(header object, itemHeader object, payload any) []byte {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic(err) // the samples are literals
	}
	itemHeader["length"] = len(raw)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, line := range []object{header, itemHeader} {
		if err := enc.Encode(line); err != nil {
			panic(err)
		}
	}
	b.Write(raw)
	b.WriteByte('\n')
	return b.Bytes()
}

var sdk = object{"name": "sentry.otelcol", "version": "0.1.0"}

// Event writes an envelope with an event, whose id and time it fills in.
func Event(id string, at time.Time, payload object) []byte {
	payload["event_id"] = id
	payload["timestamp"] = seconds(at)
	if payload["sdk"] == nil {
		payload["sdk"] = sdk
	}
	return Envelope(object{"event_id": id, "sent_at": at.UTC().Format(time.RFC3339Nano), "sdk": sdk}, object{"type": "event"}, payload)
}

func seconds(t time.Time) json.Number {
	return json.Number(fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000))
}

// Shop is everything a small shop sends, oldest first.
func Shop(now time.Time) [][]byte {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	var all [][]byte
	for i := range 9 {
		at := ago(time.Duration(95-9*i) * time.Second)
		all = append(all, Event(ID(fmt.Sprint("rate", i)), at, rateLimited(17+i*31)))
	}
	for i := range 4 {
		at := ago(time.Duration(110-25*i) * time.Second)
		all = append(all, Event(ID(fmt.Sprint("python", i)), at, pythonChain(i)))
	}
	all = append(all,
		Event(ID("go"), ago(70*time.Second), goPanic()),
		Event(ID("elixir"), ago(64*time.Second), rawStack()),
		Event(ID("node"), ago(50*time.Second), nodeError()),
		Event(ID("deprecated"), ago(44*time.Second), object{
			"platform": "php", "level": "warning", "logger": "php", "environment": "staging", "release": "backoffice@4.2.0",
			"logentry": object{"formatted": "Method Invoice::render() is deprecated since 4.0, use Invoice::toHtml() instead"}, "transaction": "/invoices/{id}",
		}),
	)
	for i := range 3 {
		at := ago(time.Duration(40-14*i) * time.Second)
		all = append(all, Event(ID(fmt.Sprint("java", i)), at, javaChain(at, i)))
	}
	all = append(all, checkout(ago(12*time.Second)), payment(ago(12*time.Second)))
	for i := range 6 {
		all = append(all, listing(ago(time.Duration(90-13*i)*time.Second), i))
	}
	all = append(all, logs(ago(12*time.Second)), streamed(ago(20*time.Second)), clientReport(now), metrics(now))
	return all
}

// Flawed are envelopes that break the protocol but can be parsed.
func Flawed(now time.Time) [][]byte {
	bad := object{
		"platform": "cobol", "level": "terrible", "environment": "prod/eu", "release": "bad\nrelease",
		"tags":      object{"a key with spaces!": "x", "long": string(bytes.Repeat([]byte("v"), 300))},
		"exception": object{"values": list{object{"stacktrace": object{"frames": list{object{"lineno": -3}}}}}},
	}
	late := listing(now.Add(-30*24*time.Hour), 99)
	return [][]byte{Event(ID("flawed"), now, bad), late}
}

// Malformed are bodies that are no envelopes.
func Malformed() [][]byte {
	return [][]byte{
		[]byte("{\"event_id\":\"" + ID("cut") + "\"}\n{\"type\":\"event\",\"length\":500}\n{\"message\":\"cut off\n"),
		[]byte("hello"),
	}
}

func rateLimited(user int) object {
	return object{
		"platform": "python", "level": "warning", "logger": "shop.api.limits", "environment": "production", "release": "shop-api@2.14.1", "server_name": "shop-api-7d9f-x2x1",
		"logentry": object{
			"formatted": fmt.Sprintf("user %d exceeded the rate limit of 100 requests per minute", user),
			"message":   "user %s exceeded the rate limit of %s requests per minute", "params": list{strconv.Itoa(user), "100"},
		},
		"user": object{"id": strconv.Itoa(user)}, "tags": object{"service.name": "shop-api"},
	}
}

func pythonChain(i int) object {
	return object{
		"platform": "python", "level": "error", "logger": "shop.cart", "environment": "production", "release": fmt.Sprintf("shop-api@2.14.%d", i/2), "transaction": "/cart/{cart_id}/items",
		"server_name": "shop-api-7d9f-x2x1",
		"exception": object{"values": list{
			object{"type": "KeyError", "value": "'sku-4711'", "module": "builtins", "mechanism": object{"type": "chained", "exception_id": 1, "parent_id": 0, "source": "__context__"}, "stacktrace": object{"frames": list{
				object{
					"function": "price_of", "module": "shop.cart.pricing", "filename": "shop/cart/pricing.py", "abs_path": "/app/shop/cart/pricing.py", "lineno": 88, "in_app": true,
					"pre_context": list{"", "def price_of(sku: str, prices: dict[str, Price]) -> Price:", "    \"\"\"Looks up the current price.\"\"\""}, "context_line": "    return prices[sku]", "post_context": list{"", "", "def total(cart: Cart) -> Money:"},
					"vars": object{"sku": "'sku-4711'", "prices": "<dict of 1204 entries>"},
				},
			}}},
			object{
				"type": "CartError", "value": "cannot price the cart: unknown article sku-4711", "module": "shop.cart.errors",
				"mechanism": object{"type": "generic", "handled": false, "exception_id": 0},
				"stacktrace": object{"frames": list{
					object{"function": "__call__", "module": "starlette.routing", "filename": "starlette/routing.py", "lineno": 734, "in_app": false},
					object{"function": "app", "module": "starlette.routing", "filename": "starlette/routing.py", "lineno": 73, "in_app": false},
					object{"function": "run_endpoint_function", "module": "fastapi.routing", "filename": "fastapi/routing.py", "lineno": 212, "in_app": false},
					object{
						"function": "add_item", "module": "shop.api.cart", "filename": "shop/api/cart.py", "abs_path": "/app/shop/api/cart.py", "lineno": 41, "in_app": true,
						"pre_context": list{"async def add_item(cart_id: UUID, item: NewItem) -> CartView:", "    cart = await carts.load(cart_id)", "    cart.add(item)"}, "context_line": "    return view(cart, total(cart))", "post_context": list{"", "@router.delete(\"/cart/{cart_id}/items/{sku}\")"},
					},
					object{
						"function": "total", "module": "shop.cart.pricing", "filename": "shop/cart/pricing.py", "abs_path": "/app/shop/cart/pricing.py", "lineno": 97, "in_app": true,
						"pre_context": list{"        return sum_of(price_of(line.sku, prices) * line.count for line in cart)", "    except KeyError as missing:"}, "context_line": "        raise CartError(f\"cannot price the cart: unknown article {missing.args[0]}\")", "post_context": list{},
					},
				}},
			},
		}},
		"request": object{"method": "POST", "url": "https://shop.example/cart/3f2b/items", "query_string": "currency=EUR&dry=0", "headers": list{list{"Content-Type", "application/json"}, list{"User-Agent", "ShopApp/8.1 (Android 15)"}}, "data": object{"sku": "sku-4711", "count": 2}},
		"user":    object{"id": strconv.Itoa(4711 + i), "email": "[Filtered]"}, "tags": object{"service.name": "shop-api", "k8s.namespace.name": "shop"},
		"contexts": object{"runtime": object{"name": "CPython", "version": "3.13.1"}, "os": object{"name": "Linux", "version": "6.8.0"}},
		"modules":  object{"fastapi": "0.115.6", "starlette": "0.41.3", "uvicorn": "0.34.0", "pydantic": "2.10.4"},
	}
}

func javaFrame(module, function, file string, line int, own bool) object {
	return object{"module": module, "function": function, "filename": file, "lineno": line, "in_app": own}
}

func javaChain(at time.Time, i int) object {
	outer := list{
		javaFrame("java.lang.Thread", "run", "Thread.java", 1583, false),
		javaFrame("org.apache.tomcat.util.threads.TaskThread$WrappingRunnable", "run", "TaskThread.java", 63, false),
		javaFrame("org.apache.catalina.core.StandardWrapperValve", "invoke", "StandardWrapperValve.java", 167, false),
		javaFrame("org.springframework.web.servlet.DispatcherServlet", "doDispatch", "DispatcherServlet.java", 1089, false),
		javaFrame("com.acme.shop.web.CheckoutController", "checkout", "CheckoutController.java", 58, true),
		javaFrame("com.acme.shop.orders.OrderService$$SpringCGLIB$$0", "place", "<generated>", 0, false),
		javaFrame("org.springframework.transaction.interceptor.TransactionInterceptor", "invoke", "TransactionInterceptor.java", 119, false),
		javaFrame("com.acme.shop.orders.OrderService", "place", "OrderService.java", 112, true),
		javaFrame("com.acme.shop.orders.OrderRepository", "save", "OrderRepository.java", 41, true),
		javaFrame("org.springframework.jdbc.core.JdbcTemplate", "execute", "JdbcTemplate.java", 649, false),
		javaFrame("org.springframework.jdbc.datasource.DataSourceUtils", "getConnection", "DataSourceUtils.java", 84, false),
	}
	pool := list{
		javaFrame("org.springframework.jdbc.datasource.DataSourceUtils", "fetchConnection", "DataSourceUtils.java", 160, false),
		javaFrame("com.zaxxer.hikari.HikariDataSource", "getConnection", "HikariDataSource.java", 127, false),
		javaFrame("com.zaxxer.hikari.pool.HikariPool", "createTimeoutException", "HikariPool.java", 686, false),
	}
	socket := list{
		javaFrame("com.zaxxer.hikari.pool.HikariPool$PoolEntryCreator", "call", "HikariPool.java", 713, false),
		javaFrame("org.postgresql.core.v3.ConnectionFactoryImpl", "openConnectionImpl", "ConnectionFactoryImpl.java", 319, false),
		javaFrame("sun.nio.ch.Net", "pollConnect", "Net.java", 0, false),
	}
	exception := func(kind, module, value string, frames list, mechanism object) object {
		for _, f := range frames {
			if f.(object)["lineno"] == 0 {
				delete(f.(object), "lineno")
			}
		}
		return object{"type": kind, "module": module, "value": value, "stacktrace": object{"frames": frames}, "mechanism": mechanism, "thread_id": "41"}
	}
	return object{
		"platform": "java", "level": "error", "logger": "com.acme.shop.orders.OrderService", "environment": "production", "release": "shop-orders@3.2.0", "server_name": "orders-5c6b7d-zk8qf",
		"transaction": "POST /checkout",
		"exception": object{"values": list{
			exception("ConnectException", "java.net", "Connection refused", socket, object{"type": "chained", "exception_id": 2, "parent_id": 1, "source": "cause"}),
			exception("SQLTransientConnectionException", "java.sql", "orders-pool - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0, waiting=37)", pool, object{"type": "chained", "exception_id": 1, "parent_id": 0, "source": "cause"}),
			exception("CannotGetJdbcConnectionException", "org.springframework.jdbc", "Failed to obtain JDBC Connection", outer, object{"type": "auto.log.exception", "handled": false, "exception_id": 0}),
		}},
		"threads":     object{"values": list{object{"id": "41", "name": "http-nio-8080-exec-7", "crashed": true, "current": true, "state": "RUNNABLE"}}},
		"breadcrumbs": object{"values": javaCrumbs(at)},
		"request":     object{"method": "POST", "url": "https://shop.example/checkout", "headers": list{list{"X-Request-Id", "b9f1c0"}, list{"Accept-Language", "de-DE"}}},
		"user":        object{"id": strconv.Itoa(90210 + i)},
		"tags":        object{"service.name": "shop-orders", "k8s.namespace.name": "shop", "k8s.deployment.name": "orders", "k8s.pod.name": "orders-5c6b7d-zk8qf"},
		"contexts": object{
			"trace":   object{"trace_id": Trace, "span_id": "00f067aa0ba902b8", "op": "db.query", "status": "unavailable"},
			"os":      object{"name": "Linux", "version": "6.8.0-45-generic", "kernel_version": "6.8.0"},
			"runtime": object{"name": "OpenJDK Runtime Environment", "version": "21.0.5+11-LTS"},
			"k8s":     object{"namespace": "shop", "deployment": "orders", "pod": "orders-5c6b7d-zk8qf", "node": "worker-3", "container": "app"},
			"otel":    object{"attributes": object{"thread.id": 41, "thread.name": "http-nio-8080-exec-7", "log.file.path": "/var/log/pods/shop_orders-5c6b7d-zk8qf/app/0.log"}, "resource": object{"telemetry.sdk.language": "java", "telemetry.sdk.version": "1.45.0", "service.instance.id": "c0ffee"}},
		},
		"extra": object{"held_back": 0, "cart": object{"items": 3, "total": "74.90", "currency": "EUR"}},
	}
}

func javaCrumbs(at time.Time) list {
	steps := []struct {
		before                         time.Duration
		kind, category, level, message string
		data                           object
	}{
		{34 * time.Second, "http", "http", "info", "", object{"http.request.method": "GET", "url": "http://catalog/articles/4711", "status_code": 200}},
		{33 * time.Second, "default", "com.acme.shop.cart.CartService", "info", "cart 3f2b loaded, 3 items", nil},
		{32600 * time.Millisecond, "query", "db", "info", "SELECT id, total FROM carts WHERE id = ?", nil},
		{32 * time.Second, "default", "com.acme.shop.web.CheckoutController", "info", "checkout started", nil},
		{31800 * time.Millisecond, "http", "http", "info", "", object{"http.request.method": "POST", "url": "http://payments/authorize", "status_code": 200}},
		{31500 * time.Millisecond, "default", "com.acme.shop.orders.OrderService", "info", "placing order for user 90210", nil},
		{20 * time.Second, "default", "com.zaxxer.hikari.pool.HikariPool", "warning", "orders-pool - Thread starvation or clock leap detected (housekeeper delta=31s)", nil},
		{10 * time.Second, "default", "com.zaxxer.hikari.pool.HikariPool", "warning", "orders-pool - Failed to validate connection (This connection has been closed.)", nil},
		{1 * time.Second, "error", "org.postgresql.Driver", "error", "Connection error: Connection refused", nil},
	}
	var out list
	for _, s := range steps {
		crumb := object{"timestamp": seconds(at.Add(-s.before)), "type": s.kind, "category": s.category, "level": s.level}
		if s.message != "" {
			crumb["message"] = s.message
		}
		if s.data != nil {
			crumb["data"] = s.data
		}
		out = append(out, crumb)
	}
	return out
}
