package triage

import (
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// minSeverity of a record without an exception.
func (p *Project) minSeverity(out *target, o *occurrence) plog.SeverityNumber {
	if len(p.thresholds) > 0 {
		seen := asRulesSee(out, o)
		for _, th := range p.thresholds {
			if th.Rule.Matches(&seen) {
				return th.MinSeverity
			}
		}
	}
	return p.cfg.MinSeverity
}

// wanted: something includes the occurrence, and nothing excludes it.
func (p *Project) wanted(out *target, o *occurrence) bool {
	if p.include.Empty() && p.exclude.Empty() {
		return true
	}
	seen := asRulesSee(out, o)
	return (p.include.Empty() || p.include.Matches(&seen)) && !p.exclude.Matches(&seen)
}

// asRulesSee shows an occurrence to rules.
func asRulesSee(out *target, o *occurrence) rules.Occurrence {
	failure := o.read.Failure.Input(out.language) // a copy: what the closure holds must not move the occurrence to the heap
	return rules.Occurrence{
		Type:       o.key.Type,
		Named:      o.read.Failure.Type,
		Qualified:  func() string { return qualifiedType(failure) },
		Logger:     o.read.Logger,
		Messages:   [3]string{o.read.Message, o.key.Message, o.text},
		Attributes: o.attributes,
		Resource:   out.resource.Attributes(),
	}
}

// qualifiedType reads the whole stack trace for the package or module of the thrown exception.
func qualifiedType(in stacktrace.Input) string {
	trace, ok := stacktrace.Parse(in)
	if !ok || len(trace.Exceptions) == 0 {
		return ""
	}
	thrown := &trace.Exceptions[len(trace.Exceptions)-1]
	if thrown.Module == "" {
		return thrown.Type
	}
	return thrown.Module + "." + thrown.Type
}
