package sentryexporter

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

const hidden = "hunter2hunter2"

// secretLogs is a request with a secret in every place that a log record has.
func secretLogs() plog.Logs {
	ld := errorLogs(2, "login failed: password="+hidden, "no secret")
	rl := ld.ResourceLogs().At(0)
	rl.Resource().Attributes().PutStr("app.api_key", hidden)
	rl.ScopeLogs().At(0).Scope().Attributes().PutStr("secret", hidden)
	rec := rl.ScopeLogs().At(0).LogRecords().At(0)
	rec.Attributes().PutStr("db.password", hidden)
	rec.Attributes().PutStr("url.full", "https://shop.example/?token="+hidden)
	rec.Attributes().PutEmptyMap("request").PutStr("authorization", hidden)
	rec.Attributes().PutStr("user.email", hidden+"@example.org")
	rec.Attributes().PutStr("exception.type", "LoginError")
	rec.Attributes().PutStr("exception.message", "password="+hidden)
	return ld
}

func secretTraces() ptrace.Traces {
	td := oneTrace(1, 3)
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.Attributes().PutStr("db.password", hidden)
		span.Attributes().PutStr("client.address", hidden)
		span.Attributes().PutStr("url.full", "https://shop.example/?token="+hidden)
		span.Status().SetMessage("password=" + hidden)
		event := span.Events().AppendEmpty()
		event.SetName("exception")
		event.Attributes().PutStr("exception.type", "LoginError")
		event.Attributes().PutStr("exception.message", "password="+hidden)
		span.Status().SetCode(ptrace.StatusCodeError)
	}
	return td
}

// No secret leaves, nor is one stored; the caller's request stays as it is.
func TestSecretsAreNeitherSentNorStored(t *testing.T) {
	host, directory := storageHostIn(t)
	storage := component.MustNewID("file_storage")
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	cfg := func() *Config {
		return testConfig(fake, enableLogs, func(cfg *Config) { cfg.Queue.Get().StorageID = &storage })
	}
	o := observe(t, host, cfg())
	logs, traces := secretLogs(), secretTraces()
	logs.MarkReadOnly()
	traces.MarkReadOnly()
	require.NoError(t, o.logs.ConsumeLogs(context.Background(), logs))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), traces))
	o.stop()
	files, err := filepath.Glob(filepath.Join(directory, "*"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		stored, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(stored), hidden)
	}
	fake.AnswerWith(nil)
	again := observe(t, host, cfg())
	fake.WaitForItems("event", 3)
	fake.WaitForItems("transaction", 1)
	fake.WaitForItems("log", 1)
	again.stop()
	for _, r := range fake.All() {
		for _, item := range r.Envelope.Items {
			assert.NotContains(t, string(item.Payload), hidden)
		}
	}
	assert.Contains(t, payloadsOf(fake, "event"), "login failed: password=[Filtered]", "the rest of the text stays")
}

func payloadsOf(fake *sentrytest.Fake, kind string) string {
	var all strings.Builder
	for _, r := range fake.All() {
		for _, item := range r.Envelope.Items {
			if item.Type == kind {
				all.Write(item.Payload)
			}
		}
	}
	return all.String()
}

// What comes back was not scrubbed: else its repeat would have another id.
func TestARefusedSecretKeepsItsID(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 503}, sentrytest.Answer{Status: 503}))
	logs := startLogs(t, testConfig(fake, withoutQueue, withoutRetry, enableLogs))
	ld := secretLogs()
	ld.MarkReadOnly()
	repeats := 0
	for err := logs.ConsumeLogs(context.Background(), ld); err != nil; err = logs.ConsumeLogs(context.Background(), ld) {
		var refused consumererror.Logs
		if require.ErrorAs(t, err, &refused); refused.Data().LogRecordCount() > 0 {
			ld = refused.Data()
		}
		json, err := (&plog.JSONMarshaler{}).MarshalLogs(ld)
		require.NoError(t, err)
		assert.Contains(t, string(json), hidden)
		assert.NotContains(t, string(json), "sentry.internal")
		repeats++
		require.Less(t, repeats, 10)
	}
	assert.Positive(t, repeats)
	assert.Len(t, fake.Accepted("event"), 2)
	assert.Equal(t, 2, distinct(idsOf(eventsIn(fake))))
}

func eventsIn(fake *sentrytest.Fake) (events []*sentrytest.Received) {
	for _, r := range fake.All() {
		if r.Envelope.Items[0].Type == "event" {
			events = append(events, r)
		}
	}
	return events
}

// Personal data goes out where the configuration says so; secrets never do.
func TestPersonalDataByChoice(t *testing.T) {
	for _, pii := range []bool{false, true} {
		fake := sentrytest.Start(t)
		o := observe(t, componenttest.NewNopHost(), testConfig(fake, func(cfg *Config) { cfg.SendDefaultPII = pii }))
		td := oneTrace(1, 2)
		child := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1)
		child.Attributes().PutStr("client.address", "203.0.113.9")
		child.Attributes().PutStr("db.password", hidden)
		require.NoError(t, o.traces.ConsumeTraces(context.Background(), td))
		fake.WaitForItems("transaction", 1)
		o.stop()
		all := payloadsOf(fake, "transaction")
		assert.Equal(t, pii, strings.Contains(all, "203.0.113.9"))
		assert.NotContains(t, all, hidden)
	}
}
