package sentryexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// project is one DSN with its lanes. What happens in one project or one lane stops no other.
type project struct {
	name string
	dsn  sentry.DSN
	projectSettings

	events *eventsLane
	spans  *spansLane
}

type projectSettings struct {
	set       exporter.Settings
	cfg       *Config
	defaults  translate.Defaults
	client    *transport.Client
	sdk       envelope.SDK
	telemetry *metadata.TelemetryBuilder
	status    *statusReporter
	now       func() time.Time
}

func newProject(name string, dsn sentry.DSN, settings projectSettings) (*project, error) {
	p := &project{name: name, dsn: dsn, projectSettings: settings}
	var errEvents, errSpans error
	p.events, errEvents = newEventsLane(p)
	p.spans, errSpans = newSpansLane(p)
	return p, errors.Join(errEvents, errSpans)
}

func (p *project) lanes() []component.Component {
	return []component.Component{p.events.queue, p.spans.queue}
}

// start starts the lanes; where one fails those before it are stopped again.
func (p *project) start(ctx context.Context, host component.Host) error {
	for i, lane := range p.lanes() {
		if err := lane.Start(ctx, host); err != nil {
			for _, started := range p.lanes()[:i] {
				err = errors.Join(err, started.Shutdown(ctx))
			}
			return err
		}
	}
	return nil
}

func (p *project) shutdown(ctx context.Context) error {
	var err error
	for _, lane := range p.lanes() {
		err = errors.Join(err, lane.Shutdown(ctx))
	}
	return err
}
