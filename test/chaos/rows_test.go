//go:build linux

package chaos

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// faultTime is how long a fault lasts.
func faultTime() time.Duration { return lasting(4*time.Second, time.Minute) }

// atOnce is how many rows are played at the same time.
const atOnce = 4

// TestFaults plays every row, several at a time: most of a row is waiting.
func TestFaults(t *testing.T) {
	needsChaos(t)
	slots := make(chan struct{}, atOnce)
	all := slices.Concat(networkFaults(), processFaults(), diskFaults())
	if long {
		for _, w := range networkFaults() {
			w.name += ", on disk"
			w.durable = true
			all = append(all, w)
		}
	}
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			w.play(t)
		})
	}
}

// always gives every envelope the same answer while the fault lasts.
func always(a answer) func(*run) {
	return during(weather{answer: func(int64, *parcel, int) answer { return a }})
}

// during lets a weather last.
func during(w weather) func(*run) {
	return func(r *run) {
		r.fake.set(w)
		time.Sleep(faultTime())
		r.fake.set(weather{})
	}
}

// visible: the log and the health status say that something is wrong with the DSN.
func (r *run) visible(logged, status string) {
	r.settled(func() bool { return strings.Contains(r.collector.said(), logged) })
	r.settled(func() bool {
		health := r.collector.status()
		return strings.Contains(health, "StatusRecoverableError") && strings.Contains(health, status)
	})
	assert.NotContains(r, r.collector.status(), key)
}

func limited(limits string) answer {
	return answer{status: http.StatusTooManyRequests, header: map[string]string{"X-Sentry-Rate-Limits": limits}}
}

// shortTimeout is the client's where answers come late.
const shortTimeout = "    http: {timeout: 500ms}"

func networkFaults() []row {
	return []row{
		{name: "no fault", fault: func(*run) { time.Sleep(faultTime()) }},
		{name: "slow: 300 ms an answer", fault: always(answer{delay: 300 * time.Millisecond})},
		{name: "down: connections refused", fault: func(r *run) {
			r.fake.goDown()
			time.Sleep(faultTime())
			r.visible("Sentry does not take anything", "does not take anything")
			r.fake.up()
		}, check: func(r *run) { assert.Contains(r, r.collector.said(), "Sentry answers again") }},
		{name: "down, block_on_overflow: senders wait", config: config{queue: "queue_size: 2097152, block_on_overflow: true"}, fault: func(r *run) {
			r.fake.goDown()
			time.Sleep(faultTime())
			r.fake.up()
			assert.Zero(r, r.accounts[0].sender.refused.Load(), "nothing is refused")
		}, repeats: long}, // a sender that waits for more than ten seconds does not hear of what is accepted in that moment
		{name: "503", fault: always(answer{status: http.StatusServiceUnavailable})},
		{name: "503 with Retry-After", fault: always(answer{status: 503, header: map[string]string{"Retry-After": "1"}})},
		{name: "503 for every second request", fault: during(weather{answer: func(n int64, _ *parcel, _ int) answer {
			if n%2 == 0 {
				return answer{status: http.StatusServiceUnavailable}
			}
			return answer{}
		}})},
		{name: "429 for all categories, renewed", fault: always(limited("1::organization:quota"))},
		{name: "429 with Retry-After alone", fault: always(answer{status: 429, header: map[string]string{"Retry-After": "1"}})},
		{name: "429 for one category: log_item", fault: oneCategoryLimited},
		{name: "429 longer than rate_limit.max_wait: error", fault: during(weather{answer: func(_ int64, p *parcel, _ int) answer {
			if p.kind == envelope.TypeEvent {
				return limited("3:error:organization:quota")
			}
			return answer{}
		}}), config: config{exporter: "    rate_limit: {max_wait: 1s}"}, reports: []string{"ratelimit_backoff"}},
		{name: "413 for what is large, and for some in any size", fault: during(weather{answer: tooLarge})},
		{name: "400 for every tenth", fault: during(weather{answer: func(n int64, _ *parcel, _ int) answer {
			if n%10 == 0 {
				return answer{status: http.StatusBadRequest, body: []byte(`{"detail":"bad envelope"}`)}
			}
			return answer{}
		}})},
		{name: "connection reset in the middle of the body", fault: during(weather{cut: func(n int64) bool { return n%2 == 0 }})},
		{name: "taken, then the connection is cut", repeats: true, fault: during(weather{answer: func(n int64, _ *parcel, _ int) answer {
			return answer{lose: n%3 == 0}
		}})},
		{
			name: "answers after the client has given up", repeats: true, config: config{exporter: shortTimeout},
			fault: during(weather{answer: func(n int64, _ *parcel, _ int) answer {
				if n%2 == 0 {
					return answer{delay: 1500 * time.Millisecond, late: true}
				}
				return answer{}
			}}),
		},
		{name: "200 with garbage", fault: during(weather{answer: garbage})},
		{name: "DNS fails", early: true, start: ownNames, fault: func(r *run) {
			time.Sleep(faultTime())
			require.Zero(r, r.arrived(sentry.CategoryError))
			nameIt(r)
		}},
		{name: "one of three DSNs dead, on_full: block", config: config{queue: "queue_size: 2097152"}, start: threeProjects("block", false), fault: oneDead(true)},
		{
			name: "one of three DSNs dead, on_full: drop", config: config{queue: "queue_size: 2097152"}, start: threeProjects("drop", false), fault: oneDead(false),
			reports: []string{"queue_overflow"},
		},
		{
			name: "one of three DSNs dead, on_full: block, mixed requests", config: config{queue: "queue_size: 2097152"},
			start: threeProjects("block", true), fault: func(r *run) {
				r.other.goDown()
				r.settled(func() bool { return r.accounts[0].sender.refused.Load() > 0 })
				time.Sleep(time.Second)
				r.other.up()
			},
		},
		{name: "one of three DSNs answers 403", start: threeProjects("block", false), fault: func(r *run) {
			r.other.set(weather{answer: func(int64, *parcel, int) answer {
				return answer{status: http.StatusForbidden, body: []byte(`{"detail":"project is gone"}`)}
			}})
			time.Sleep(faultTime())
			r.visible("Sentry refuses items for good", "project is gone")
			assert.Equal(r, 3, strings.Count(r.collector.said(), "project is gone"), "said once a lane")
			metrics, err := r.collector.scrape()
			require.NoError(r, err)
			assert.Positive(r, total(metrics, metricRefused, "project", "third", "http_response_status_code", "403"))
			r.other.set(weather{})
		}},
	}
}

// oneCategoryLimited: the lanes of the others go on.
func oneCategoryLimited(r *run) {
	r.fake.set(weather{answer: func(_ int64, p *parcel, _ int) answer {
		if p.kind == envelope.TypeLog {
			return limited("1:log_item;log_byte:organization:quota")
		}
		return answer{}
	}})
	time.Sleep(faultTime())
	for _, c := range []sentry.Category{sentry.CategoryError, sentry.CategoryTransaction} {
		accepted := r.acceptedOf(c)
		assert.Greater(r, r.arrived(c), accepted/2, "%s goes on", c)
	}
	assert.Less(r, r.arrived(sentry.CategoryLogItem), r.acceptedOf(sentry.CategoryLogItem)/2, "logs wait")
	r.fake.set(weather{})
}

// tooLarge refuses containers of more than 20 logs, and each fourth transaction and some events in any size.
func tooLarge(_ int64, p *parcel, _ int) answer {
	refuse := len(p.things[sentry.CategoryLogItem]) > 20
	for _, n := range p.things[sentry.CategoryTransaction] {
		refuse = refuse || n%4 == 1
	}
	for _, n := range p.things[sentry.CategoryError] {
		refuse = refuse || n%recordsPerStep == 7
	}
	if refuse {
		return answer{status: http.StatusRequestEntityTooLarge}
	}
	return answer{}
}

// garbage says 200 and nonsense. A limit whose length cannot be read lasts a minute (rate limiting document): that is for long runs.
func garbage(n int64, _ *parcel, _ int) answer {
	nonsense := [][]byte{[]byte("<html>proxy says hello"), bytes.Repeat([]byte{'{'}, 100_000), {0xff, 0xfe, 0}, []byte(`{"id":17}`), {}}
	headers := []map[string]string{
		{"X-Sentry-Rate-Limits": ",;, ,60"},
		{"Retry-After": "never"},
		{"X-Sentry-Rate-Limits": "60:no_such_category:organization"},
		{"X-Sentry-Rate-Limits": "0:error;transaction;log_item:key"},
		{"Content-Type": "no/such"},
	}
	a := answer{body: nonsense[n%5], header: headers[n/5%5]}
	if long && n%5000 == 0 {
		a.header = map[string]string{"X-Sentry-Rate-Limits": "soon:error"}
	}
	return a
}

func processFaults() []row {
	often := 4
	if long {
		often = 40
	}
	return []row{
		{name: "kill -9 under load", durable: true, repeats: true, dies: true, fault: func(r *run) {
			for range often {
				r.someTime()
				r.killTwice()
			}
		}},
		{name: "SIGTERM under load", durable: true, dies: true, fault: func(r *run) {
			for range often {
				r.someTime()
				r.terminate()
				r.collector.start()
			}
		}},
		{name: "kill -9 while Sentry is down", durable: true, repeats: true, dies: true, fault: func(r *run) {
			r.fake.goDown()
			for range often {
				r.someTime()
				r.killTwice()
			}
			r.fake.up()
		}},
		{name: "SIGTERM while Sentry is down", durable: true, dies: true, fault: func(r *run) {
			r.fake.goDown()
			for range often {
				r.someTime()
				r.terminate()
				r.collector.start()
			}
			r.fake.up()
		}},
		{name: "SIGTERM while Sentry does not answer", durable: true, dies: true, fault: func(r *run) {
			r.fake.set(weather{answer: func(int64, *parcel, int) answer { return answer{silent: true} }})
			r.someTime()
			code, took := r.collector.terminate()
			assert.Zero(r, code, "exit code")
			assert.Less(r, took, terminationGrace)
			table.note("%s: it took %.1f s", r.Name(), took.Seconds())
			r.fake.set(weather{})
			r.collector.start()
		}},
		{name: "kill -9 while files shrink", durable: true, repeats: true, dies: true, config: config{compact: true}, fault: func(r *run) {
			for range often {
				r.fake.goDown()
				r.someTime()
				r.fake.up()
				r.someTime()
				r.killTwice()
			}
			assert.Contains(r, r.collector.said(), "finished compaction")
		}},
		{name: "all at once: a storm, kill -9 and SIGTERM", durable: true, repeats: true, dies: true, config: config{exporter: shortTimeout}, fault: storm},
	}
}

// terminationGrace is after how long Kubernetes kills by default.
const terminationGrace = 30 * time.Second

// someTime waits for as long as nobody knows.
func (r *run) someTime() { time.Sleep(200*time.Millisecond + rand.N(time.Second)) }

// killTwice kills the binary, and once more while it starts.
func (r *run) killTwice() {
	r.collector.kill()
	r.collector.spawn()
	time.Sleep(rand.N(150 * time.Millisecond)) // a start takes about as long
	r.collector.kill()
	r.collector.start()
}

func (r *run) terminate() {
	code, _ := r.collector.terminate()
	assert.Zero(r, code, "exit code")
}

// storm is everything that a network and a server do.
func storm(r *run) {
	r.fake.set(weather{
		cut: func(int64) bool { return rand.IntN(12) == 0 },
		answer: func(int64, *parcel, int) answer {
			switch rand.IntN(24) {
			case 0:
				return answer{status: http.StatusServiceUnavailable}
			case 1:
				return answer{status: http.StatusInternalServerError, header: map[string]string{"Retry-After": "1"}}
			case 2:
				return limited("1:error;transaction:organization:quota")
			case 3:
				return answer{lose: true}
			case 4:
				return answer{delay: 700 * time.Millisecond, late: true}
			case 5:
				return answer{delay: 50 * time.Millisecond}
			default:
				return answer{}
			}
		},
	})
	for range int(lasting(4, 60)) {
		r.someTime()
		if rand.IntN(2) == 0 {
			r.collector.kill()
		} else {
			r.terminate()
		}
		r.collector.start()
	}
	r.fake.set(weather{})
}

func diskFaults() []row {
	return []row{
		{name: "disk full", start: smallDisk, fault: func(r *run) {
			r.fake.goDown()
			r.settled(func() bool { return r.accounts[0].sender.refused.Load() > 0 })
			time.Sleep(lasting(time.Second, 30*time.Second))
			r.fake.up()
			assert.Contains(r, r.collector.said(), "no space left on device")
		}},
		{name: "a queue file cut in half: the others lose nothing", durable: true, dies: true, early: true, fault: cutFile},
	}
}

// smallDisk puts the queues on a file system of 8 MiB.
func smallDisk(r *run, cfg *config) {
	dir := r.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "none", dir).CombinedOutput(); err != nil {
		r.skip("mounting a tmpfs is not permitted here: %s", out)
	}
	r.Cleanup(func() { assert.NoError(r, exec.Command("umount", "-l", dir).Run()) })
	cfg.storage = filepath.Join(dir, "queues")
}

// skip leaves a row out, loudly.
func (r *run) skip(format string, args ...any) {
	table.note("SKIPPED %s: %s", r.Name(), fmt.Sprintf(format, args...))
	r.Skipf(format, args...)
}

// TestOpenDirectory: a queue directory that others may enter is warned of at start.
func TestOpenDirectory(t *testing.T) {
	needsChaos(t)
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	c := newCollector(t, config{dsn: startFake(t).dsn("1", ""), storage: dir})
	c.start()
	assert.Contains(t, c.said(), "open to others than its owner")
}

// cutFile damages the logs lane's file while it holds everything that was accepted.
func cutFile(r *run) {
	r.fake.goDown()
	time.Sleep(2 * time.Second)
	r.terminate()
	time.Sleep(100 * time.Millisecond) // acknowledgements that were on their way are counted
	r.aside[sentry.CategoryLogItem] = r.acceptedOf(sentry.CategoryLogItem)
	files, err := filepath.Glob(filepath.Join(r.collector.config.storage, "*logs_logs"))
	require.NoError(r, err)
	require.Len(r, files, 1)
	info, err := os.Stat(files[0])
	require.NoError(r, err)
	require.NoError(r, os.Truncate(files[0], info.Size()/2))
	r.collector.start()
	r.fake.up()
	assert.Contains(r, r.collector.said(), "A queue file is damaged")
	metrics, err := r.collector.scrape()
	require.NoError(r, err)
	assert.Equal(r, 1, total(metrics, "otelcol_exporter_sentry_damaged_queues"))
	backups, err := filepath.Glob(files[0] + ".*.backup")
	require.NoError(r, err)
	assert.Len(r, backups, 1)
}
