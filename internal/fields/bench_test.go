package fields

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

var benchLines = map[string]string{
	"plain":  "2026-11-21 10:11:12.123  INFO 1 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController            : Cart 7 was paid by 42 in 12 ms",
	"json":   `{"@timestamp":"2026-11-21T10:11:12.123456789Z","@version":"1","message":"Cart 7 was paid by 42","logger_name":"com.example.shop.web.CartController","thread_name":"nio-8080-exec-3","level":"INFO","level_value":20000,"traceId":"803b448a0489f84084905d3093480352"}`,
	"pino":   `{"level":30,"time":1795255872123,"pid":17,"hostname":"web-1","reqId":"req-1","req":{"method":"GET","url":"/cart/7"},"msg":"incoming request"}`,
	"logfmt": `time=2026-11-21T10:11:12.123Z level=INFO msg="cart was paid" cart=7 amount=12.5`,
	"klog":   `I1121 10:11:12.123456       1 controller.go:330] "Reconciled" pod="shop/web-0"`,
	"access": `10.0.0.9 - - [21/Nov/2026:10:11:12 +0000] "GET /cart/7 HTTP/1.1" 200 1234 "-" "curl/8"`,
	"words":  "connected to the ledger, 12 entries, all well",
}

// TestSeverityAllocates nothing for the lines that containers print all day.
func TestSeverityAllocates(t *testing.T) {
	for name, line := range benchLines {
		rec := lineRecord(line)
		assert.Zero(t, testing.AllocsPerRun(100, func() { Severity(rec) }), name)
	}
	rec := plog.NewLogRecord()
	m := rec.Body().SetEmptyMap()
	m.PutStr("message", "paid")
	m.PutStr("level", "info")
	rec.Attributes().PutStr("log.iostream", "stdout")
	rec.Attributes().PutStr("log.file.path", "/var/log/pods/x")
	assert.Zero(t, testing.AllocsPerRun(100, func() { Severity(rec) }), "map")
	rec.SetSeverityText("Information")
	assert.Zero(t, testing.AllocsPerRun(100, func() { Severity(rec) }), "text")
}

func BenchmarkSeverity(b *testing.B) {
	for name, line := range benchLines {
		b.Run(name, func(b *testing.B) {
			rec := lineRecord(line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				Severity(rec)
			}
		})
	}
}

// BenchmarkRead reads error lines with stack traces as their loggers wrote them.
func BenchmarkRead(b *testing.B) {
	for _, logger := range []string{"logback", "zap", "pino", "structlog", "spring-boot"} {
		raw, err := os.ReadFile("testdata/" + logger + "/lines.log")
		require.NoError(b, err)
		var line string
		for _, body := range splitRecords(string(raw)) {
			if strings.Contains(body, "gone") && len(body) > len(line) {
				line = body
			}
		}
		if line == "" {
			line = splitRecords(string(raw))[3]
		}
		b.Run(logger, func(b *testing.B) {
			rec := lineRecord(line)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				Read(rec, "")
			}
		})
	}
}
