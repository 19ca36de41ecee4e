package stacktrace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// javaSample is a logged exception with 25 frames in all, two causes, and a record's header before it.
func javaSample() string {
	var b strings.Builder
	b.WriteString("2026-11-21 19:45:20.400 ERROR [http-nio-8080-exec-3] c.e.shop.OrderController - Order 4711 not placed\n")
	b.WriteString("com.example.shop.common.Errors$CheckoutFailed: checkout of LAMP-7 for cart c-88213 failed\n")
	for i := range 15 {
		fmt.Fprintf(&b, "\tat org.springframework.web.servlet.FrameworkServlet%d.service(FrameworkServlet%d.java:%d)\n", i, i, 500+i)
	}
	b.WriteString("Caused by: java.lang.IllegalStateException: stock of LAMP-7 not known\n")
	for i := range 5 {
		fmt.Fprintf(&b, "\tat com.example.shop.stock.StockService.level%d(StockService.java:%d)\n", i, 40+i)
	}
	b.WriteString("\t... 14 more\nCaused by: java.net.ConnectException: Connection refused\n")
	for i := range 5 {
		fmt.Fprintf(&b, "\tat java.base/sun.nio.ch.Net%d.connect(Net.java:%d)\n", i, 540+i)
	}
	b.WriteString("\t... 18 more\n")
	return b.String()
}

func BenchmarkJavaParse25Frames(b *testing.B) {
	in := Input{Text: javaSample(), Language: Java}
	b.SetBytes(int64(len(in.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Parse(in); !ok {
			b.Fatal("not read")
		}
	}
}

func BenchmarkJavaKey(b *testing.B) {
	in := Input{Text: javaSample(), Language: Java}
	b.SetBytes(int64(len(in.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := IssueKey(in); !ok {
			b.Fatal("not read")
		}
	}
}

// BenchmarkJavaNone is what a log line without a trace costs.
func BenchmarkJavaNone(b *testing.B) {
	text := "2026-11-21 19:45:20.400 INFO [http-nio-8080-exec-3] c.e.shop.OrderController - Order 4711 placed at 19:45 by customer 17 (card)"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if start, _ := javaFind(text, false); start >= 0 {
			b.Fatal("found")
		}
	}
}

func TestJavaAllocations(t *testing.T) {
	in := Input{Text: javaSample(), Language: Java}
	require.Zero(t, testing.AllocsPerRun(100, func() { IssueKey(in) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { javaFind(in.Text, false) }))
	in.Whole, in.Text = true, in.Text[strings.Index(in.Text, "com.example.shop.common"):]
	in.Type, in.Message = "com.example.shop.common.Errors.CheckoutFailed", "checkout of LAMP-7 for cart c-88213 failed"
	require.Zero(t, testing.AllocsPerRun(100, func() { IssueKey(in) }))
	// One exception more than the model needs: the rows of the walk, its nodes, the tree; then frames and a mechanism each.
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { Parse(in) }), 24.0)
}
