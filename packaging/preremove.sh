#!/bin/sh
# Before a removal (deb: "remove", rpm: 0), not before an upgrade.
set -e
case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d "$DPKG_ROOT/run/systemd/system" ] || exit 0
systemctl disable --now otelcol-sentry.service
