package translate

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
)

var zzLines = map[string]string{
	"plain":  "2026-11-21 10:11:12.123  INFO 1 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController            : Cart 7 was paid by 42 in 12 ms",
	"json":   `{"@timestamp":"2026-11-21T10:11:12.123456789Z","@version":"1","message":"Cart 7 was paid by 42","logger_name":"com.example.shop.web.CartController","thread_name":"nio-8080-exec-3","level":"INFO","level_value":20000,"traceId":"803b448a0489f84084905d3093480352"}`,
	"pino":   `{"level":30,"time":1795255872123,"pid":17,"hostname":"web-1","reqId":"req-1","req":{"method":"GET","url":"/cart/7"},"msg":"incoming request"}`,
	"logfmt": `time=2026-11-21T10:11:12.123Z level=INFO msg="cart was paid" cart=7 amount=12.5`,
	"klog":   `I1121 10:11:12.123456       1 controller.go:330] "Reconciled" pod="shop/web-0"`,
	"access": `10.0.0.9 - - [21/Nov/2026:10:11:12 +0000] "GET /cart/7 HTTP/1.1" 200 1234 "-" "curl/8"`,
	"words":  "connected to the ledger, 12 entries, all well",
}

func BenchmarkZZRead(b *testing.B) {
	for _, attrs := range []bool{false, true} {
		for name, line := range zzLines {
			n := name
			if attrs {
				n += "+attrs"
			}
			b.Run(n, func(b *testing.B) {
				rec := plog.NewLogRecord()
				rec.Body().SetStr(line)
				rec.SetSeverityNumber(9)
				if attrs {
					for _, k := range []string{"log.file.path", "log.iostream", "order.id", "customer", "amount", "currency", "region", "retry"} {
						rec.Attributes().PutStr(k, "value of "+k)
					}
				}
				b.ReportAllocs()
				for b.Loop() {
					fields.Read(rec, "")
				}
			})
		}
	}
}
