package translate

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// DSC makes the dynamic sampling context of traces: the member "trace" in the header of an envelope (develop docs, dynamic sampling context). All values
// are strings; Relay cannot read another.
//
// The context must be the same on everything of one trace, while each collector sees a part of the trace, and each service has a release and an
// environment of its own. So only what the trace itself or the DSN says is in it: no release, no environment, no name, unless the head of the trace was
// a Sentry SDK and its context has come along.
type DSC struct{ dsn sentry.DSN }

// NewDSC makes contexts for what is sent to this DSN.
func NewDSC(dsn sentry.DSN) DSC { return DSC{dsn} }

// OfTrace is the context of an item that only knows its trace: an event. How the trace was sampled it does not say.
func (d DSC) OfTrace(trace sentry.TraceID) []sentry.Tag {
	return d.tags(make([]sentry.Tag, 0, 3), trace)
}

// OfSpan is the context of a transaction or of streamed spans. span is the root of the segment, or the first of the spans.
//
// sample_rate is the probability that the W3C trace state names (ot=th, OpenTelemetry's probability sampling), else 1. sample_rand is the randomness
// that the sampler had, so that it is the same wherever it is asked for, and below the rate, since the span was kept.
func (d DSC) OfSpan(trace sentry.TraceID, span ptrace.Span) []sentry.Tag {
	if head := headsDSC(span.Attributes(), trace); head != nil {
		return head
	}
	rate, random := sampling(span.TraceState().AsRaw(), trace)
	return append(d.tags(make([]sentry.Tag, 0, 6), trace),
		sentry.Tag{Key: "sample_rate", Value: rate}, sentry.Tag{Key: "sample_rand", Value: random}, sentry.Tag{Key: "sampled", Value: "true"})
}

// saysSampling reports whether a span knows how its trace was sampled.
func saysSampling(span ptrace.Span) bool {
	if th, _ := otelState(span.TraceState().AsRaw()); th != "" {
		return true
	}
	_, ok := span.Attributes().Get(baggagePrefix + "trace_id")
	return ok
}

func (d DSC) tags(dst []sentry.Tag, trace sentry.TraceID) []sentry.Tag {
	dst = append(dst, sentry.Tag{Key: "trace_id", Value: trace.String()}, sentry.Tag{Key: "public_key", Value: d.dsn.PublicKey()})
	if org := d.dsn.OrgID(); org != "" {
		dst = append(dst, sentry.Tag{Key: "org_id", Value: org})
	}
	return dst
}

// randomBits is the width of thresholds and randomness (OpenTelemetry, TraceState: probability sampling); rateDigits are the hex digits of one.
const (
	randomBits   = 56
	randomDigits = randomBits / 4
)

// sampling reads a trace state. A threshold T keeps what has a randomness of at least T, so the rate is 1 - T/2^56.
func sampling(state string, trace sentry.TraceID) (rate, random string) {
	const all = uint64(1) << randomBits
	th, rv := otelState(state)
	threshold, ok := hexBits(th)
	if !ok {
		threshold = 0
	}
	probability := float64(all-threshold) / float64(all)
	randomness, ok := hexBits(rv)
	if !ok || len(rv) != randomDigits {
		randomness = binary.BigEndian.Uint64(trace[8:]) & (all - 1)
	}
	// Sentry keeps what is below the rate, OpenTelemetry what is above the threshold.
	below := all - 1 - randomness
	millionths, _ := bits.Mul64(below<<(64-randomBits), 1_000_000)
	if randomness < threshold {
		// Kept for another reason, or by another source of randomness (a tail sampler's hash): below the rate all the same.
		millionths = uint64(float64(millionths) * probability)
	}
	return strconv.FormatFloat(probability, 'f', -1, 64), decimal(millionths)
}

// decimal is a number of millionths, below a million, as text with six digits.
func decimal(millionths uint64) string {
	digits := strconv.FormatUint(1_000_000+millionths, 10)
	return "0." + digits[1:]
}

// otelState finds the threshold and the randomness in a trace state such as "vendor=x,ot=th:e66;rv:0123456789abcd".
func otelState(state string) (th, rv string) {
	for state != "" {
		var member string
		member, state, _ = strings.Cut(state, ",")
		value, ok := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		for ok && value != "" {
			var field string
			field, value, _ = strings.Cut(value, ";")
			switch key, v, _ := strings.Cut(field, ":"); key {
			case "th":
				th = v
			case "rv":
				rv = v
			}
		}
	}
	return th, rv
}

// hexBits reads up to 14 hex digits as a fraction: missing digits at the end are zeros.
func hexBits(s string) (uint64, bool) {
	if s == "" || len(s) > randomDigits {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 16, randomBits)
	return v << (4 * (randomDigits - len(s))), err == nil && s[0] != '+'
}

// baggagePrefix begins the baggage of Sentry's SDKs. OpenTelemetry's baggage processor makes span attributes of it.
const baggagePrefix = "sentry-"

// headMembers are the members that the head of a trace may have set, and which values of them are sent.
var headMembers = []struct {
	key   string
	valid func(string) bool
}{
	{"org_id", isDigits},
	{"sample_rate", isPart},
	{"sample_rand", isPart},
	{"sampled", func(s string) bool { return s == "true" || s == "false" }},
	{"release", func(s string) bool { return s == envelope.SanitizeRelease(s) }},
	{"environment", func(s string) bool { return s == envelope.SanitizeEnvironment(s) }},
	{"transaction", func(string) bool { return true }},
	{"replay_id", isReplayID},
}

// headsDSC is the context that the head of the trace, a Sentry SDK, gave it, if the span has it; else nil. It is used as it is: it is frozen for the
// whole trace.
func headsDSC(attrs pcommon.Map, trace sentry.TraceID) []sentry.Tag {
	id, ok := attrs.Get(baggagePrefix + "trace_id")
	if !ok {
		return nil
	}
	key := attrText(attrs, baggagePrefix+"public_key")
	said, ok := sentry.ParseTraceID(id.Str())
	if !ok || said != trace || key == "" {
		return nil
	}
	out := []sentry.Tag{{Key: "trace_id", Value: trace.String()}, {Key: "public_key", Value: key}}
	for _, m := range headMembers {
		if v := attrText(attrs, baggagePrefix+m.key); v != "" && m.valid(v) {
			out = append(out, sentry.Tag{Key: m.key, Value: v})
		}
	}
	return slices.DeleteFunc(out, func(m sentry.Tag) bool { return m.Key == "sample_rand" && !agrees(out) })
}

// agrees reports whether "sampled" says, as it must, whether sample_rand is below sample_rate.
func agrees(members []sentry.Tag) bool {
	said := make(map[string]string, len(members))
	for _, m := range members {
		said[m.Key] = m.Value
	}
	rate, errRate := strconv.ParseFloat(said["sample_rate"], 64)
	random, errRandom := strconv.ParseFloat(said["sample_rand"], 64)
	return errRate != nil || errRandom != nil || said["sampled"] == "" || (said["sampled"] == "true") == (random < rate)
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func isPart(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && f >= 0 && f <= 1
}

func isReplayID(s string) bool {
	_, ok := sentry.ParseEventID(s)
	return ok
}
