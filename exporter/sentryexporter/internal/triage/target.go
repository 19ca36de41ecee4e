package triage

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// target is the resource and the scope whose records are looked at, and where their copies go; both are copied when the first record
// needs them.
type target struct {
	batch     *Batch
	resource  pcommon.Resource
	schemaURL string
	language  stacktrace.Language
	scope     pcommon.InstrumentationScope

	logs         plog.ResourceLogs
	records      plog.LogRecordSlice
	resourceOpen bool
	scopeOpen    bool

	who      Workload
	whoKnown bool
	where    stream
}

func newTarget(b *Batch, resource pcommon.Resource, schemaURL string) target {
	return target{
		batch:     b,
		resource:  resource,
		schemaURL: schemaURL,
		language:  stacktrace.FromSDK(text(resource.Attributes(), "telemetry.sdk.language")),
	}
}

// enter goes on with the next scope.
func (o *target) enter(scope pcommon.InstrumentationScope) {
	o.scope = scope
	o.scopeOpen = false
}

// workload of the resource.
func (o *target) workload() Workload {
	if !o.whoKnown {
		o.who, o.whoKnown = o.batch.project.workloads.of(o.resource.Attributes()), true
	}
	return o.who
}

func (o *target) next() plog.LogRecord {
	if !o.resourceOpen {
		o.logs = o.batch.Events.ResourceLogs().AppendEmpty()
		o.resource.CopyTo(o.logs.Resource())
		removeInternal(o.logs.Resource().Attributes())
		o.logs.SetSchemaUrl(o.schemaURL)
		o.resourceOpen = true
	}
	if !o.scopeOpen {
		sl := o.logs.ScopeLogs().AppendEmpty()
		o.scope.CopyTo(sl.Scope())
		removeInternal(sl.Scope().Attributes())
		o.records = sl.LogRecords()
		o.scopeOpen = true
	}
	return o.records.AppendEmpty()
}
