package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox"
)

var (
	alikeDSN    = flag.String("alike", "", "send a thousand lines that differ in numbers and ids to this DSN")
	distinctDSN = flag.String("distinct", "", "send two hundred distinct messages to this DSN")
)

// alike are lines of one log statement, as a container writes them: a header, and a message that differs in numbers and ids.
func alike() plog.Logs {
	r := rand.New(rand.NewPCG(6, 4))
	ld, records := emptyLogs()
	for i := range 1000 {
		line := fmt.Sprintf(`%s ERROR [http-nio-8080-exec-%d] com.acme.Checkout - request %08x-%04x-4%03x-8%03x-%012x from 10.0.%d.%d:%d: order %d of user "u-%x" failed after %s (0x%x)`,
			time.Now().UTC().Format("2006-01-02 15:04:05.000"), i%20, r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48), r.IntN(256), r.IntN(256), r.IntN(1<<16),
			r.IntN(1e6), r.Uint32(), time.Duration(r.Int64N(1e12)), r.Uint64())
		records.AppendEmpty().Body().SetStr(line)
	}
	return ld
}

// distinct are messages of real programs, no two of them alike.
func distinct(t *testing.T) plog.Logs {
	file, err := os.Open(filepath.Join("..", "..", "internal", "template", "testdata", "messages.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	ld, records := emptyLogs()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var message string
		require.NoError(t, json.Unmarshal(lines.Bytes(), &message))
		rec := records.AppendEmpty()
		rec.SetSeverityNumber(plog.SeverityNumberError)
		rec.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		rec.Body().SetStr(message)
	}
	require.Equal(t, 200, records.Len())
	return ld
}

func emptyLogs() (plog.Logs, plog.LogRecordSlice) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout")
	return ld, rl.ScopeLogs().AppendEmpty().LogRecords()
}

// unlimited: the budget would hold back most of what is alike.
func unlimited(cfg *sentryexporter.Config) { cfg.Events.Budget.Enabled = false }

// TestGroupingInInbox: a thousand lines that differ in numbers and ids are one issue, two hundred distinct messages at least 190.
func TestGroupingInInbox(t *testing.T) {
	for name, c := range map[string]struct {
		logs        plog.Logs
		least, most int
	}{
		"alike":    {alike(), 1, 1},
		"distinct": {distinct(t), 190, 200},
	} {
		t.Run(name, func(t *testing.T) {
			page, dsn := startInbox(t)
			e := startExporter(t, dsn, unlimited)
			e.consume(t, []plog.Logs{c.logs}, nil)
			e.stop(t)
			issues, events := issuesOf(t, page)
			t.Logf("%d events are %d issues", events, issues)
			assert.Equal(t, c.logs.LogRecordCount(), events)
			assert.GreaterOrEqual(t, issues, c.least)
			assert.LessOrEqual(t, issues, c.most)
		})
	}
}

// startInbox gives the addresses that an inbox says at start.
func startInbox(t *testing.T) (page, dsn string) {
	core, logged := observer.New(zap.InfoLevel)
	factory := sentryinbox.NewFactory()
	cfg := factory.CreateDefaultConfig().(*sentryinbox.Config)
	cfg.Endpoint, cfg.MaxItems = "127.0.0.1:0", 10_000
	set := extensiontest.NewNopSettings(factory.Type())
	set.Logger = zap.New(core)
	inbox, err := factory.Create(context.Background(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, inbox.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, inbox.Shutdown(context.Background())) })
	ready := logged.FilterMessage("Sentry inbox is ready").All()
	require.Len(t, ready, 1)
	said := ready[0].ContextMap()
	return said["page"].(string), said["dsn"].(string)
}

func issuesOf(t *testing.T, page string) (issues, events int) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // the inbox waits for connections that are open
	response, err := client.Get(page + "api/0/issues/?limit=1000")
	require.NoError(t, err)
	defer response.Body.Close()
	var list []struct {
		Count json.Number `json:"count"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&list))
	for _, issue := range list {
		n, err := issue.Count.Int64()
		require.NoError(t, err)
		events += int(n)
	}
	return len(list), events
}

// TestGrouping sends the same to a real server (`make conformance` asks it how many issues it has).
func TestGrouping(t *testing.T) {
	if *alikeDSN == "" || *distinctDSN == "" {
		t.Skip("-alike and -distinct name no server")
	}
	for dsn, ld := range map[string]plog.Logs{*alikeDSN: alike(), *distinctDSN: distinct(t)} {
		e := startExporter(t, dsn, unlimited)
		e.consume(t, []plog.Logs{ld}, nil)
		e.stop(t)
	}
}
