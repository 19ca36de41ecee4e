// A module of its own: the certificates that the image holds are pinned here, and the collector does not compile them.
module github.com/otelcol-sentry/otelcol-sentry/packaging/image

go 1.26.0

require golang.org/x/crypto/x509roots/fallback v0.0.0-20261030153154-30a33513ff6d
