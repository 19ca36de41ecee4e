package transport

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestLimitsObserve(t *testing.T) {
	const limits = "X-Sentry-Rate-Limits"
	for name, tt := range map[string]struct {
		status int
		header http.Header
		want   map[sentry.Category]time.Duration // from noon; a category that is not named must be open
	}{
		"one category":             {429, header(limits, "30:error:organization:quota"), map[sentry.Category]time.Duration{"error": 30 * time.Second}},
		"several categories":       {429, header(limits, "30:transaction;span:key"), map[sentry.Category]time.Duration{"transaction": 30 * time.Second, "span": 30 * time.Second}},
		"several limits":           {429, header(limits, "10:error:key, 20:transaction:key"), map[sentry.Category]time.Duration{"error": 10 * time.Second, "transaction": 20 * time.Second}},
		"several header lines":     {429, header(limits, "10:error:key", limits, "20:span:key"), map[sentry.Category]time.Duration{"error": 10 * time.Second, "span": 20 * time.Second}},
		"the later one wins":       {429, header(limits, "20:error:key, 10:error:org"), map[sentry.Category]time.Duration{"error": 20 * time.Second}},
		"all":                      {429, header(limits, "15::organization"), map[sentry.Category]time.Duration{"error": 15 * time.Second, "transaction": 15 * time.Second, "log_item": 15 * time.Second}},
		"on a 200":                 {200, header(limits, "15:error:organization"), map[sentry.Category]time.Duration{"error": 15 * time.Second}},
		"unknown category":         {429, header(limits, "15:flux_capacitor:organization"), nil},
		"known, never sent by us":  {429, header(limits, "15:attachment:organization"), nil},
		"unknown beside known":     {429, header(limits, "15:flux;error:organization"), map[sentry.Category]time.Duration{"error": 15 * time.Second}},
		"no header":                {429, header(), map[sentry.Category]time.Duration{"error": time.Minute, "span": time.Minute}},
		"Retry-After":              {429, header("Retry-After", "7"), map[sentry.Category]time.Duration{"error": 7 * time.Second, "span": 7 * time.Second}},
		"Retry-After as a date":    {429, header("Retry-After", noon.Add(40*time.Second).Format(http.TimeFormat)), map[sentry.Category]time.Duration{"error": 40 * time.Second}},
		"Retry-After in the past":  {429, header("Retry-After", noon.Add(-time.Hour).Format(http.TimeFormat)), nil},
		"Retry-After on a 503":     {503, header("Retry-After", "7"), nil},
		"unreadable length":        {429, header(limits, "soon:error:key"), map[sentry.Category]time.Duration{"error": time.Minute}},
		"negative length":          {429, header(limits, "-1:error:key"), map[sentry.Category]time.Duration{"error": time.Minute}},
		"not a number":             {429, header(limits, "NaN:error:key"), map[sentry.Category]time.Duration{"error": time.Minute}},
		"a fraction":               {429, header(limits, "1.5:error:key"), map[sentry.Category]time.Duration{"error": 1500 * time.Millisecond}},
		"longer than a day":        {429, header(limits, "1e300:error:key"), map[sentry.Category]time.Duration{"error": 24 * time.Hour}},
		"garbage":                  {429, header(limits, "garbage"), nil},
		"namespaces are not asked": {429, header(limits, "9:error:organization:reason:custom;sessions"), map[sentry.Category]time.Duration{"error": 9 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			var l Limits
			l.Observe(tt.status, tt.header, noon)
			for _, category := range []sentry.Category{"error", "transaction", "span", "log_item"} {
				until := l.Until(noon, category)
				want, limited := tt.want[category]
				if _, named := tt.want["log_item"]; !limited && (named || name == "no header" || name == "Retry-After" || name == "Retry-After as a date") {
					continue // limits that hold for all
				}
				if !limited {
					assert.Zero(t, until, category)
					continue
				}
				assert.Equal(t, noon.Add(want), until, category)
				assert.Zero(t, l.Until(noon.Add(want), category), "a limit ends")
			}
		})
	}
}

func TestLimitsOfSeveralCategories(t *testing.T) {
	var l Limits
	l.Observe(429, header("X-Sentry-Rate-Limits", "10:transaction:key, 20:span:key"), noon)
	assert.Equal(t, noon.Add(20*time.Second), l.Until(noon, "transaction", "span"))
	assert.Equal(t, noon.Add(10*time.Second), l.Until(noon, "transaction"))
}

func FuzzLimits(f *testing.F) {
	f.Add("30:error:organization:quota", "7")
	f.Add("::,;:", "Wed, 21 Oct 2015 07:28:00 GMT")
	f.Fuzz(func(t *testing.T, limits, after string) {
		var l Limits
		l.Observe(429, http.Header{"X-Sentry-Rate-Limits": {limits}, "Retry-After": {after}}, noon)
		l.Observe(429, http.Header{"Retry-After": {after}}, noon)
		if until := l.Until(noon, "error", "span"); until.After(noon.Add(maxRetryAfter)) {
			t.Fatalf("limited until %v", until)
		}
	})
}
