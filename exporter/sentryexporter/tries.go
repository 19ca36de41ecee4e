package sentryexporter

import (
	"time"

	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// By default tries have no end. Where the configuration ends them, behind a queue nobody would hear of it: the lane ends them itself,
// one try early, and counts what it gives up. Without a queue the receiver hears of it.

// retryConfig is what exporterhelper is told.
func (l *lane) retryConfig() configretry.BackOffConfig {
	retry := l.project.cfg.Retry
	if l.project.cfg.Queue.HasValue() {
		retry.MaxElapsedTime = 0
	}
	return retry
}

// givesUp reports whether a request that failed now, and was first tried then, is not tried again.
func (l *lane) givesUp(first time.Time) bool {
	retry := l.project.cfg.Retry
	if !l.project.cfg.Queue.HasValue() {
		return false
	}
	return !retry.Enabled || retry.MaxElapsedTime > 0 && l.project.now().Sub(first) >= retry.MaxElapsedTime
}

// remembersTries tells whether requests must know when they were first tried.
func (l *lane) remembersTries() bool {
	return l.project.cfg.Retry.MaxElapsedTime > 0 && l.project.cfg.Queue.HasValue()
}

// firstTryKey is an attribute of a resource of its own, without records, at the end of a request that is tried again.
const firstTryKey = "sentry.internal.first_try"

func (l *lane) firstTryOfLogs(ld plog.Logs) time.Time {
	if last := ld.ResourceLogs().Len() - 1; l.remembersTries() && last >= 0 {
		return l.firstTry(ld.ResourceLogs().At(last).Resource())
	}
	return l.project.now()
}

func (l *lane) firstTryOfTraces(td ptrace.Traces) time.Time {
	if last := td.ResourceSpans().Len() - 1; l.remembersTries() && last >= 0 {
		return l.firstTry(td.ResourceSpans().At(last).Resource())
	}
	return l.project.now()
}

func (l *lane) firstTry(res pcommon.Resource) time.Time {
	if first, ok := res.Attributes().Get(firstTryKey); ok {
		return time.Unix(0, first.Int())
	}
	return l.project.now()
}

func (l *lane) markLogs(rest plog.Logs, first time.Time) {
	if l.remembersTries() {
		rest.ResourceLogs().AppendEmpty().Resource().Attributes().PutInt(firstTryKey, first.UnixNano())
	}
}

func (l *lane) markTraces(rest ptrace.Traces, first time.Time) {
	if l.remembersTries() {
		rest.ResourceSpans().AppendEmpty().Resource().Attributes().PutInt(firstTryKey, first.UnixNano())
	}
}
