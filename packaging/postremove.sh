#!/bin/sh
# After a removal or upgrade. What waits in /var/lib/otelcol-sentry stays; only a purge (deb) takes it.
set -e
if [ "$1" = purge ]; then
  rm -rf "$DPKG_ROOT/var/lib/otelcol-sentry" "$DPKG_ROOT/var/lib/private/otelcol-sentry"
fi
[ -d "$DPKG_ROOT/run/systemd/system" ] || exit 0
systemctl daemon-reload
