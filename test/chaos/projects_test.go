//go:build linux

package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// threeProjects gives three apps a project each. The third one's is on a Sentry of its own.
// Each app sends by itself, or one sender's requests hold something of each, as those of a Collector do.
func threeProjects(onFull string, mixed bool) func(*run, *config) {
	return func(r *run, cfg *config) {
		r.other = startFake(r.T)
		cfg.exporter += fmt.Sprintf(`
    on_full: %s
    projects:
      - {name: second, dsn: %q, match: {service.name: second}}
      - {name: third, dsn: %q, match: {service.name: third}}
`, onFull, r.fake.dsn("2", ""), r.other.dsn("3", ""))
		r.collector = newCollector(r.T, *cfg)
		all := newSender(r.T, r.collector.grpc, everything, stepsPerSecond/3, "first", "second", "third")
		for app, project := range map[string]*books{"first": r.fake.books("1"), "second": r.fake.books("2"), "third": r.other.books("3")} {
			s := all
			if !mixed {
				s = newSender(r.T, r.collector.grpc, everything, stepsPerSecond/3, app)
			}
			r.accounts = append(r.accounts, account{s, project})
		}
	}
}

// living are the accounts whose Sentry is well.
func (r *run) living() (alive []account, dead account) {
	for _, a := range r.accounts {
		if a.project == r.other.books("3") {
			dead = a
		} else {
			alive = append(alive, a)
		}
	}
	return alive, dead
}

// oneDead takes the third project's Sentry down until after its lane is full. blocks: what the full lane does.
func oneDead(blocks bool) func(*run) {
	return func(r *run) {
		alive, dead := r.living()
		steps := func() (n int64) {
			for _, a := range alive {
				n += a.sender.tracesAcked.Load()
			}
			return n
		}
		window := faultTime() / 2
		before := steps()
		time.Sleep(window)
		r.other.goDown()
		whileAlive := steps() - before
		time.Sleep(window)
		whileDead := float64(steps()-before-whileAlive) / float64(whileAlive)
		r.settled(func() bool { return r.full(dead, blocks) })
		table.note("%s: the living projects' throughput was %.1f %% of that before", r.Name(), 100*whileDead)
		assert.Greater(r, whileDead, 0.95)
		for _, a := range alive {
			assert.Zero(r, a.sender.refused.Load(), "a living project is refused nothing")
		}
		r.other.up()
	}
}

// full: the dead project's lane is full: what is offered is refused, or dropped and counted.
func (r *run) full(dead account, blocks bool) bool {
	if blocks {
		return dead.sender.refused.Load() > 0
	}
	metrics, err := r.collector.scrape()
	return err == nil && total(metrics, metricDiscarded, "discard_reason", "queue_overflow", "project", "third") > 0
}

// TestThroughputBesideADeadProject sends to two projects as fast as they take it, while a third one's Sentry is there and is not, in turn:
// that costs the two less than 5 %. It is part of a long run: it takes windows of quiet to see anything.
func TestThroughputBesideADeadProject(t *testing.T) {
	needsChaos(t)
	if !long {
		t.Skip("CHAOS=long")
	}
	w := row{name: "full speed beside a dead DSN"}
	w.start = func(r *run, cfg *config) {
		threeProjects("block", false)(r, cfg)
		alive, dead := r.living()
		for _, a := range alive {
			a.sender.rate = 0
		}
		dead.sender.rate = 10
	}
	w.fault = func(r *run) {
		alive, _ := r.living()
		var steps [2]int64 // with the third project alive, and dead
		for i := range 20 {
			before := alive[0].sender.tracesAcked.Load() + alive[1].sender.tracesAcked.Load()
			if i%2 == 1 {
				r.other.goDown()
			}
			time.Sleep(3 * time.Second)
			steps[i%2] += alive[0].sender.tracesAcked.Load() + alive[1].sender.tracesAcked.Load() - before
			r.other.up()
		}
		ratio := float64(steps[1]) / float64(steps[0])
		table.note("%s: %.1f %% of the throughput with all three alive (%d items a second)", w.name, 100*ratio, steps[0]*itemsPerStep/30)
		assert.Greater(t, ratio, 0.95)
	}
	w.play(t)
}

// hostName is the name that nobody knows until nameIt.
const hostName = "sentry.chaos.test"

// ownNames gives the binary a hosts file of its own and a name server that is not there.
func ownNames(r *run, cfg *config) {
	dir := r.TempDir()
	hosts, resolv := filepath.Join(dir, "hosts"), filepath.Join(dir, "resolv.conf")
	require.NoError(r, os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"), 0o644))
	require.NoError(r, os.WriteFile(resolv, []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"), 0o644))
	script := fmt.Sprintf(`mount --bind %q /etc/hosts && mount --bind %q /etc/resolv.conf && exec "$@"`, hosts, resolv)
	wrap := []string{"unshare", "--mount", "sh", "-c", script, "sh"}
	if out, err := exec.Command(wrap[0], append(wrap[1:], "true")...).CombinedOutput(); err != nil {
		r.skip("a mount namespace of its own is not permitted here: %s", out)
	}
	cfg.dsn = r.fake.dsn("1", hostName)
	r.collector = newCollector(r.T, *cfg)
	r.collector.wrap = wrap
	r.hosts = hosts
}

// nameIt makes the name known.
func nameIt(r *run) {
	require.NoError(r, os.WriteFile(r.hosts, []byte("127.0.0.1 localhost "+hostName+"\n"), 0o644))
}
