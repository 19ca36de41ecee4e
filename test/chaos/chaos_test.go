//go:build linux

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// long is whether everything goes on for longer; bounded: the whole takes less than three minutes.
var long = os.Getenv("CHAOS") == "long"

// chaosRuns tells `make chaos` from `go test ./...`, which does not run it.
var chaosRuns = os.Getenv("CHAOS") != ""

// lasting is d in a bounded run and more in a long one.
func lasting(bounded, longer time.Duration) time.Duration {
	if long {
		return longer
	}
	return bounded
}

// stepsPerSecond makes 5,000 items a second.
const stepsPerSecond = 5000.0 / itemsPerStep

// workers are the requests that a sender has under way at most.
const workers = 8

// binaryPath is a link to the built distribution: a build in the meantime changes nothing.
var binaryPath string

func TestMain(m *testing.M) {
	if !chaosRuns {
		fmt.Println("the chaos run is not part of this: make chaos")
		os.Exit(m.Run())
	}
	os.Exit(runWithBinary(m))
}

func runWithBinary(m *testing.M) int {
	built, err := filepath.Abs("../../bin/otelcol-sentry")
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(built), ".chaos-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binaryPath = filepath.Join(dir, "otelcol-sentry")
	if err := os.Link(built, binaryPath); err != nil {
		panic(fmt.Errorf("build it first, make build: %w", err))
	}
	code := m.Run()
	table.print()
	return code
}

func needsChaos(t *testing.T) {
	if !chaosRuns {
		t.Skip("make chaos")
	}
}

// account is a sender and the project that its load goes to.
type account struct {
	sender  *sender
	project *books
}

// run is one row of the table while it is under way.
type run struct {
	*testing.T
	fake      *fakeSentry
	other     *fakeSentry // of the third of three projects
	hosts     string      // the binary's hosts file
	collector *collector
	accounts  []account
	recovered time.Duration
	aside     map[sentry.Category]int // what a damaged queue file held
}

// row is a fault and what is expected of it.
type row struct {
	name   string
	config config
	// durable puts the queues into files.
	durable bool
	// start prepares more than one sender and project.
	start func(r *run, cfg *config)
	// early: the fault is there before the load.
	early bool
	// fault is what happens while the load goes on. When it returns, the fault is over.
	fault func(r *run)
	// repeats: somebody's answer did not arrive, be it the answer to the sender, so that things may come more than once, each under its one id.
	repeats bool
	// dies: the binary's own counters do not span the row.
	dies bool
	// reports are the reasons for which something may be dropped here. Empty: nothing may.
	reports []string
	// check is asked when all is over.
	check func(r *run)
}

// prepare starts the fake, and makes the binary and the load ready.
func (w *row) prepare(t *testing.T) *run {
	r := &run{T: t, fake: startFake(t), aside: make(map[sentry.Category]int)}
	cfg := w.config
	if cfg.dsn == "" {
		cfg.dsn = r.fake.dsn("1", "")
	}
	if w.durable {
		cfg.storage = filepath.Join(t.TempDir(), "queues")
	}
	if w.start != nil {
		w.start(r, &cfg)
	}
	if r.collector == nil {
		r.collector = newCollector(t, cfg)
	}
	if r.accounts == nil {
		r.accounts = []account{{newSender(t, r.collector.grpc, everything, stepsPerSecond, "shop"), r.fake.books("1")}}
	}
	return r
}

// play runs a row and puts it into the table.
func (w *row) play(t *testing.T) {
	r := w.prepare(t)
	r.collector.start()
	for _, s := range r.senders() {
		s.start(workers)
	}
	if !w.early {
		r.settled(func() bool { return r.arrived(sentry.CategoryError) > 0 && r.arrived(sentry.CategoryTransaction) > 0 })
	}
	w.fault(r)
	w.finish(r)
}

// finish waits until everything that was accepted is accounted for, and closes the books.
func (w *row) finish(r *run) {
	faultEnds, accepted := time.Now(), r.accepted()
	r.settled(func() bool { return r.accounted(w) >= accepted })
	r.recovered = time.Since(faultEnds)
	time.Sleep(500 * time.Millisecond) // the load goes on as if nothing had been
	for _, s := range r.senders() {
		s.stop()
	}
	r.settled(func() bool { return r.accounted(w) >= r.accepted() })
	r.settled(func() bool { return r.queued() == 0 })
	metrics, err := r.collector.scrape()
	require.NoError(r, err)
	code, _ := r.collector.terminate()
	assert.Zero(r, code, "exit code")
	w.judge(r, metrics)
	if w.check != nil {
		w.check(r)
	}
	if r.Failed() {
		r.Logf("the binary said:\n%.20000s", r.collector.said())
	}
}

// settled waits for a condition.
func (r *run) settled(condition func() bool) {
	r.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			for _, c := range categories {
				r.Logf("%s: accepted %d, arrived %d, refused %d, reported %d", c, r.acceptedOf(c), r.arrived(c), r.refusedForGood(c), r.reported(c))
			}
			require.Fail(r, "what was accepted did not arrive in time", "%.20000s", r.collector.said())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *run) accepted() int {
	n := 0
	for _, c := range categories {
		n += r.acceptedOf(c)
	}
	return n
}

func (r *run) acceptedOf(c sentry.Category) int {
	n := 0
	for _, a := range r.accounts {
		n += a.sender.accepted(c)
	}
	return n
}

// senders are those of the accounts, each once.
func (r *run) senders() []*sender {
	var out []*sender
	for _, a := range r.accounts {
		if !slices.Contains(out, a.sender) {
			out = append(out, a.sender)
		}
	}
	return out
}

// projects are those of the accounts, each once.
func (r *run) projects() []*books {
	var out []*books
	for _, a := range r.accounts {
		if !slices.Contains(out, a.project) {
			out = append(out, a.project)
		}
	}
	return out
}

// sum adds something up over the projects.
func (r *run) sum(of func(*books) int) int {
	n := 0
	for _, b := range r.projects() {
		b.mu.Lock()
		n += of(b)
		b.mu.Unlock()
	}
	return n
}

func (r *run) arrived(c sentry.Category) int {
	return r.sum(func(b *books) int { return b.tallies[c].distinct })
}

func (r *run) refusedForGood(c sentry.Category) int {
	return r.sum(func(b *books) int { return b.tallies[c].refusedForGood() })
}

func (r *run) reported(c sentry.Category) int {
	return r.sum(func(b *books) int { return b.reportedOf(c) })
}

// accounted is what needs no more waiting for: it arrived, was refused for good, or the binary says that it dropped it.
func (r *run) accounted(w *row) int {
	n := 0
	for _, c := range categories {
		n += r.arrived(c) + r.refusedForGood(c) + r.aside[c]
	}
	if len(w.reports) > 0 {
		metrics, _ := r.collector.scrape() // asked again
		n += total(metrics, metricHeldBack)
		for _, reason := range w.reports {
			for _, c := range categories {
				n += total(metrics, metricDiscarded, "discard_reason", reason, "data_category", string(c))
			}
		}
	}
	return n
}

// queued is what the binary's queues hold by their own account.
func (r *run) queued() int {
	metrics, err := r.collector.scrape()
	if err != nil {
		return -1
	}
	return total(metrics, "otelcol_exporter_queue_size")
}

// The binary's own counters.
const (
	metricDelivered = "otelcol_exporter_sentry_delivered_items"
	metricDiscarded = "otelcol_exporter_sentry_discarded_items"
	metricRefused   = "otelcol_exporter_sentry_refused_items"
	metricHeldBack  = "otelcol_exporter_sentry_held_back"
)

// judge computes the sums.
func (w *row) judge(r *run, metrics []sample) {
	line := result{name: w.name, anon: r.collector.peakAnon.Load(), rss: r.collector.peakRSS.Load(), recovered: r.recovered}
	for _, c := range categories {
		w.judgeCategory(r, c, &line, metrics)
	}
	line.second = r.sum(func(b *books) int { return b.second })
	assert.Zero(r, line.second, "second ids")
	for _, s := range r.senders() {
		assert.Zero(r, s.wrong.Load(), "answers that forbid a repeat: %v", s.wrongCode.Load())
	}
	for _, b := range r.projects() {
		w.judgeReports(r, b)
	}
	judgeSums(r, metrics)
	judgeOutput(r)
	assert.Empty(r, r.fake.faults, "rules of the protocol")
	if r.other != nil {
		assert.Empty(r, r.other.faults, "rules of the protocol")
	}
	line.failed = r.Failed()
	table.add(line)
}

// judgeCategory: what was accepted arrived, was refused by Sentry, or was dropped and reported; and the binary counts the same.
func (w *row) judgeCategory(r *run, c sentry.Category, line *result, metrics []sample) {
	accepted, arrived, refused, reported := r.acceptedOf(c), r.arrived(c), r.refusedForGood(c), r.reported(c)
	again := r.sum(func(b *books) int { return b.tallies[c].again })
	sendError := r.sum(func(b *books) int { return b.reported["send_error/"+string(c)] })
	dropped := reported - sendError
	lost := accepted - arrived - refused - dropped - r.aside[c]
	line.accepted += accepted
	line.arrived += arrived
	line.refused += refused
	line.reported += reported
	line.aside += r.aside[c]
	line.lost += lost
	line.repeats += again
	assert.Zero(r, lost, "%s: accepted %d, arrived %d, refused %d, reported %d", c, accepted, arrived, refused, reported)
	if !w.repeats {
		assert.Zero(r, again, "%s: came again", c)
		assert.Equal(r, refused, sendError, "%s: what Sentry refused is reported", c)
	}
	if w.dies {
		return
	}
	if c == sentry.CategoryError {
		dropped -= total(metrics, metricHeldBack)
	}
	for metric, n := range map[string]int{
		metricDelivered: r.sum(func(b *books) int { return b.answered[c] }),
		metricRefused:   r.sum(func(b *books) int { return b.refusals[c] }),
		metricDiscarded: dropped,
	} {
		assert.Equal(r, n, total(metrics, metric, "data_category", string(c)), "%s: %s", c, metric)
	}
}

// judgeReports allows no reason but the row's.
func (w *row) judgeReports(r *run, b *books) {
	for line := range b.reported {
		reason, _, _ := strings.Cut(line, "/")
		if reason != "send_error" {
			assert.Contains(r, w.reports, reason)
		}
	}
}

// judgeSums holds the binary's own account against itself. A lane dropped what its full queue refused before it took it.
func judgeSums(r *run, metrics []sample) {
	const prefix = "otelcol_exporter_sentry_"
	assert.Equal(r, total(metrics, prefix+"triage_records"), total(metrics, prefix+"triage_offered")+total(metrics, prefix+"triage_answered"), "triage")
	for _, c := range []sentry.Category{sentry.CategoryError, sentry.CategoryLogItem, sentry.CategorySpan} {
		of := func(metric string, labels ...string) int {
			return total(metrics, prefix+metric, append(labels, "data_category", string(c))...)
		}
		in := of("offered_items") + of("restored_items")
		out := of("delivered_items") + of("refused_items") + of("discarded_items") + of("repeated_items") + of("queued_items")
		assert.Equal(r, in, out-of("discarded_items", "discard_reason", "queue_overflow"), "%s: offered and restored are delivered, refused, dropped, repeated", c)
		assert.Zero(r, of("queued_items"), "%s", c)
	}
}

// judgeOutput: no key in the log, and nothing logged per item.
func judgeOutput(r *run) {
	said := r.collector.said()
	assert.NotContains(r, said, key, "the DSN's key")
	assert.Less(r, strings.Count(said, "\n"), 4000, "lines in the log")
}

// result is a line of the table.
type result struct {
	name                                              string
	accepted, arrived, reported, refused, aside, lost int
	second, repeats                                   int
	anon, rss                                         int64 // KiB
	recovered                                         time.Duration
	failed                                            bool
}

type results struct {
	mu    sync.Mutex
	lines []result
	notes []string
}

var table results

func (t *results) add(line result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
}

// note adds a line below the table.
func (t *results) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *results) print() {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Printf("\n%-52s %9s %9s %8s %7s %6s %5s %6s %7s %7s %7s %8s\n",
		"row", "accepted", "arrived", "reported", "refused", "aside", "lost", "2nd id", "repeats", "anon", "RSS", "recovery")
	for _, l := range t.lines {
		mark := ""
		if l.failed {
			mark = "  FAILED"
		}
		fmt.Printf("%-52s %9d %9d %8d %7d %6d %5d %6d %7d %5d M %5d M %6.1f s%s\n", l.name, l.accepted, l.arrived, l.reported, l.refused,
			l.aside, l.lost, l.second, l.repeats, l.anon>>10, l.rss>>10, l.recovered.Seconds(), mark)
	}
	for _, n := range t.notes {
		fmt.Println(n)
	}
}
