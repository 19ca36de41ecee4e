//go:build linux

package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// maxAnonymous is what the binary may take beside its own code, in KiB, however long Sentry is away.
const maxAnonymous = 200 << 10

// TestDownAtFullSpeed takes Sentry down while as much is sent as is acknowledged, in front of a configuration that sets nothing.
func TestDownAtFullSpeed(t *testing.T) {
	needsChaos(t)
	w := row{name: "down at full speed, default configuration", early: true, config: config{retry: defaultRetry, queue: "queue_size: 33554432"}}
	w.start = func(r *run, cfg *config) {
		r.collector = newCollector(t, *cfg)
		for _, l := range []load{quietLogs, tracesThatFail} { // they fill the three lanes
			r.accounts = append(r.accounts, account{newSender(t, r.collector.grpc, l, 0, "shop"), r.fake.books("1")})
		}
	}
	w.fault = func(r *run) {
		r.fake.goDown()
		time.Sleep(lasting(10*time.Second, time.Minute))
		accepted := r.accepted()
		time.Sleep(time.Second)
		assert.Equal(t, accepted, r.accepted(), "what is full acknowledges nothing")
		for _, a := range r.accounts {
			assert.Positive(t, a.sender.refused.Load(), "the receiver refuses when a queue is full")
			a.sender.stopping.Store(true)
		}
		r.fake.up()
	}
	w.check = func(r *run) {
		assert.Less(t, r.collector.peakAnon.Load(), int64(maxAnonymous), "KiB of anonymous memory")
	}
	w.play(t)
}
