//go:build linux

package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// maxAnonymous is what the binary may take beside its own code, in KiB, however long Sentry is away.
const maxAnonymous = 200 << 10

// TestDownAtFullSpeed takes Sentry down while as much is sent as is acknowledged, in front of a configuration that sets nothing, or nothing
// but the storage.
func TestDownAtFullSpeed(t *testing.T) {
	needsChaos(t)
	downAtFullSpeed(t, row{name: "down at full speed, default configuration"}, lasting(10*time.Second, time.Minute))
	if long {
		downAtFullSpeed(t, row{name: "down at full speed, on disk", durable: true}, time.Minute)
	}
}

func downAtFullSpeed(t *testing.T, w row, lasts time.Duration) {
	w.early, w.config.retry = true, defaultRetry
	w.start = func(r *run, cfg *config) {
		r.collector = newCollector(t, *cfg)
		for _, l := range []load{quietLogs, tracesThatFail} { // they fill the three lanes
			r.accounts = append(r.accounts, account{newSender(t, r.collector.grpc, l, 0, "shop"), r.fake.books("1")})
		}
	}
	w.fault = func(r *run) {
		r.fake.goDown()
		time.Sleep(lasts)
		if !w.durable { // the file takes more than a minute of it
			r.fullQueues()
		}
		for _, s := range r.senders() {
			s.stopping.Store(true)
		}
		r.fake.up()
	}
	w.check = func(r *run) {
		assert.Less(t, r.collector.peakAnon.Load(), int64(maxAnonymous), "KiB of anonymous memory")
	}
	w.play(t)
}

// fullQueues: the receiver refuses, and acknowledges nothing.
func (r *run) fullQueues() {
	accepted := r.accepted()
	time.Sleep(time.Second)
	assert.Equal(r, accepted, r.accepted(), "what is full acknowledges nothing")
	for _, s := range r.senders() {
		assert.Positive(r, s.refused.Load(), "the receiver refuses when a queue is full")
	}
}
