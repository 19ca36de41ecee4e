package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxAnswer bounds what is read of an answer's body, in bytes.
const maxAnswer = 16 << 10

// Options of a Client.
type Options struct {
	DSN  sentry.DSN
	HTTP *http.Client
	// SDK names this program in the envelopes and in X-Sentry-Auth; UserAgent in the HTTP header.
	SDK       envelope.SDK
	UserAgent string
	// Plain sends bodies as they are instead of gzipped.
	Plain bool
	Now   func() time.Time
}

// Client posts the envelopes of one DSN. Safe for concurrent use.
type Client struct {
	opts   Options
	url    string
	auth   string
	limits Limits
}

// Result is an Outcome with the bytes it took.
type Result struct {
	Outcome
	// RawBytes is the envelope's size, WireBytes what went over the wire.
	RawBytes, WireBytes int
	Duration            time.Duration
}

// New makes a client. The HTTP client is used as it is but for redirects, which are never followed.
func New(opts Options) *Client {
	httpClient := *opts.HTTP
	httpClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	opts.HTTP = &httpClient
	return &Client{
		opts: opts,
		url:  opts.DSN.EnvelopeURL(),
		auth: fmt.Sprintf("Sentry sentry_version=7, sentry_client=%s/%s, sentry_key=%s", opts.SDK.Name, opts.SDK.Version, opts.DSN.PublicKey()),
	}
}

// Limited says how long the categories must still wait; 0: they may be sent now.
func (c *Client) Limited(categories ...sentry.Category) time.Duration {
	now := c.opts.Now()
	if until := c.limits.Until(now, categories...); !until.IsZero() {
		return until.Sub(now)
	}
	return 0
}

var scratch = sync.Pool{New: func() any { return new([]byte) }}

// Send posts one envelope. The header's sent_at and sdk are set here: sent_at must be the moment of sending, since Relay takes the
// difference to its own clock for drift and shifts the timestamps.
func (c *Client) Send(ctx context.Context, header envelope.Header, categories []sentry.Category, items ...envelope.Item) Result {
	header.SentAt = c.opts.Now()
	header.SDK = c.opts.SDK

	raw := scratch.Get().(*[]byte)
	defer func() {
		if cap(*raw) <= maxPooledBody {
			scratch.Put(raw)
		}
	}()
	*raw = envelope.AppendEnvelope((*raw)[:0], header, items...)

	b := newBody()
	defer b.release()
	if c.opts.Plain {
		b.buf.Write(*raw)
	} else if err := compress(&b.buf, *raw); err != nil {
		return Result{Outcome: Outcome{Verdict: Failed, Reason: err.Error()}}
	}
	start := c.opts.Now()
	outcome := c.post(ctx, b, !header.EventID.IsZero(), categories)
	return Result{Outcome: outcome, RawBytes: len(*raw), WireBytes: b.buf.Len(), Duration: c.opts.Now().Sub(start)}
}

// post makes one request. What has an event id may be repeated by net/http itself when a kept-alive connection breaks under it.
func (c *Client) post(ctx context.Context, b *body, repeatable bool, categories []sentry.Category) Outcome {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, nil)
	if err != nil {
		return Outcome{Verdict: Failed, Reason: c.reason(err)}
	}
	req.Body = b.reader()
	req.GetBody = func() (io.ReadCloser, error) { return b.reader(), nil }
	req.ContentLength = int64(b.buf.Len())
	req.Header.Set("Content-Type", "application/x-sentry-envelope")
	req.Header.Set("User-Agent", c.opts.UserAgent)
	req.Header.Set("X-Sentry-Auth", c.auth)
	if !c.opts.Plain {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if repeatable {
		req.Header["X-Idempotency-Key"] = nil // tells net/http, and is not sent (http.Transport)
	}
	resp, err := c.opts.HTTP.Do(req)
	if err != nil {
		return Outcome{Verdict: Failed, Reason: c.reason(err)}
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what cannot be read is not said
	return c.judge(resp, answer, categories)
}

func (c *Client) judge(resp *http.Response, answer []byte, categories []sentry.Category) Outcome {
	now := c.opts.Now()
	c.limits.Observe(resp.StatusCode, resp.Header, now)
	out := Outcome{Verdict: classify(resp.StatusCode), Status: resp.StatusCode}
	switch out.Verdict {
	case Delivered:
		return out
	case Limited:
		// A 429 that limits only other categories still refused this envelope: then the back-off decides.
		out.Wait = c.Limited(categories...)
		if after, ok := retryAfter(resp.Header, now); ok && out.Wait == 0 {
			out.Wait = after
		}
	case Failed:
		out.Wait, _ = retryAfter(resp.Header, now)
	case Refused, TooLarge:
	}
	out.Reason = c.hide(explain(resp.StatusCode, answer))
	return out
}

// explain says in one line what an answer means: Relay's {"detail": ..., "causes": [...]}, else the status.
func explain(status int, answer []byte) string {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	var body struct {
		Detail string   `json:"detail"`
		Causes []string `json:"causes"`
	}
	if json.Unmarshal(answer, &body) == nil && body.Detail != "" {
		text += ": " + strings.Join(append([]string{body.Detail}, body.Causes...), ": ")
	}
	return oneLine(text)
}

// reason unwraps the URL out of client errors: they repeat it, and the host is named by whoever logs.
func (c *Client) reason(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return c.hide(oneLine(err.Error()))
}

// hide takes the public key out of a text that somebody else wrote. A key of a few letters would take words apart: it is no secret.
func (c *Client) hide(text string) string {
	if key := c.opts.DSN.PublicKey(); len(key) >= 6 {
		return strings.ReplaceAll(text, key, "***")
	}
	return text
}

// maxReason bounds a reason, in bytes.
const maxReason = 300

func oneLine(text string) string {
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\uFFFD")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "..."
	}
	return text
}
