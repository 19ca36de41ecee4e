//go:build linux

package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The crash loop: so many equal errors, in requests of so many.
const (
	crashes           = 100_000
	crashesPerRequest = 100
)

// budgetFirst is how many events of one issue the default budget lets through before it holds back for minutes.
const budgetFirst = 10

// TestCrashLoop sends 100,000 equal errors within a minute: no more events arrive than the budget says, and every other is accounted for.
func TestCrashLoop(t *testing.T) {
	needsChaos(t)
	const requests = crashes / crashesPerRequest
	w := row{name: "a crash loop: 100,000 equal errors", early: true, config: config{noLogs: true}, reports: []string{"sample_rate"}}
	w.start = func(r *run, cfg *config) {
		r.collector = newCollector(t, *cfg)
		loop := load{logs: crashLoop, ofLogs: map[sentry.Category]int{sentry.CategoryError: crashesPerRequest}}
		s := newSender(t, r.collector.grpc, loop, float64(requests)/lasting(5*time.Second, 55*time.Second).Seconds(), "shop")
		s.most = requests
		r.accounts = []account{{s, r.fake.books("1")}}
	}
	w.fault = func(r *run) { r.accounts[0].sender.wg.Wait() }
	w.check = func(r *run) {
		assert.Equal(t, crashes, r.acceptedOf(sentry.CategoryError))
		assert.Equal(t, budgetFirst, r.arrived(sentry.CategoryError))
		assert.Equal(t, crashes-budgetFirst, r.reported(sentry.CategoryError))
	}
	w.play(t)
}

// crashLoop adds errors that differ in their time and in a number alone.
func crashLoop(ld plog.Logs, app string, n int) {
	rl := ld.ResourceLogs().AppendEmpty()
	fillResource(rl.Resource(), app)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.shop")
	now := pcommon.NewTimestampFromTime(time.Now())
	for i := range crashesPerRequest {
		number := n*crashesPerRequest + i
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(now + pcommon.Timestamp(i))
		rec.SetSeverityNumber(plog.SeverityNumberError)
		rec.Body().SetStr("the database is gone")
		rec.Attributes().PutStr("exception.type", "com.acme.shop.Gone")
		rec.Attributes().PutStr("exception.message", "connection refused")
		rec.Attributes().PutStr("number", mark(bodyMarker, number))
	}
}
