package sentryexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/scrub"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// project is one DSN with its lanes. What happens in one project or one lane stops no other.
type project struct {
	name string
	dsn  sentry.DSN
	projectSettings
	triage *triage.Project
	// sampling makes the sampling contexts of traces.
	sampling translate.DSC

	events *eventsLane
	spans  *spansLane // nil: spans are not sent
	logs   *logsLane  // nil: logs are not enabled

	ledger   report.Ledger // what was dropped and is not yet reported
	reporter reporter
	silence  silence
}

type projectSettings struct {
	onFull    string
	set       exporter.Settings
	cfg       *Config
	defaults  translate.Defaults
	client    *transport.Client
	scrubber  *scrub.Scrubber
	sdk       envelope.SDK
	telemetry *metadata.TelemetryBuilder
	status    *statusReporter
	now       func() time.Time
}

func newProject(name string, dsn sentry.DSN, settings projectSettings) (*project, error) {
	p := &project{name: name, dsn: dsn, projectSettings: settings, sampling: translate.NewDSC(dsn)}
	var errEvents, errSpans, errLogs error
	p.events, errEvents = newEventsLane(p)
	if p.cfg.Traces.Mode != modeOff {
		p.spans, errSpans = newSpansLane(p)
	}
	if p.cfg.Logs.Enabled {
		p.logs, errLogs = newLogsLane(p)
	}
	return p, errors.Join(errEvents, errSpans, errLogs)
}

// laneQueue is a lane and its queue.
type laneQueue struct {
	*lane
	queue component.Component
}

func (p *project) lanes() []laneQueue {
	all := []laneQueue{{p.events.lane, p.events.queue}}
	if p.spans != nil {
		all = append(all, laneQueue{p.spans.lane, p.spans.queue})
	}
	if p.logs != nil {
		all = append(all, laneQueue{p.logs.lane, p.logs.queue})
	}
	return all
}

// start starts the lanes; where one fails those before it are stopped again.
func (p *project) start(ctx context.Context, host component.Host) error {
	for i, l := range p.lanes() {
		if err := l.startQueue(ctx, host, l.queue); err != nil {
			for _, started := range p.lanes()[:i] {
				err = errors.Join(err, started.stopQueue(ctx, started.queue))
			}
			return err
		}
	}
	p.reporter.start(p)
	return nil
}

// shutdown lets the lanes hand over what they can, then reports what was dropped on the way.
func (p *project) shutdown(ctx context.Context) error {
	err := together(p.lanes(), func(l laneQueue) error { return l.stopQueue(ctx, l.queue) })
	p.reporter.stop(p)
	return err
}

// post sends one envelope; a client report that is due rides along.
func (p *project) post(ctx context.Context, header envelope.Header, categories []sentry.Category, items ...envelope.Item) transport.Result {
	due, ok := p.ledger.Take()
	if ok {
		items = append(items, due.Item(p.now()))
	}
	result := p.client.Send(ctx, header, categories, items...)
	if ok && result.Verdict == transport.Failed {
		p.ledger.Restore(due)
	}
	p.measure(ctx, result)
	return result
}

// reportInterval is how long a client report waits for an envelope that takes it along (client report specification: about 30 s).
const reportInterval = 30 * time.Second

// reporter sends client reports that no envelope took along.
type reporter struct {
	quit chan struct{}
	done chan struct{}
	life life
}

func (r *reporter) start(p *project) {
	r.quit, r.done, r.life = make(chan struct{}), make(chan struct{}), newLife(stopReport)
	go func() {
		defer close(r.done)
		tick := time.NewTicker(reportInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.sendReport(r.life.ctx)
			case <-r.quit:
				return
			}
		}
	}()
}

// stop sends what is left to report, once.
func (r *reporter) stop(p *project) {
	if r.quit == nil {
		return
	}
	_ = r.life.stop(func() error { // a report that does not arrive is no error
		close(r.quit)
		<-r.done
		p.sendReport(r.life.ctx)
		return nil
	})
}

// sendReport sends a client report of its own, if there is anything to report. It is not tried again for its own sake.
func (p *project) sendReport(ctx context.Context) {
	due, ok := p.ledger.Take()
	if !ok {
		return
	}
	result := p.client.Send(ctx, envelope.Header{}, nil, due.Item(p.now()))
	if result.Verdict == transport.Failed {
		p.ledger.Restore(due)
	}
	p.measure(ctx, result)
}
