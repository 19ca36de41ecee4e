package main

// Operators of file_log register themselves and cannot be named in a manifest.
import _ "github.com/otelcol-sentry/otelcol-sentry/stanza/stacktrace"
