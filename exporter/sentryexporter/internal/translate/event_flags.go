package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// flagPrefix begins the attributes by which Sentry's conventions tell of feature flags.
const flagPrefix = "flag.evaluation."

// setFlags: feature flags that the record tells of, in Sentry's convention or in OpenTelemetry's. True where there are any.
func setFlags(e *sentry.Event, attrs pcommon.Map) bool {
	for key, v := range attrs.All() {
		if name, ok := strings.CutPrefix(key, flagPrefix); ok {
			e.Flags = append(e.Flags, sentry.Flag{Name: name, Result: flagResult(v)})
		}
	}
	if name := attrText(attrs, "feature_flag.key"); name != "" {
		for _, key := range flagValues {
			if v, ok := attrs.Get(key); ok {
				e.Flags = append(e.Flags, sentry.Flag{Name: name, Result: flagResult(v)})
				break
			}
		}
	}
	return len(e.Flags) > 0
}

// flagResult is what a flag was evaluated to; a variant that says on or off is a boolean.
func flagResult(v pcommon.Value) sentry.Value {
	if on, ok := truth(v); ok {
		return sentry.Bool(on)
	}
	return Value(v)
}
