package sentryexporter

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// quietLogs are n records that become logs and no events.
func quietLogs(service string, n int) plog.Logs {
	ld := ofService(service, errorLogs(n))
	for i, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		rec.SetSeverityNumber(plog.SeverityNumberInfo)
		rec.Body().SetStr(fmt.Sprintf("%s %d of %d", service, i, n))
	}
	return ld
}

// logsIn counts the logs that a project was given.
func logsIn(fake *sentrytest.Fake, project string) int {
	n := 0
	for _, r := range fake.Accepted("log") {
		if r.Project == project {
			n += r.Envelope.Items[0].ItemCount
		}
	}
	return n
}

// A sender that repeats a request, because one project's lane is full, gives the others nothing twice.
func TestARepeatOfAMixedRequestDoublesNothing(t *testing.T) {
	ctx := context.Background()
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if r.Project == "12" {
			return sentrytest.Answer{Status: 503}
		}
		return sentrytest.Answer{}
	})
	cfg := testConfig(fake, enableLogs, withProjects(fake, "checkout", "search"), withQueue(16*20, exporterhelper.RequestSizerTypeItems))
	logs, traces := startLogs(t, cfg), startTraces(t, cfg)
	for n := 1; logs.ConsumeLogs(ctx, quietLogs("search", n)) == nil; n++ {
		require.Less(t, n, 100, "the lane is bounded")
	}
	for id := byte(100); traces.ConsumeTraces(ctx, tracesOf("search", id)) == nil; id++ {
		require.Less(t, id, byte(200), "the lane is bounded")
	}
	ld := joinLogs(quietLogs("checkout", 5), quietLogs("search", 40), quietLogs("other", 3))
	td := ptrace.NewTraces()
	for i, service := range []string{"checkout", "search", "other"} {
		tracesOf(service, byte(i+1)).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	}
	td.MarkReadOnly()
	for range 5 {
		require.ErrorIs(t, logs.ConsumeLogs(ctx, ld), exporterhelper.ErrQueueIsFull)
		require.ErrorIs(t, traces.ConsumeTraces(ctx, td), exporterhelper.ErrQueueIsFull)
	}
	fake.AnswerWith(nil)
	require.Eventually(t, func() bool { return logs.ConsumeLogs(ctx, ld) == nil }, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool { return traces.ConsumeTraces(ctx, td) == nil }, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool { return logsIn(fake, "11") >= 5 && logsIn(fake, "7") >= 3 }, time.Minute, 5*time.Millisecond)
	assert.Equal(t, 5, logsIn(fake, "11"))
	assert.Equal(t, 3, logsIn(fake, "7"))
	assert.True(t, owners.of[cfg].taken.empty(), "the repeat was taken")

	require.Eventually(t, func() bool { return logs.ConsumeLogs(ctx, ld) == nil }, time.Minute, 5*time.Millisecond, "not the repeat of a refusal")
	require.Eventually(t, func() bool { return logsIn(fake, "11") == 10 && logsIn(fake, "7") == 6 }, time.Minute, 5*time.Millisecond)
}

func tracesOf(service string, id byte) ptrace.Traces {
	td := oneTrace(id, 8)
	td.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", service)
	return td
}

// A request of which the lane took some pieces, and is repeated as a whole, goes on where it was refused.
func TestARepeatOfALargeRequestDoublesNothing(t *testing.T) {
	ctx := context.Background()
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: 503} })
	cfg := testConfig(fake, enableLogs, withQueue(16*100, exporterhelper.RequestSizerTypeItems)) // 300 logs, pieces of 30
	logs := startLogs(t, cfg)
	ld := quietLogs("checkout", 500)
	ld.MarkReadOnly()
	for range 5 {
		require.ErrorIs(t, logs.ConsumeLogs(ctx, ld), exporterhelper.ErrQueueIsFull)
	}
	fake.AnswerWith(nil)
	require.Eventually(t, func() bool { return logs.ConsumeLogs(ctx, ld) == nil }, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool { return logsIn(fake, "7") >= 500 }, time.Minute, 5*time.Millisecond)
	assert.Equal(t, 500, logsIn(fake, "7"))
}

func TestTakenPartsAreBounded(t *testing.T) {
	var taken takenParts
	id := func(n int) (id partID) {
		binary.BigEndian.PutUint64(id[:], uint64(n))
		return id
	}
	assert.False(t, taken.forget(func() partID { panic("nothing was taken: no part is hashed") }))
	const n = 5 * partsGeneration
	for i := range n {
		taken.remember(id(i))
	}
	assert.LessOrEqual(t, taken.parts.Len(), 2*partsGeneration)
	last := func() partID { return id(n - 1) }
	assert.True(t, taken.forget(last))
	assert.False(t, taken.forget(last), "once")
	assert.False(t, taken.forget(func() partID { return id(0) }))
}
