package fields

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"
)

// layouts are lines as well-known programs and default configurations print them, beside those of the corpus.
var layouts = []struct {
	name, line              string
	severity                plog.SeverityNumber
	logger, thread, message string
	time                    string // "" where the text is not certain
}{
	{
		"Spring Boot", "2026-11-21T10:11:12.123+01:00 ERROR 4711 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController            : Cart 7 is gone",
		17, "c.e.shop.web.CartController", "nio-8080-exec-3", "Cart 7 is gone", "2026-11-21T09:11:12.123Z",
	},
	{
		"Spring Boot 2", "2026-11-21 10:11:12.123  INFO 1 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat started on port(s): 8080 (http)",
		9, "o.s.b.w.embedded.tomcat.TomcatWebServer", "main", "Tomcat started on port(s): 8080 (http)", "2026-11-21T10:11:12.123Z",
	},
	{
		"Spring Boot with correlation", "2026-11-21T10:11:12.123Z  WARN 1 --- [shop] [exec-1] [803b448a0489f84084905d3093480352-3425f23bb2432450] c.e.Shop : slow",
		13, "c.e.Shop", "exec-1", "slow", "2026-11-21T10:11:12.123Z",
	},
	{"Sleuth", "2026-11-21 10:11:12.123 ERROR [shop,803b448a0489f84084905d3093480352,3425f23bb2432450] 1 --- [exec-1] c.e.Shop : broken", 17, "c.e.Shop", "exec-1", "broken", "2026-11-21T10:11:12.123Z"},
	{
		"Quarkus", "2026-11-21 10:11:12,123 ERROR [io.qua.ver.htt.run.QuarkusErrorHandler] (executor-thread-1) HTTP Request to /a failed", 17,
		"io.qua.ver.htt.run.QuarkusErrorHandler", "executor-thread-1", "HTTP Request to /a failed", "2026-11-21T10:11:12.123Z",
	},
	{
		"WildFly", "10:11:12,123 WARN  [org.jboss.as.txn] (ServerService Thread Pool -- 45) WFLYTX0013: node identifier", 13, "org.jboss.as.txn", "ServerService Thread Pool -- 45",
		"WFLYTX0013: node identifier", "",
	},
	{
		"Tomcat", "21-Nov-2026 10:11:12.123 SEVERE [main] org.apache.catalina.core.StandardService.init Failed to initialize connector", 17, "", "main",
		"org.apache.catalina.core.StandardService.init Failed to initialize connector", "2026-11-21T10:11:12.123Z",
	},
	{"Dropwizard", "INFO  [2026-11-21 10:11:12,123] org.eclipse.jetty.server.Server: Started @1234ms", 9, "org.eclipse.jetty.server.Server", "", "Started @1234ms", "2026-11-21T10:11:12.123Z"},
	{"Kafka", "[2026-11-21 10:11:12,123] ERROR [Broker id=1] Error while processing (kafka.server.ReplicaManager)", 17, "", "", "[Broker id=1] Error while processing (kafka.server.ReplicaManager)", "2026-11-21T10:11:12.123Z"},
	{"ZooKeeper", "2026-11-21 10:11:12,123 [myid:1] - INFO  [main:QuorumPeerConfig@177] - Reading configuration", 9, "", "", "Reading configuration", "2026-11-21T10:11:12.123Z"},
	{"Elasticsearch", "[2026-11-21T10:11:12,123][WARN ][o.e.c.r.a.AllocationService] [node-1] Falling back", 13, "o.e.c.r.a.AllocationService", "", "Falling back", "2026-11-21T10:11:12.123Z"},
	{"Cassandra", "ERROR [main] 2026-11-21 10:11:12,123 CassandraDaemon.java:803 - Exception encountered during startup", 17, "", "main", "Exception encountered during startup", "2026-11-21T10:11:12.123Z"},
	{"Spark", "26/11/21 10:11:12 ERROR Executor: Exception in task 0.0 in stage 0.0", 17, "", "", "Executor: Exception in task 0.0 in stage 0.0", "2026-11-21T10:11:12Z"},
	{
		"Hadoop", "2026-11-21 10:11:12,123 ERROR org.apache.hadoop.hdfs.server.datanode.DataNode: RECEIVED SIGNAL 15: SIGTERM", 17, "org.apache.hadoop.hdfs.server.datanode.DataNode", "",
		"RECEIVED SIGNAL 15: SIGTERM", "2026-11-21T10:11:12.123Z",
	},
	{
		"Flink", "2026-11-21 10:11:12,123 INFO  org.apache.flink.runtime.taskexecutor.TaskExecutor           [] - Close JobManager connection", 9,
		"org.apache.flink.runtime.taskexecutor.TaskExecutor", "", "Close JobManager connection", "2026-11-21T10:11:12.123Z",
	},
	{
		"ActiveMQ", "2026-11-21 10:11:12,123 | WARN  | Store limit is 102400 mb | org.apache.activemq.broker.BrokerService | main", 13, "", "",
		"Store limit is 102400 mb | org.apache.activemq.broker.BrokerService | main", "2026-11-21T10:11:12.123Z",
	},
	{"log4j 1 TTCC", "1234 [main] ERROR com.example.Shop - cart is gone", 17, "com.example.Shop", "main", "cart is gone", ""},
	{"log4j simple", "ERROR com.example.Shop - cart is gone", 17, "com.example.Shop", "", "cart is gone", ""},
	{"log4j epoch", "1795255872123 WARN main com.example.Shop: cart is slow", 13, "com.example.Shop", "main", "cart is slow", "2026-11-21T10:11:12.123Z"},
	{"log4j2 bars", "2026-11-21 10:11:12,123456¦ERROR¦main¦c.e.Shop¦tenant¦cart gone¦", 17, "c.e.Shop", "main", "cart gone", "2026-11-21T10:11:12.123456Z"},
	{"JUL one line", "2026-11-21 10:11:12.123 SEVERE  [com.example.Shop] cart is gone", 17, "com.example.Shop", "", "cart is gone", "2026-11-21T10:11:12.123Z"},
	{"JUL two lines", "Nov 21, 2026 10:11:12 PM com.example.Shop open\nSEVERE: cart is gone", 17, "com.example.Shop", "", "cart is gone", "2026-11-21T22:11:12Z"},
	{"JUL of JDK 21", "Nov 21, 2026 10:11:12\u202fAM com.example.Shop open\nWARNUNG: cart is slow", 13, "com.example.Shop", "", "cart is slow", "2026-11-21T10:11:12Z"},
	{"logback status", "10:11:12,123 |-ERROR in ch.qos.logback.core.joran.spi.Interpreter@3:4 - no applicable action", 17, "ch.qos.logback.core.joran.spi.Interpreter@3:4", "", "no applicable action", ""},

	{"Python with process", "2026-11-21 10:11:12,123 [4711] ERROR in shop: cart is gone", 17, "shop", "", "cart is gone", "2026-11-21T10:11:12.123Z"},
	{"Odoo", "2026-11-21 10:11:12,123 17 ERROR db odoo.http: Exception during JSON request handling.", 17, "odoo.http", "db", "Exception during JSON request handling.", "2026-11-21T10:11:12.123Z"},
	{"Airflow", "[2026-11-21T10:11:12.123+0000] {taskinstance.py:1851} ERROR - Task failed with exception", 17, "", "", "Task failed with exception", "2026-11-21T10:11:12.123Z"},
	{"Superset", "2026-11-21 10:11:12,123:ERROR:superset.views.base:Exception on /login/", 17, "superset.views.base", "", "Exception on /login/", "2026-11-21T10:11:12.123Z"},
	{"Jupyter", "[E 2026-11-21 10:11:12.123 ServerApp] Uncaught exception GET /api", 17, "ServerApp", "", "Uncaught exception GET /api", "2026-11-21T10:11:12.123Z"},
	{"OpenStack", "2026-11-21 10:11:12.123 7 ERROR nova.compute.manager [req-1 - - -] boom", 17, "nova.compute.manager", "", "[req-1 - - -] boom", "2026-11-21T10:11:12.123Z"},
	{"AWS Lambda, Python", "[ERROR]\t2026-11-21T10:11:12.123Z\t8f507cfc-1234-4697-b07a-ac58fc914c95\tcart is gone", 17, "", "", "cart is gone", "2026-11-21T10:11:12.123Z"},
	{"AWS Lambda, Node", "2026-11-21T10:11:12.123Z\t8f507cfc-1234-4697-b07a-ac58fc914c95\tERROR\tcart is gone", 17, "", "", "cart is gone", "2026-11-21T10:11:12.123Z"},

	{"bunyan CLI", "[2026-11-21T10:11:12.123Z] ERROR: shop/4711 on web-1: cart is gone", 17, "shop", "", "cart is gone", "2026-11-21T10:11:12.123Z"},
	{"pino-pretty", "[10:11:12.123] ERROR (4711): cart is gone", 17, "", "", "cart is gone", ""},
	{"NestJS", "[Nest] 4711  - 11/21/2026, 10:11:12 AM   ERROR [CartService] cart is gone", 17, "CartService", "", "cart is gone", "2026-11-21T10:11:12Z"},
	{"morgan", `::1 - - [21/Nov/2026:10:11:12 +0000] "GET /error HTTP/1.1" 500 12`, 0, "", "", `::1 - - [21/Nov/2026:10:11:12 +0000] "GET /error HTTP/1.1" 500 12`, ""},

	{"NATS", "[1] 2026/11/21 10:11:12.123456 [ERR] Error trying to connect", 17, "", "", "Error trying to connect", "2026-11-21T10:11:12.123456Z"},
	{"Vault", `2026-11-21T10:11:12.123Z [ERROR] core: failed to unseal: error="no keys"`, 17, "core", "", "failed to unseal", "2026-11-21T10:11:12.123Z"},
	{"Caddy", "2026/11/21 10:11:12.123\tERROR\thttp.log.error\tdial tcp: refused\t{\"status\": 502}", 17, "http.log.error", "", "dial tcp: refused", "2026-11-21T10:11:12.123Z"},
	{"gRPC-Go", "2026/11/21 10:11:12 ERROR: [core] pickfirst failed", 17, "core", "", "pickfirst failed", "2026-11-21T10:11:12Z"},
	{"CoreDNS", "[ERROR] plugin/errors: 2 example.org. A: read udp: i/o timeout", 17, "plugin/errors", "", "2 example.org. A: read udp: i/o timeout", ""},
	{"etcd, capnslog", "2026-11-21 10:11:12.123456 C | etcdmain: cannot start", 21, "etcdmain", "", "cannot start", "2026-11-21T10:11:12.123456Z"},
	{"logrus on a terminal", "ERRO[0042] cart is gone                                  cart=7", 17, "", "", "cart is gone", ""},
	{"klog", "E1121 10:11:12.123456       1 leaderelection.go:330] error retrieving resource lock", 17, "", "", "error retrieving resource lock", ""},
	{"glog, C++", "E20261121 10:11:12.123456 4711 cart.cc:12] cart is gone", 17, "", "", "cart is gone", "2026-11-21T10:11:12.123456Z"},
	{"Go with a microsecond and file", "2026/11/21 10:11:12.123456 cart.go:12: cart is gone", 0, "", "", "cart is gone", "2026-11-21T10:11:12.123456Z"},

	{"nginx", `2026/11/21 10:11:12 [crit] 7#7: *4 connect() to unix:/x.sock failed (2: No such file), client: 10.0.0.1`, 21, "", "", "connect() to unix:/x.sock failed (2: No such file), client: 10.0.0.1", "2026-11-21T10:11:12Z"},
	{
		"Apache", "[Sat Nov 21 10:11:12.123456 2026] [proxy:error] [pid 7:tid 140] [client 10.0.0.1:5] AH00957: HTTP: attempt to connect failed", 17, "", "",
		"AH00957: HTTP: attempt to connect failed", "2026-11-21T10:11:12.123456Z",
	},
	{"Apache 2.2", "[Sat Nov 21 10:11:12 2026] [notice] Apache/2.2 configured", 10, "", "", "Apache/2.2 configured", "2026-11-21T10:11:12Z"},
	{"PostgreSQL", "2026-11-21 10:11:12.123 UTC [7] shop@db FATAL:  password authentication failed", 21, "", "", "password authentication failed", "2026-11-21T10:11:12.123Z"},
	{"PostgreSQL elsewhere", "2026-11-21 10:11:12.123 CET [7] LOG:  checkpoint starting: time", 9, "", "", "checkpoint starting: time", ""},
	{"MySQL", "2026-11-21T10:11:12.123456Z 0 [ERROR] [MY-010119] [Server] Aborting", 17, "Server", "", "Aborting", "2026-11-21T10:11:12.123456Z"},
	{"MariaDB", "2026-11-21 10:11:12 0 [Note] InnoDB: Buffer pool(s) load completed", 10, "InnoDB", "", "Buffer pool(s) load completed", "2026-11-21T10:11:12Z"},
	{"Redis", "1:M 21 Nov 2026 10:11:12.123 # Server initialized", 13, "", "", "Server initialized", "2026-11-21T10:11:12.123Z"},
	{"RabbitMQ", "2026-11-21 10:11:12.123456+00:00 [error] <0.123.0> closing AMQP connection", 17, "", "", "closing AMQP connection", "2026-11-21T10:11:12.123456Z"},
	{"Envoy", "[2026-11-21 10:11:12.123][1][warning][config] [source/common/config/grpc_stream.h:152] gRPC config stream closed", 13, "config", "", "gRPC config stream closed", "2026-11-21T10:11:12.123Z"},
	{"HAProxy-like alert", "[ALERT] 324/101112 (7) : Starting proxy: cannot bind", 22, "", "", "324/101112 (7) : Starting proxy: cannot bind", ""},

	{"spdlog", "[2026-11-21 10:11:12.123] [cart] [error] gone", 17, "cart", "", "gone", "2026-11-21T10:11:12.123Z"},
	{"Serilog console", "[10:11:12 ERR] cart is gone", 17, "", "", "cart is gone", ""},
	{"Serilog file", "2026-11-21 10:11:12.123 +01:00 [FTL] host terminated", 21, "", "", "host terminated", "2026-11-21T09:11:12.123Z"},
	{
		".NET console", "fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      Connection id \"0HN\": An unhandled exception", 17, "Microsoft.AspNetCore.Server.Kestrel", "",
		"Connection id \"0HN\": An unhandled exception", "",
	},
	{"NLog", "2026-11-21 10:11:12.1234|ERROR|Shop.Cart|cart is gone", 17, "Shop.Cart", "", "cart is gone", "2026-11-21T10:11:12.1234Z"},
	{"log4net", "2026-11-21 10:11:12,123 [7] ERROR Shop.Cart - cart is gone", 17, "Shop.Cart", "", "cart is gone", "2026-11-21T10:11:12.123Z"},

	{"env_logger", "[2026-11-21T10:11:12Z ERROR shop::cart] gone", 17, "shop::cart", "", "gone", "2026-11-21T10:11:12Z"},
	{"fern", "[2026-11-21][10:11:12][shop::cart][ERROR] gone", 17, "shop::cart", "", "gone", "2026-11-21T10:11:12Z"},
	{"flexi_logger", "[2026-11-21 10:11:12.123456 +00:00] ERROR [shop::cart] src/cart.rs:12: gone", 17, "shop::cart", "", "gone", "2026-11-21T10:11:12.123456Z"},
	{"tracing", `2026-11-21T10:11:12.123456Z ERROR request{method=GET path="/a b"}:inner: shop::cart: gone`, 17, "shop::cart", "", "gone", "2026-11-21T10:11:12.123456Z"},
	{"Ruby", "F, [2026-11-21T10:11:12.123456 #7] FATAL -- : gone", 21, "", "", "gone", "2026-11-21T10:11:12.123456Z"},
	{"Monolog", `[2026-11-21T10:11:12.123456+01:00] request.CRITICAL: Uncaught PHP Exception {"a":1} []`, 21, "request", "", "Uncaught PHP Exception", "2026-11-21T09:11:12.123456Z"},
	{"PHP-FPM", "[21-Nov-2026 10:11:12] WARNING: [pool www] server reached pm.max_children", 13, "", "", "[pool www] server reached pm.max_children", "2026-11-21T10:11:12Z"},
	{"PHP log", "[21-Nov-2026 10:11:12 UTC] PHP Fatal error:  Uncaught Error: gone in /a.php:3", 21, "", "", "Uncaught Error: gone in /a.php:3", "2026-11-21T10:11:12Z"},
	{"Log4perl", "2026/11/21 10:11:12 ERROR> cart.pl:12 main:: - gone", 17, "main::", "", "gone", "2026-11-21T10:11:12Z"},
	{"Elixir", "\n10:11:12.123 request_id=F1 [error] gone", 17, "", "", "gone", ""},
	{"Erlang", "=CRASH REPORT==== 21-Nov-2026::10:11:12.123456 ===\n  crasher:", 17, "CRASH REPORT", "", "crasher:", "2026-11-21T10:11:12.123456Z"},
	{"systemd", "<3>cart is gone", 17, "", "", "cart is gone", ""},
	{"syslog", "<11>Nov 21 10:11:12 web-1 shop[7]: gone", 17, "", "", "web-1 shop[7]: gone", ""},
	{"CouchDB", "[error] 2026-11-21T10:11:12.123456Z node@127.0.0.1 <0.1.0> -------- gone", 17, "", "", "<0.1.0> -------- gone", "2026-11-21T10:11:12.123456Z"},
	{"Xlog", "[2026-11-21T10:11:12.123+0000][info][gc,start] GC(0) Pause Young", 9, "", "", "GC(0) Pause Young", "2026-11-21T10:11:12.123Z"},
	{"colours", "\x1b[2m2026-11-21T10:11:12.123456Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mshop::cart\x1b[0m\x1b[2m:\x1b[0m gone", 17, "shop::cart", "", "gone", "2026-11-21T10:11:12.123456Z"},
	{"V8", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", 21, "", "", "ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", ""},
	{"log15", `t=2026-11-21T10:11:12+0000 lvl=eror msg="cart is gone" cart=7`, 17, "", "", "cart is gone", "2026-11-21T10:11:12Z"},
}

func TestLayouts(t *testing.T) {
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			rec := lineRecord(l.line)
			got := Read(rec, "")
			assert.Equal(t, l.severity, Severity(rec), "severity")
			assert.Equal(t, l.severity, got.Severity)
			assert.Equal(t, l.message, got.Message, "message")
			assert.Equal(t, l.logger, got.Logger, "logger")
			assert.Equal(t, l.thread, got.ThreadName, "thread")
			stamp := ""
			if got.Time != 0 {
				stamp = time.Unix(0, int64(got.Time)).UTC().Format(time.RFC3339Nano)
			}
			assert.Equal(t, l.time, stamp, "time")
		})
	}
}

// TestNoLevel: words that look like levels in lines without one.
func TestNoLevel(t *testing.T) {
	for _, line := range []string{
		"ERROR count: 0", "Error: nothing to see", "error handling guide", "errors: 0", "0 errors, 3 warnings", "Error rate: 0%", "FATAL is only a word", "WARNING signs ahead",
		"2026/11/21 10:11:12 GET /errors?level=fatal 200 1ms", "2026/11/21 10:11:12 panic mode: off", "2026-11-21 10:11:12 the ERROR budget is fine",
		"2026-11-21 10:11:12 Error: connect ECONNREFUSED", "E, is a letter", "E1121 only looks like one", "[errors] 0", "[21/Nov/2026 10:11:12] \"GET /ERROR HTTP/1.1\" 200 1",
		"panic: off", "panic: runtime error: index out of range", "fatal error: all goroutines are asleep - deadlock!", "Exception in thread \"main\" java.lang.Error: x",
		"{ level: 'error' }", "{\"level\":\"nothing\"}", "{\"level\":5}", "{\"level\":{\"x\":1}}", "ERROR", "INFO", "info", "", "   ", "\n", "[", "[]", "<", "<999>x", "=", "=ERROR", "PHP is fine",
		"Warning: this is no PHP", "fail: the test", "log: started", "a=b", "level=", "level", "ERR value is not an integer or out of range", "npm ERR! code E404", "CartLost [Error]: no cart",
		"level of detail=high error=none", "1795255872 things", "12:30 is lunch", "21/11 is today",
	} {
		assert.Equal(t, plog.SeverityNumberUnspecified, Severity(lineRecord(line)), "%q", line)
	}
}
