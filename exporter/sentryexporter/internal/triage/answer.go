package triage

// Answer is why a record became no event.
type Answer uint8

// The answers.
const (
	// BelowMinSeverity: the record is not bad enough.
	BelowMinSeverity Answer = iota
	// NoErrorFound: neither the record nor its body has a severity, and there is no stack trace in it.
	NoErrorFound
	// Duplicate: the same occurrence was decided about already; it went out, or was held back.
	Duplicate
	// SpanNotFailed: the exception was handled inside of its span.
	SpanNotFailed
	// ClientError: an exception that says 4xx to a client.
	ClientError
	// Off: span exceptions are switched off.
	Off
	// OverBudget: enough events of its issue have gone out. A later event of the issue says how many were held back.
	OverBudget
	// Excluded: a rule of the configuration excludes it, or none includes it.
	Excluded
	// Explained: a span that failed because something failed inside of it, which is the better event.
	Explained
	answers
)

var answerNames = [answers]string{
	"below_min_severity", "no_error_found", "duplicate", "span_not_failed", "client_error", "off", "over_budget", "excluded",
	"explained",
}

// String is the answer's name in metrics.
func (a Answer) String() string { return answerNames[a] }
