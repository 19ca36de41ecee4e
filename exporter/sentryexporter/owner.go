package sentryexporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/durable"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
	"github.com/otelcol-sentry/otelcol-sentry/internal/scrub"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// sdkName is what Sentry shows as the sender. Names have the form sentry.<language>.<thing> (event payloads, SDK interface).
const sdkName = "sentry.go.otelcol"

// owner is what all signals of one exporter share: triage, lanes, transports. The first Start starts it, the last Shutdown stops it.
type owner struct {
	cfg *Config
	set exporter.Settings
	now func() time.Time

	mu      sync.Mutex
	running int // signals that were started and not shut down
	status  *statusReporter

	triage    *triage.Triage
	scrubber  *scrub.Scrubber
	own       *translate.OwnTraffic
	telemetry *metadata.TelemetryBuilder
	projects  []*project
	router    router
	taken     takenParts // projects' shares of requests
}

// defaultProject is the name of the project of 'dsn'.
const defaultProject = "default"

// owners finds the owner of a configuration: the Collector makes each signal's exporter by itself, with the same config pointer.
var owners = struct {
	sync.Mutex
	of map[*Config]*owner
}{of: make(map[*Config]*owner)}

func ownerOf(cfg *Config, set exporter.Settings) *owner {
	owners.Lock()
	defer owners.Unlock()
	o, ok := owners.of[cfg]
	if !ok {
		o = &owner{cfg: cfg, set: set, now: time.Now}
		owners.of[cfg] = o
	}
	return o
}

func (o *owner) forget() {
	owners.Lock()
	defer owners.Unlock()
	delete(owners.of, o.cfg)
}

// start is called once per signal.
func (o *owner) start(ctx context.Context, host component.Host) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running == 0 {
		o.status = &statusReporter{}
		if err := o.open(ctx, host); err != nil {
			return err
		}
	}
	o.running++
	o.status.add(host)
	return nil
}

// open builds and starts what the signals share.
func (o *owner) open(ctx context.Context, host component.Host) error {
	o.checkQueueDirectory(host)
	telemetry, err := metadata.NewTelemetryBuilder(o.set.TelemetrySettings)
	if err != nil {
		return err
	}
	client, err := o.httpClient(ctx, host)
	if err != nil {
		return err
	}
	o.telemetry = telemetry
	if o.scrubber, err = scrub.New(o.cfg.scrubbing()); err != nil {
		return fmt.Errorf("'scrub' %w", err) // Validate has said so before
	}
	decisions, err := o.cfg.Events.triage()
	if err != nil {
		return fmt.Errorf("'events' %w", err) // Validate has said so before
	}
	decisions.Now = o.now
	decisions.Breadcrumbs.Scrub = func(text string) string {
		var counts scrub.Counts
		return o.scrubber.Text(text, &counts)
	}
	o.triage = triage.New(decisions)
	if err := o.openProjects(client); err != nil {
		return err
	}
	dsns := make([]sentry.DSN, 0, len(o.projects))
	for _, p := range o.projects {
		dsns = append(dsns, p.dsn)
	}
	o.own = translate.NewOwnTraffic(dsns...)
	if err := o.observe(); err != nil {
		return err
	}
	for i, p := range o.projects {
		if err := p.start(ctx, host); err != nil {
			return errors.Join(err, o.closeProjects(ctx, o.projects[:i]))
		}
	}
	return nil
}

// checkQueueDirectory warns of a queue that others than its owner can read: what waits there is what apps wrote.
func (o *owner) checkQueueDirectory(host component.Host) {
	if !o.cfg.Queue.HasValue() || o.cfg.Queue.Get().StorageID == nil {
		return
	}
	if err := durable.CheckDirectory(host, *o.cfg.Queue.Get().StorageID); err != nil {
		o.set.Logger.Warn("The queue's directory is not as it should be.", zap.Error(err))
	}
}

// openProjects builds the router with the projects of the configuration.
func (o *owner) openProjects(client *http.Client) error {
	o.projects, o.router = nil, router{}
	if o.cfg.DSN != noDSN {
		p, err := o.openProject(client, ProjectConfig{Name: defaultProject, DSN: o.cfg.DSN})
		if err != nil {
			return err
		}
		o.router.byDefault = p
	}
	for _, cfg := range o.cfg.Projects {
		p, err := o.openProject(client, cfg)
		if err != nil {
			return err
		}
		r := route{project: p}
		for key, pattern := range cfg.Match {
			r.match = append(r.match, attributeGlob{key, glob.Pattern(pattern)})
		}
		for _, pattern := range cfg.Namespaces {
			r.choosers = append(r.choosers, glob.Pattern(pattern))
		}
		o.router.routes = append(o.router.routes, r)
	}
	return nil
}

func (o *owner) openProject(client *http.Client, cfg ProjectConfig) (*project, error) {
	dsn, err := sentry.ParseDSN(string(cfg.DSN))
	if err != nil {
		return nil, fmt.Errorf("'dsn' of project %q %w", cfg.Name, err) // Validate has said so before
	}
	onFull := cfg.OnFull
	if onFull == "" {
		onFull = o.cfg.OnFull
	}
	sdk := envelope.SDK{Name: sdkName, Version: o.set.BuildInfo.Version}
	p, err := newProject(cfg.Name, dsn, projectSettings{
		onFull: onFull,
		set:    o.set,
		cfg:    o.cfg,
		defaults: translate.Defaults{
			Environment: o.cfg.Environment, Release: o.cfg.Release, NamedRelease: o.cfg.ReleaseFormat == releaseNamed,
		},
		client: transport.New(transport.Options{
			DSN:       dsn,
			HTTP:      client,
			SDK:       sdk,
			UserAgent: fmt.Sprintf("%s/%s (%s/%s)", o.set.BuildInfo.Command, o.set.BuildInfo.Version, runtime.GOOS, runtime.GOARCH),
			Plain:     !o.cfg.HTTP.Compression.IsCompressed(),
			Now:       o.now,
		}),
		scrubber:  o.scrubber,
		sdk:       sdk,
		telemetry: o.telemetry,
		status:    o.status,
		now:       o.now,
	})
	p.triage = o.triage.Project(dsn.ProjectID(), cfg.Name)
	o.projects = append(o.projects, p)
	return p, err
}

func (o *owner) closeProjects(ctx context.Context, projects []*project) error {
	return together(projects, func(p *project) error { return p.shutdown(ctx) })
}

// httpClient builds the client. Compression is the transport's business, which pools what it needs; idle connections must be as many
// as requests may be in flight, or every burst pays for new handshakes.
func (o *owner) httpClient(ctx context.Context, host component.Host) (*http.Client, error) {
	cfg := o.cfg.HTTP
	cfg.Compression = configcompression.Type("none")
	if most := o.cfg.parallel() * len(laneShares); most > defaultIdleConnections {
		// Decoding folds the keepalive section into these fields, so they are where a user's choice would stand.
		if cfg.MaxIdleConnsPerHost == defaultIdleConnections { //nolint:staticcheck // see above
			cfg.MaxIdleConnsPerHost = most //nolint:staticcheck // see above
		}
	}
	return cfg.ToClient(ctx, host.GetExtensions(), o.set.TelemetrySettings)
}

// shutdown is called once per signal, also for those that were never started.
func (o *owner) shutdown(ctx context.Context, started bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !started {
		if o.running == 0 {
			o.forget()
		}
		return nil
	}
	o.running--
	if o.running > 0 {
		return nil
	}
	o.forget()
	err := o.closeProjects(ctx, o.projects)
	o.telemetry.Shutdown()
	return err
}

// statusReporter tells the hosts of all signals how the exporter is: well as long as every project is.
type statusReporter struct {
	mu     sync.Mutex
	hosts  []component.Host
	failed map[string]bool // projects
}

func (s *statusReporter) add(host component.Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts = append(s.hosts, host)
}

// report passes on changes only. A DSN that is refused is recoverable: somebody may mend it in Sentry.
func (s *statusReporter) report(project string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (err != nil) == s.failed[project] {
		return
	}
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if err != nil {
		if s.failed == nil {
			s.failed = make(map[string]bool)
		}
		s.failed[project] = true
		event = componentstatus.NewRecoverableErrorEvent(err)
	} else {
		delete(s.failed, project)
		if len(s.failed) > 0 {
			return
		}
	}
	for _, host := range s.hosts {
		componentstatus.ReportStatus(host, event)
	}
}

// severities are the names of the configuration, each the least number of its range.
var severities = map[string]plog.SeverityNumber{
	"trace": plog.SeverityNumberTrace, "debug": plog.SeverityNumberDebug, "info": plog.SeverityNumberInfo,
	"warn": plog.SeverityNumberWarn, "error": plog.SeverityNumberError, "fatal": plog.SeverityNumberFatal,
}

func severityNumber(name string) plog.SeverityNumber { return severities[name] }

var errNotStarted = errors.New("the sentry exporter is not running")
