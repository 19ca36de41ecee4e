// Package scrub takes secrets and personal data out of telemetry before it is queued.
//
// In: pdata values (log records, spans, and the attributes of resources and scopes) or plain text, and a Config.
// Out: the same with the secret part of a value replaced by Filtered while the rest of it stays, and how often each rule did that.
//
// Two stages. Key rules look at names: what stands under a key that names a password, a token, a cookie is taken out whole, in maps of
// any depth and inside of JSON, query strings, forms, headers and other text that pairs names with values. Pattern rules look at values:
// credentials in URLs and connection strings, tokens of well-known providers, JWTs, private keys, card numbers and the like.
// Of the attributes that Sentry's conventions know only those of the scrub class "auto" are looked into; "manual" and "never" ones only
// where a rule names them.
//
// Scrubbing is idempotent and depends on nothing but the value and the Config. Needs* ask without changing anything, so that a request
// that others hold too is copied only if it must be. Time is linear in the input; where nothing is found nothing is allocated.
// It must not know: Sentry's wire format, the exporter, what becomes of the data.
package scrub
