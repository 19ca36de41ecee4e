package transport

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// defaultRetryAfter is how long a limit lasts whose length cannot be read (develop docs, SDK > Rate limiting).
const defaultRetryAfter = 60 * time.Second

// knownCategories are those of the rate limiting document. A limit that names only others does not concern us;
// one that names a known category that we never send (attachment) must not be mistaken for "all".
var knownCategories = map[string]bool{
	"default": true, "error": true, "transaction": true, "transaction_indexed": true, "span": true, "span_indexed": true,
	"log_item": true, "log_byte": true, "trace_metric": true, "trace_metric_byte": true, "attachment": true, "attachment_item": true,
	"session": true, "profile": true, "profile_indexed": true, "profile_chunk": true, "profile_chunk_ui": true,
	"profile_duration": true, "profile_duration_ui": true, "replay": true, "monitor": true, "monitor_seat": true,
	"feedback": true, "security": true, "metric_bucket": true, "uptime": true, "internal": true,
}

// Limits remembers, for one DSN, until when each data category must not be sent. Safe for concurrent use.
type Limits struct {
	mu    sync.RWMutex
	until map[sentry.Category]time.Time
}

// Until is the moment from which all the categories may be sent again; the zero time where none is limited.
func (l *Limits) Until(now time.Time, categories ...sentry.Category) time.Time {
	l.mu.RLock()
	defer l.mu.RUnlock()
	latest := l.until[sentry.CategoryAll]
	for _, c := range categories {
		if t := l.until[c]; t.After(latest) {
			latest = t
		}
	}
	if !latest.After(now) {
		return time.Time{}
	}
	return latest
}

// Observe reads the limits that an answer sets. They may come on any answer, also on a 200.
func (l *Limits) Observe(status int, header http.Header, now time.Time) {
	if values := header.Values("X-Sentry-Rate-Limits"); len(values) > 0 {
		for _, value := range values {
			l.observeLimits(value, now)
		}
		return
	}
	if status == http.StatusTooManyRequests {
		after, ok := retryAfter(header, now)
		if !ok {
			after = defaultRetryAfter
		}
		l.set(sentry.CategoryAll, now.Add(after))
	}
}

// observeLimits reads "retry_after:categories:scope:reason:namespaces, ...".
func (l *Limits) observeLimits(value string, now time.Time) {
	for entry := range strings.SplitSeq(value, ",") {
		fields := strings.Split(strings.TrimSpace(entry), ":")
		if len(fields) < 2 {
			continue
		}
		until := now.Add(seconds(fields[0]))
		if fields[1] == "" {
			l.set(sentry.CategoryAll, until)
			continue
		}
		for category := range strings.SplitSeq(fields[1], ";") {
			if category = strings.TrimSpace(category); knownCategories[category] {
				l.set(sentry.Category(category), until)
			}
		}
	}
}

func (l *Limits) set(category sentry.Category, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil {
		l.until = make(map[sentry.Category]time.Time)
	}
	if until.After(l.until[category]) {
		l.until[category] = until
	}
}

// seconds reads a limit's length; what cannot be read counts as the default. Fractions are rounded up.
func seconds(text string) time.Duration {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f < 0 || f != f || f > maxRetryAfter.Seconds() {
		if err == nil && f > maxRetryAfter.Seconds() {
			return maxRetryAfter
		}
		return defaultRetryAfter
	}
	return time.Duration(f * float64(time.Second)).Round(time.Millisecond)
}

// maxRetryAfter bounds a limit: a broken clock on the other side must not silence us for ever.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the Retry-After header in both of its forms: seconds or an HTTP date.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(date.Sub(now), 0), maxRetryAfter), true
	}
	return seconds(text), true
}
