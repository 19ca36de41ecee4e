#!/usr/bin/env bash
# Starts the quickstart and says where to look once it listens. Ctrl-C stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

./bin/otelcol-sentry --config configs/quickstart.yaml &
collector=$!
trap 'kill "$collector" 2>/dev/null || true; wait "$collector" 2>/dev/null || true' EXIT

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
until listens 8969 && listens 4318; do
  kill -0 "$collector" 2>/dev/null || { wait "$collector" || true; echo "The collector did not start; its last words are above." >&2; exit 1; }
  sleep 0.1
done

cat <<'TEXT'

  otelcol-sentry is running.

    Look here         http://127.0.0.1:8969     issues of five sample programs, traces, logs
    Send OTLP here    localhost:4317 (gRPC), http://localhost:4318 (HTTP)
    Try               the curl command in README.md
    Stop              Ctrl-C

TEXT
wait "$collector"
