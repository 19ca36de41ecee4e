package translate

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// FingerprintRule groups the events that it is about by a fingerprint of its own.
type FingerprintRule struct {
	// Match says which events.
	Match rules.Rule `mapstructure:"match"`
	// Fingerprint is what these are grouped by: texts, "{{ default }}" for what they would be grouped by otherwise, and "{{ name }}" for what the event
	// says under one of these names: type, value, message, level, logger, transaction, function, module, tags.<key>.
	Fingerprint []string `mapstructure:"fingerprint"`
}

// Fingerprints are rules, compiled. The zero value has none.
type Fingerprints struct{ list []compiledFingerprint }

type compiledFingerprint struct {
	match rules.Set
	parts []string
}

var errNoFingerprint = errors.New("'fingerprint' is empty")

// CompileFingerprints makes Fingerprints; of several rules that match an event the first counts. Its error says which rule, by its index, and what is
// wrong with it.
func CompileFingerprints(list []FingerprintRule) (Fingerprints, error) {
	var out Fingerprints
	var errs []error
	for i := range list {
		match, err := rules.Compile([]rules.Rule{list[i].Match})
		if err != nil {
			errs = append(errs, fmt.Errorf("'%d::match': %w", i, err))
		}
		if err := checkFingerprint(list[i].Fingerprint); err != nil {
			errs = append(errs, fmt.Errorf("'%d': %w", i, err))
		}
		out.list = append(out.list, compiledFingerprint{match, validFingerprint(list[i].Fingerprint)})
	}
	return out, errors.Join(errs...)
}

func checkFingerprint(parts []string) error {
	if len(validFingerprint(parts)) == 0 {
		return errNoFingerprint
	}
	if len(parts) > maxFingerprint {
		return fmt.Errorf("'fingerprint' has more than %d parts", maxFingerprint)
	}
	for _, part := range parts {
		name, ok := sentry.FingerprintVariable(part)
		if !ok || name == "default" || strings.HasPrefix(name, "tags.") {
			continue
		}
		if variables[name] == nil {
			return fmt.Errorf("'fingerprint': nothing is called %q", name)
		}
	}
	return nil
}

// All gives what each rule matches, and the fingerprint of that.
func (f Fingerprints) All() iter.Seq2[rules.Set, []string] {
	return func(yield func(rules.Set, []string) bool) {
		for _, rule := range f.list {
			if !yield(rule.match, rule.parts) {
				return
			}
		}
	}
}

// For gives the rules that may match in one project.
func (f Fingerprints) For(project string) Fingerprints {
	var out Fingerprints
	for _, rule := range f.list {
		if rule.match = rule.match.For(project); !rule.match.Empty() {
			out.list = append(out.list, rule)
		}
	}
	return out
}

// of is the fingerprint that the rules have for an event; nil where none is about it.
func (f Fingerprints) of(e *sentry.Event, rec plog.LogRecord, read *fields.Record, res pcommon.Map) []string {
	if len(f.list) == 0 {
		return nil
	}
	if res == (pcommon.Map{}) {
		res = pcommon.NewMap()
	}
	thrown := thrownBy(e)
	o := rules.Occurrence{
		Type: thrown.Type, Named: read.Failure.Type, Qualified: func() string { return qualified(thrown) }, Logger: e.Logger,
		Messages:   [3]string{messageOf(e), thrown.Value},
		Attributes: [2]pcommon.Map{rec.Attributes()}, Resource: res,
	}
	if rec.Body().Type() == pcommon.ValueTypeStr {
		o.Messages[2] = rec.Body().Str()
	}
	for i := range f.list {
		if f.list[i].match.Matches(&o) {
			return resolve(f.list[i].parts, e)
		}
	}
	return nil
}

// resolve puts what the event says in for the variables. That is done here because not every server does it.
func resolve(parts []string, e *sentry.Event) []string {
	out := slices.Clone(parts)
	for i, part := range parts {
		name, ok := sentry.FingerprintVariable(part)
		if !ok || name == "default" {
			continue
		}
		out[i] = "<no " + name + ">"
		if key, isTag := strings.CutPrefix(name, "tags."); isTag {
			if v := tagOf(e, key); v != "" {
				out[i] = v
			}
		} else if v := variables[name](e); v != "" {
			out[i] = v
		}
	}
	return out
}

// variables are what of an event a fingerprint may name (Sentry's docs, fingerprint rules, variables).
var variables = map[string]func(*sentry.Event) string{
	"type":        func(e *sentry.Event) string { return thrownBy(e).Type },
	"value":       func(e *sentry.Event) string { return thrownBy(e).Value },
	"message":     messageOf,
	"level":       func(e *sentry.Event) string { return string(e.Level) },
	"logger":      func(e *sentry.Event) string { return e.Logger },
	"transaction": func(e *sentry.Event) string { return e.Transaction },
	"function":    func(e *sentry.Event) string { return failingFrame(e).Function },
	"module":      func(e *sentry.Event) string { return failingFrame(e).Module },
}

// thrownBy is the exception that reached the top: the last of the list.
func thrownBy(e *sentry.Event) sentry.Exception {
	if n := len(e.Exceptions); n > 0 {
		return e.Exceptions[n-1]
	}
	return sentry.Exception{}
}

func qualified(x sentry.Exception) string {
	if x.Module == "" {
		return x.Type
	}
	return x.Module + "." + x.Type
}

func messageOf(e *sentry.Event) string {
	if e.Message == nil {
		return ""
	}
	return e.Message.Formatted
}

// failingFrame is the innermost call in the app's own code, else the innermost of all.
func failingFrame(e *sentry.Event) sentry.Frame {
	frames := thrownBy(e).Frames
	if len(frames) == 0 && len(e.Threads) > 0 {
		frames = e.Threads[0].Frames
	}
	if len(frames) == 0 {
		return sentry.Frame{}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].InApp == sentry.True {
			return frames[i]
		}
	}
	return frames[len(frames)-1]
}

// tagOf is the value of a tag of an event, or of its resource.
func tagOf(e *sentry.Event, key string) string {
	tags := e.Tags
	if e.Resource != nil {
		tags = append(slices.Clone(e.Resource.Tags), tags...)
	}
	for _, t := range slices.Backward(tags) {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}
