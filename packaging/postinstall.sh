#!/bin/sh
# After an installation or upgrade. The service is not started before somebody has set a DSN; one that runs gets the new version.
set -e
[ -d "$DPKG_ROOT/run/systemd/system" ] || exit 0
systemctl daemon-reload
systemctl try-restart otelcol-sentry.service
if ! grep -q '^SENTRY_DSN=.' "$DPKG_ROOT/etc/otelcol-sentry/otelcol-sentry.env"; then
  echo "Set SENTRY_DSN in /etc/otelcol-sentry/otelcol-sentry.env, then: systemctl enable --now otelcol-sentry"
fi
