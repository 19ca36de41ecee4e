package sentryexporter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/scrub"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Config is the configuration of the sentry exporter.
type Config struct {
	// DSN of the project that everything goes to which no entry of Projects takes. Required; "none" says that there is no such project,
	// and what no entry takes is dropped and counted.
	DSN configopaque.String `mapstructure:"dsn"`
	// Projects take the resources that match them; the first match wins.
	Projects []ProjectConfig `mapstructure:"projects"`
	// OnFull says what a full lane does: "block" refuses what is offered, so that the receiver waits or the sender repeats it, also for
	// what was meant for other projects of the same request; "drop" drops and counts it.
	OnFull string `mapstructure:"on_full"`
	// Environment of events and transactions whose resource names none (deployment.environment.name).
	Environment string `mapstructure:"environment"`
	// Release of events and transactions whose resource names none (service.version).
	Release string `mapstructure:"release"`
	// ReleaseFormat says what a release that comes from service.version looks like: "version", or "name@version" with the service's name.
	ReleaseFormat string `mapstructure:"release_format"`
	// SendDefaultPII lets through what names a person: user attributes, addresses of clients, cookies, authorization headers.
	SendDefaultPII bool `mapstructure:"send_default_pii"`
	// Scrub says which secrets are taken out before anything is queued.
	Scrub ScrubConfig `mapstructure:"scrub"`
	// Events says what becomes an issue.
	Events EventsConfig `mapstructure:"events"`
	// Traces says what becomes of spans.
	Traces TracesConfig `mapstructure:"traces"`
	// Logs says whether log records also go to Sentry Logs.
	Logs LogsConfig `mapstructure:"logs"`
	// RateLimit says how long data waits that Sentry limits.
	RateLimit RateLimitConfig `mapstructure:"rate_limit"`
	// HTTP is the client's configuration: timeout (per request), TLS, proxy, headers. The endpoint is the DSN's.
	HTTP confighttp.ClientConfig `mapstructure:"http"`
	// Queue of the exporter. queue_size is shared by the lanes: a quarter for events, half for spans. By default 32 MiB, with a storage 1 GiB.
	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// Retry with back-off of requests that failed (5xx, network). By default without end: the queue's size is the bound.
	Retry configretry.BackOffConfig `mapstructure:"retry_on_failure"`
}

// ProjectConfig is one project of several.
type ProjectConfig struct {
	// Name of the project in lanes, metrics and annotations: lower-case letters, digits, - and _.
	Name string `mapstructure:"name"`
	// DSN of the project.
	DSN configopaque.String `mapstructure:"dsn"`
	// Match holds resource attributes and what they must be; * stands for any run of characters, ? for one. All must match.
	Match map[string]string `mapstructure:"match"`
	// Namespaces whose pods may choose this project by the resource attribute sentry.project (an annotation); patterns as in Match.
	Namespaces []string `mapstructure:"namespaces"`
	// OnFull overrides the exporter's on_full.
	OnFull string `mapstructure:"on_full"`
}

// ScrubConfig adjusts what is taken out of telemetry before it is queued.
type ScrubConfig struct {
	// Keys are more keys whose values are taken out whole; * stands for any text.
	Keys []string `mapstructure:"keys"`
	// Keep are keys whose values are never touched.
	Keep []string `mapstructure:"keep"`
	// Tokens are prefixes of more secrets, such as "acme_live_".
	Tokens []string `mapstructure:"tokens"`
	// Off are the names of rules that are not applied.
	Off []string `mapstructure:"off"`
}

// scrubbing is what the scrubber is told.
func (cfg *Config) scrubbing() scrub.Config {
	return scrub.Config{SendDefaultPII: cfg.SendDefaultPII, Keys: cfg.Scrub.Keys, Keep: cfg.Scrub.Keep, Tokens: cfg.Scrub.Tokens, Off: cfg.Scrub.Off}
}

// EventsConfig says what becomes an issue.
type EventsConfig struct {
	// MinSeverity is the least severity of a log record that becomes an event: warn, error or fatal. Records
	// with an exception become events from warn on, whatever is set here.
	MinSeverity string `mapstructure:"min_severity"`
	// Thresholds stand in for MinSeverity where their rule matches; the first that does.
	Thresholds []ThresholdConfig `mapstructure:"thresholds"`
	// Include, where it is not empty, names all that may become an event; Exclude what may not, of that.
	Include []rules.Rule `mapstructure:"include"`
	Exclude []rules.Rule `mapstructure:"exclude"`
	// FailedSpans says which spans become events that failed without an exception.
	FailedSpans FailedSpansConfig `mapstructure:"failed_spans"`
	// Fingerprints are rules of what events are grouped by; they go before what an app says. The first that matches counts.
	Fingerprints []translate.FingerprintRule `mapstructure:"fingerprints"`
	// Breadcrumbs says what an event carries of what happened before it.
	Breadcrumbs BreadcrumbsConfig `mapstructure:"breadcrumbs"`
	// Budget bounds the events of one issue.
	Budget BudgetConfig `mapstructure:"budget"`
	// SpanExceptions says which "exception" span events become events: "error" (the span failed), "all" or "off".
	SpanExceptions string `mapstructure:"span_exceptions"`
}

// ThresholdConfig is a least severity for the records that a rule is about.
type ThresholdConfig struct {
	rules.Rule `mapstructure:",squash"`
	// MinSeverity is as in EventsConfig.
	MinSeverity string `mapstructure:"min_severity"`
}

// FailedSpansConfig says which spans become events that failed and recorded no exception.
type FailedSpansConfig struct {
	// HTTP: client and server spans whose status code lies in Status.
	HTTP bool `mapstructure:"http"`
	// DB: database spans that failed.
	DB bool `mapstructure:"db"`
	// RPC: client and server spans that failed, or whose gRPC code says that the server is at fault.
	RPC bool `mapstructure:"rpc"`
	// Status are HTTP status codes, or ranges of them.
	Status []string `mapstructure:"status"`
}

// BreadcrumbsConfig bounds the breadcrumbs of an event: the last records of its trace, else of its container or instance.
type BreadcrumbsConfig struct {
	// Max is how many an event carries; 0: none are kept.
	Max int `mapstructure:"max"`
	// MaxBytes is how much text they have together.
	MaxBytes int `mapstructure:"max_bytes"`
}

// BudgetConfig bounds the events of one issue, in one process. What is held back is counted: on the next event of the issue, as a metric,
// and in Sentry's statistics.
type BudgetConfig struct {
	// Enabled switches the budget on.
	Enabled bool `mapstructure:"enabled"`
	// First is how many events of an issue go out before any is held back.
	First int `mapstructure:"first"`
	// Every is how often one goes out after that, for as long as the issue lasts.
	Every time.Duration `mapstructure:"every"`
}

// TracesConfig says what becomes of spans.
type TracesConfig struct {
	// Mode is "transaction" (the spans of a segment are one transaction), "stream" (spans go one by one, for servers that take the span
	// protocol: Sentry from 26.8 on) or "off" (only their exceptions are used).
	Mode string `mapstructure:"mode"`
}

// LogsConfig says whether log records also go to Sentry Logs, which are billed by the byte.
type LogsConfig struct {
	// Enabled switches the logs lane on.
	Enabled bool `mapstructure:"enabled"`
	// MinSeverity is the least severity of a record that goes there: trace, debug, info, warn, error or fatal. A record without one
	// counts as info.
	MinSeverity string `mapstructure:"min_severity"`
	// ResourceAttributes are the resource's attributes that each of its logs carries; * stands for any text.
	ResourceAttributes []string `mapstructure:"resource_attributes"`
}

// RateLimitConfig says how long data waits that Sentry limits.
type RateLimitConfig struct {
	// MaxWait is how long a lane that Sentry limits waits for the limit's end. What would have to wait longer is dropped and counted;
	// 0 drops at once.
	MaxWait time.Duration `mapstructure:"max_wait"`
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
	_ confmap.Validator   = (*Config)(nil)
	_ confmap.Validator   = (*EventsConfig)(nil)
	_ confmap.Validator   = (*ThresholdConfig)(nil)
	_ confmap.Validator   = (*BudgetConfig)(nil)
	_ confmap.Validator   = (*LogsConfig)(nil)
	_ confmap.Validator   = (*TracesConfig)(nil)
)

var (
	errWaitForResult = errors.New("'sending_queue::wait_for_result' must be false: the queue's answer is what makes a decision final")
	errBatchCuts     = errors.New("'sending_queue::batch::max_size' must be 0: cutting a batch would tear a segment's spans apart")
	errEndpoint      = errors.New("'http::endpoint' must be empty: the DSN says where envelopes go")
	errCompression   = errors.New("'http::compression' must be gzip or none: not every Sentry-compatible server reads anything else")
)

var (
	eventSeverities = []string{"warn", "error", "fatal"}
	logSeverities   = []string{"trace", "debug", "info", "warn", "error", "fatal"}
)

// Defaults that are not the Collector's own.
const (
	// What waits in memory takes about five times its size on the wire: decoded it is 2.7 times as large, and the garbage collector wants
	// room (measured, test/chaos).
	defaultQueueBytes = 32 << 20
	// On disk it is a matter of how long an outage may last.
	defaultStoredBytes     = 1 << 30
	defaultTimeout         = 30 * time.Second
	defaultIdleConnections = 20
	defaultMaxWait         = 10 * time.Minute
	defaultCrumbs          = 20
	defaultCrumbBytes      = 8 << 10
	defaultBudgetFirst     = 10
	defaultBudgetEvery     = 5 * time.Minute
)

// The formats of a release.
const (
	releaseVersion = "version"
	releaseNamed   = "name@version"
)

const (
	noDSN       = "none" // of DSN: there is no default project, by choice
	onFullBlock = "block"
	onFullDrop  = "drop"
)

func createDefaultConfig() component.Config {
	http := confighttp.NewDefaultClientConfig()
	http.Timeout = defaultTimeout
	http.Compression = configcompression.TypeGzip
	keepalive := confighttp.NewDefaultKeepaliveClientConfig()
	keepalive.MaxIdleConnsPerHost = defaultIdleConnections
	http.Keepalive = configoptional.Some(keepalive)

	queue := exporterhelper.NewDefaultQueueConfig()
	queue.Sizer = exporterhelper.RequestSizerTypeBytes
	queue.QueueSize = defaultQueueBytes

	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval = time.Second
	retry.MaxElapsedTime = 0

	return &Config{
		OnFull:        onFullBlock,
		ReleaseFormat: releaseVersion,
		Events: EventsConfig{
			MinSeverity:    "error",
			SpanExceptions: string(triage.SpanExceptionsError),
			Breadcrumbs:    BreadcrumbsConfig{Max: defaultCrumbs, MaxBytes: defaultCrumbBytes},
			FailedSpans:    FailedSpansConfig{Status: []string{"500-599"}},
			Budget:         BudgetConfig{Enabled: true, First: defaultBudgetFirst, Every: defaultBudgetEvery},
		},
		Traces:    TracesConfig{Mode: modeTransaction},
		Logs:      LogsConfig{MinSeverity: "info", ResourceAttributes: slices.Clone(translate.DefaultLogResourceAttributes)},
		RateLimit: RateLimitConfig{MaxWait: defaultMaxWait},
		HTTP:      http,
		Queue:     configoptional.Some(queue),
		Retry:     retry,
	}
}

// contribKeys are the keys of the contrib exporter of the same type name, and what to do about each.
var contribKeys = map[string]string{
	"url":                  "the DSN holds the address",
	"org_slug":             "the DSN names the project",
	"auth_token":           "the DSN is all that is needed; no API token is used",
	"routing":              "the DSN names the project",
	"auto_create_projects": "projects are created in Sentry, where their DSN is shown",
	"timeout":              "it is 'http::timeout' here",
	"insecure_skip_verify": "it is 'http::tls::insecure_skip_verify' here",
}

// Unmarshal decodes strictly, and says what to do where the keys are those of the contrib exporter.
func (cfg *Config) Unmarshal(conf *confmap.Conf) error {
	var foreign []string
	for key := range conf.ToStringMap() {
		if hint, ok := contribKeys[key]; ok {
			foreign = append(foreign, fmt.Sprintf("'%s' is a key of the contrib exporter of the same name, not of this one: %s", key, hint))
		}
	}
	if len(foreign) > 0 {
		slices.Sort(foreign)
		return fmt.Errorf("%s; set 'dsn: ${env:SENTRY_DSN}' (docs/adr/0001)", strings.Join(foreign, "; "))
	}
	if err := conf.Unmarshal(cfg); err != nil {
		return err
	}
	if cfg.Queue.HasValue() {
		queue := cfg.Queue.Get()
		if queue.StorageID != nil && queue.Sizer == exporterhelper.RequestSizerTypeBytes && !conf.IsSet("sending_queue::queue_size") {
			queue.QueueSize = defaultStoredBytes
		}
	}
	return nil
}

// Validate checks what the nested parts cannot check by themselves. Every error names its key.
func (cfg *Config) Validate() error {
	var errs []error
	if _, err := sentry.ParseDSN(string(cfg.DSN)); err != nil && (cfg.DSN != noDSN || len(cfg.Projects) == 0) {
		errs = append(errs, fmt.Errorf("'dsn' %w", err))
	}
	if cfg.OnFull != onFullBlock && cfg.OnFull != onFullDrop {
		errs = append(errs, fmt.Errorf("'on_full' must be block or drop, not %q", cfg.OnFull))
	}
	errs = append(errs, cfg.validateProjects())
	if cfg.Environment != "" && envelope.SanitizeEnvironment(cfg.Environment) != cfg.Environment {
		errs = append(errs, errors.New("'environment' is not one that Sentry takes: at most 64 bytes, no slash, no line end, not \"none\""))
	}
	if cfg.Release != "" && envelope.SanitizeRelease(cfg.Release) != cfg.Release {
		errs = append(errs, errors.New("'release' is not one that Sentry takes: at most 200 bytes, no slash, no line end, not \"latest\""))
	}
	if cfg.ReleaseFormat != releaseVersion && cfg.ReleaseFormat != releaseNamed {
		errs = append(errs, fmt.Errorf("'release_format' must be %s or %s, not %q", releaseVersion, releaseNamed, cfg.ReleaseFormat))
	}
	scrubbing := cfg.scrubbing()
	if err := scrubbing.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("'scrub' %w", err))
	}
	if cfg.RateLimit.MaxWait < 0 {
		errs = append(errs, errors.New("'rate_limit::max_wait' must not be negative"))
	}
	return errors.Join(append(errs, cfg.validateHTTP(), cfg.validateQueue())...)
}

func (cfg *Config) validateProjects() error {
	var errs []error
	names := map[string]bool{defaultProject: true}
	for i, p := range cfg.Projects {
		fault := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("'projects::%d'"+format, append([]any{i}, args...)...))
		}
		if !validProjectName(p.Name) {
			fault(": 'name' must be made of lower-case letters, digits, - and _, not %q", p.Name)
		} else if names[p.Name] {
			fault(": 'name' %q is taken", p.Name)
		}
		names[p.Name] = true
		if _, err := sentry.ParseDSN(string(p.DSN)); err != nil {
			fault(": 'dsn' %w", err)
		}
		if len(p.Match) == 0 && len(p.Namespaces) == 0 {
			fault(": 'match' or 'namespaces' must say what goes there")
		}
		if p.OnFull != "" && p.OnFull != onFullBlock && p.OnFull != onFullDrop {
			fault(": 'on_full' must be block or drop, not %q", p.OnFull)
		}
	}
	return errors.Join(errs...)
}

func validProjectName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return name != ""
}

func (cfg *Config) validateHTTP() error {
	var errs []error
	if cfg.HTTP.Endpoint != "" {
		errs = append(errs, errEndpoint)
	}
	if c := cfg.HTTP.Compression; c.IsCompressed() && c != configcompression.TypeGzip {
		errs = append(errs, errCompression)
	}
	if cfg.HTTP.Timeout < 0 {
		errs = append(errs, errors.New("'http::timeout' must not be negative"))
	}
	return errors.Join(errs...)
}

func (cfg *Config) validateQueue() error {
	if !cfg.Queue.HasValue() {
		return nil
	}
	var errs []error
	queue := cfg.Queue.Get()
	if queue.WaitForResult {
		errs = append(errs, errWaitForResult)
	}
	if queue.Batch.HasValue() && queue.Batch.Get().MaxSize > 0 {
		errs = append(errs, errBatchCuts)
	}
	if smallest := int64(minLaneSize); queue.QueueSize > 0 && queue.QueueSize < smallest {
		errs = append(errs, fmt.Errorf("'sending_queue::queue_size' must be at least %d: the lanes share it", smallest))
	}
	return errors.Join(errs...)
}

// Validate checks the vocabulary of the events section.
func (cfg *EventsConfig) Validate() error {
	errs := []error{validateSeverity(cfg.MinSeverity)}
	if !triage.SpanExceptions(cfg.SpanExceptions).Valid() {
		errs = append(errs, fmt.Errorf("'span_exceptions' must be error, all or off, not %q", cfg.SpanExceptions))
	}
	if cfg.Breadcrumbs.Max < 0 || cfg.Breadcrumbs.Max > maxCrumbs {
		errs = append(errs, fmt.Errorf("'breadcrumbs::max' must be between 0 and %d, not %d", maxCrumbs, cfg.Breadcrumbs.Max))
	}
	if cfg.Breadcrumbs.MaxBytes < 0 || cfg.Breadcrumbs.MaxBytes > maxCrumbBytes {
		errs = append(errs, fmt.Errorf("'breadcrumbs::max_bytes' must be between 0 and %d, not %d", maxCrumbBytes, cfg.Breadcrumbs.MaxBytes))
	}
	_, err := cfg.triage()
	return errors.Join(append(errs, err)...)
}

// An event with more breadcrumbs than these would lose others of its fields to Sentry's limits (SDK's max_breadcrumbs; 1 MiB an event).
const (
	maxCrumbs     = 100
	maxCrumbBytes = 256 << 10
)

// triage is what triage is told, but for its clock and the scrubber.
func (cfg *EventsConfig) triage() (triage.Config, error) {
	out := triage.Config{
		MinSeverity:    severityNumber(cfg.MinSeverity),
		SpanExceptions: triage.SpanExceptions(cfg.SpanExceptions),
		FailedSpans:    triage.FailedSpans{HTTP: cfg.FailedSpans.HTTP, DB: cfg.FailedSpans.DB, RPC: cfg.FailedSpans.RPC},
		Breadcrumbs:    triage.Breadcrumbs{Max: cfg.Breadcrumbs.Max, MaxBytes: cfg.Breadcrumbs.MaxBytes},
		Budget:         budget.Config{Enabled: cfg.Budget.Enabled, First: cfg.Budget.First, Every: cfg.Budget.Every},
	}
	var errs []error
	compile := func(key string, list []rules.Rule) rules.Set {
		set, err := rules.Compile(list)
		if err != nil {
			errs = append(errs, fmt.Errorf("'%s' %w", key, err))
		}
		return set
	}
	out.Include, out.Exclude = compile("include", cfg.Include), compile("exclude", cfg.Exclude)
	for i, t := range cfg.Thresholds {
		out.Thresholds = append(out.Thresholds, triage.Threshold{
			Rule: compile(fmt.Sprintf("thresholds::%d", i), []rules.Rule{t.Rule}), MinSeverity: severityNumber(t.MinSeverity),
		})
	}
	fingerprints, err := translate.CompileFingerprints(cfg.Fingerprints)
	if err != nil {
		errs = append(errs, fmt.Errorf("'fingerprints' %w", err))
	}
	for rule, parts := range fingerprints.All() {
		out.Fingerprints = append(out.Fingerprints, triage.Fingerprint{Rule: rule, Parts: parts})
	}
	for _, status := range cfg.FailedSpans.Status {
		codes, err := triage.ParseStatusRange(status)
		if err != nil {
			errs = append(errs, fmt.Errorf("'failed_spans::status' %w", err))
		}
		out.FailedSpans.Status = append(out.FailedSpans.Status, codes)
	}
	return out, errors.Join(errs...)
}

// Validate checks the vocabulary of a threshold; its rule is checked with the others.
func (cfg *ThresholdConfig) Validate() error { return validateSeverity(cfg.MinSeverity) }

func validateSeverity(name string) error {
	if !slices.Contains(eventSeverities, name) {
		return fmt.Errorf("'min_severity' must be one of %s, not %q", strings.Join(eventSeverities, ", "), name)
	}
	return nil
}

// Validate checks the bounds of the budget.
func (cfg *BudgetConfig) Validate() error {
	var errs []error
	if cfg.First < 0 {
		errs = append(errs, errors.New("'first' must not be negative"))
	}
	if cfg.Every <= 0 {
		errs = append(errs, errors.New("'every' must be above 0"))
	}
	return errors.Join(errs...)
}

// The modes of traces.
const (
	modeTransaction = "transaction"
	modeStream      = "stream"
	modeOff         = "off"
)

// Validate checks the vocabulary of the traces section.
func (cfg *TracesConfig) Validate() error {
	if modes := []string{modeTransaction, modeStream, modeOff}; !slices.Contains(modes, cfg.Mode) {
		return fmt.Errorf("'mode' must be one of %s, not %q", strings.Join(modes, ", "), cfg.Mode)
	}
	return nil
}

// Validate checks the vocabulary of the logs section.
func (cfg *LogsConfig) Validate() error {
	if !slices.Contains(logSeverities, cfg.MinSeverity) {
		return fmt.Errorf("'min_severity' must be one of %s, not %q", strings.Join(logSeverities, ", "), cfg.MinSeverity)
	}
	return nil
}
