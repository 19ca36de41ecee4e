package triage

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/breadcrumb"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxCrumbMessage bounds the message of one breadcrumb, in bytes.
const maxCrumbMessage = 1024

// shownCrumb is a breadcrumb as the event will have it.
type shownCrumb struct {
	sentry.Breadcrumb
	stream uint64
}

// show reads and scrubs breadcrumbs: the newest that have room in MaxBytes, and each only once. found is in the order of time.
func (cfg *Breadcrumbs) show(found []breadcrumb.Crumb) []shownCrumb {
	shown := make([]shownCrumb, 0, len(found))
	room := cfg.MaxBytes
	for i := len(found) - 1; i >= 0; i-- {
		c := shownCrumb{cfg.read(&found[i]), found[i].Stream}
		if c.Message == "" || slices.ContainsFunc(shown, c.isCopyOf) {
			continue
		}
		if room -= len(c.Category) + len(c.Message); room < 0 {
			break
		}
		shown = append(shown, c)
	}
	slices.Reverse(shown)
	slices.SortStableFunc(shown, func(a, b shownCrumb) int { return compareTimes(a.Timestamp, b.Timestamp) })
	return shown
}

// copyWindow is how far apart the same line is seen by two who see it: an app that logs by OTLP, and its output on disk.
const copyWindow = sentry.Time(time.Second)

func (c shownCrumb) isCopyOf(other shownCrumb) bool {
	return c.stream != other.stream && c.Message == other.Message && c.Level == other.Level &&
		c.Timestamp <= other.Timestamp+copyWindow && other.Timestamp <= c.Timestamp+copyWindow
}

// read makes a breadcrumb of what was left behind as it came.
func (cfg *Breadcrumbs) read(c *breadcrumb.Crumb) sentry.Breadcrumb {
	severity := plog.SeverityNumber(c.Severity)
	out := sentry.Breadcrumb{Timestamp: c.Time, Category: c.Logger, Message: c.Text}
	switch c.Kind {
	case crumbException:
		out.Type, out.Category = "error", "exception"
	case crumbSpanEvent:
		out.Category = "span"
	default:
		rec := plog.NewLogRecord()
		rec.Body().SetStr(c.Text)
		read := fields.Read(rec, c.Logger)
		out.Category, out.Message = read.Logger, read.Message
		if c.Observed && read.Time != 0 {
			out.Timestamp = read.Time
		}
		if severity == plog.SeverityNumberUnspecified {
			severity = read.Severity
		}
		if out.Message == "" && c.Type == "" && c.Value == "" {
			out.Message = c.Text
		}
	}
	out.Level = levelOf(severity)
	out.Message = joined(strings.TrimSpace(out.Message), c.Type, c.Value)
	if cfg.Scrub != nil {
		out.Message = cfg.Scrub(out.Message)
	}
	out.Message, out.Category = cut(out.Message), cut(out.Category)
	return out
}

// joined adds an exception to what was said about it.
func joined(message, name, value string) string {
	if value != "" && strings.Contains(message, value) {
		value = ""
	}
	for _, part := range [...]string{name, value} {
		if part == "" {
			continue
		}
		if message != "" {
			message += ": "
		}
		message += part
	}
	return message
}

func cut(s string) string {
	if len(s) > maxCrumbMessage {
		s = s[:maxCrumbMessage-len("...")] + "..."
	}
	return strings.ToValidUTF8(s, "")
}

// crumbLevels are the levels from the highest severity down.
var crumbLevels = [...]struct {
	from  plog.SeverityNumber
	level sentry.Level
}{
	{plog.SeverityNumberFatal, sentry.LevelFatal},
	{plog.SeverityNumberError, sentry.LevelError},
	{plog.SeverityNumberWarn, sentry.LevelWarning},
	{plog.SeverityNumberInfo, sentry.LevelInfo},
	{plog.SeverityNumberTrace, sentry.LevelDebug},
}

// levelOf: a record that does not say how bad it is counts as info, as in Sentry Logs.
func levelOf(severity plog.SeverityNumber) sentry.Level {
	for _, l := range crumbLevels {
		if severity >= l.from {
			return l.level
		}
	}
	return sentry.LevelInfo
}

// Breadcrumbs travel as one value of bytes: a durable queue writes it as it is, where a list of maps would be some hundred small objects.
// The first byte tells the format. Each breadcrumb is its time and then, each with its length before it, type, category, level and message.
const breadcrumbFormat = 1

func encodeBreadcrumbs(shown []shownCrumb) []byte {
	if len(shown) == 0 {
		return nil
	}
	out := []byte{breadcrumbFormat}
	for i := range shown {
		c := &shown[i]
		out = binary.AppendUvarint(out, uint64(c.Timestamp))
		for _, s := range [...]string{c.Type, c.Category, string(c.Level), c.Message} {
			out = binary.AppendUvarint(out, uint64(len(s)))
			out = append(out, s...)
		}
	}
	return out
}

// decodeBreadcrumbs gives what it can read: nothing of a format that it does not know, no part of a breadcrumb that is cut.
func decodeBreadcrumbs(raw []byte) []sentry.Breadcrumb {
	if len(raw) == 0 || raw[0] != breadcrumbFormat {
		return nil
	}
	text := string(raw[1:])
	var out []sentry.Breadcrumb
	for text != "" {
		var c sentry.Breadcrumb
		at, n := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
		if n <= 0 {
			return out
		}
		text = text[n:]
		var parts [4]string
		for i := range parts {
			var ok bool
			if parts[i], text, ok = cutPart(text); !ok {
				return out
			}
		}
		c.Timestamp = sentry.Time(at)
		c.Type, c.Category, c.Level, c.Message = parts[0], parts[1], sentry.Level(parts[2]), parts[3]
		out = append(out, c)
	}
	return out
}

// cutPart reads a text with its length before it.
func cutPart(s string) (part, rest string, ok bool) {
	size, n := binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
	if n <= 0 || size > uint64(len(s)-n) {
		return "", "", false
	}
	return s[n : n+int(size)], s[n+int(size):], true
}
