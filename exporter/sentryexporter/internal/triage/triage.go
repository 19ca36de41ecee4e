package triage

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/breadcrumb"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
)

// Config of a Triage.
type Config struct {
	// MinSeverity of a record that becomes an event without carrying an exception; warn or above.
	MinSeverity plog.SeverityNumber
	// Thresholds stand in for MinSeverity where their rule matches; the first that does.
	Thresholds []Threshold
	// Include, where it is not empty, names all that may become an event; Exclude what may not, of that.
	Include, Exclude rules.Set
	// Fingerprints are rules of what Sentry groups by, for the budget; they go before what an app says. The first that matches counts.
	Fingerprints []Fingerprint
	// SpanExceptions says which span events become events.
	SpanExceptions SpanExceptions
	// FailedSpans says which spans become events that failed without an exception.
	FailedSpans FailedSpans
	// Budget says how many events of one issue go out.
	Budget budget.Config
	// Breadcrumbs says what an event carries of what happened before it.
	Breadcrumbs Breadcrumbs
	// Now is the clock.
	Now func() time.Time
}

// Threshold is the least severity of the records without an exception that a rule is about; warn or above.
type Threshold struct {
	Rule        rules.Set
	MinSeverity plog.SeverityNumber
}

// Fingerprint is what the events are grouped by that a rule is about: texts, and variables in double braces.
type Fingerprint struct {
	Rule  rules.Set
	Parts []string
}

// Triage decides for one exporter. Safe for concurrent use.
type Triage struct {
	cfg       Config
	seen      *seen          // occurrences that went out
	heldBack  *seen          // occurrences that were held back: a flood of these must not push out the others
	budget    *budget.Budget // nil: everything goes out
	workloads workloads
	crumbs    *breadcrumb.Store // nil: events carry none
	projects  atomic.Uint32
	seed      maphash.Seed // of the keys of issues, which never leave the process
}

// New makes a Triage that has seen nothing yet.
func New(cfg Config) *Triage {
	t := &Triage{cfg: cfg, seen: &seen{}, heldBack: &seen{}, seed: maphash.MakeSeed()}
	if cfg.Budget.Enabled {
		t.budget = budget.New(cfg.Budget, cfg.Now())
	}
	if cfg.Breadcrumbs.Max > 0 {
		t.crumbs = breadcrumb.New(cfg.Breadcrumbs.Max)
	}
	return t
}

// Project is a Triage for one project. Safe for concurrent use.
type Project struct {
	*Triage
	id               string
	number           uint32 // tells the projects of a Triage apart
	include, exclude rules.Set
	thresholds       []Threshold
	fingerprints     []Fingerprint
}

// Project makes the Triage of a project: id is the number that its ids are made for, name what the configuration calls it.
func (t *Triage) Project(id, name string) *Project {
	p := &Project{Triage: t, id: id, number: t.projects.Add(1), include: t.cfg.Include.For(name), exclude: t.cfg.Exclude.For(name)}
	for _, th := range t.cfg.Thresholds {
		if rule := th.Rule.For(name); !rule.Empty() {
			p.thresholds = append(p.thresholds, Threshold{rule, th.MinSeverity})
		}
	}
	for _, f := range t.cfg.Fingerprints {
		if rule := f.Rule.For(name); !rule.Empty() {
			p.fingerprints = append(p.fingerprints, Fingerprint{rule, f.Parts})
		}
	}
	return p
}
