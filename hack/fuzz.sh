#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other: for the given time each (60s), or the given number of inputs (5000x).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
git ls-files '*_test.go' | xargs grep -l '^func Fuzz' | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    echo "== $dir $target"
    if ! CGO_ENABLED=0 go test "./$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$time" >"$log" 2>&1; then
      # A worker that is still busy when the time is up makes `go test` fail with nothing found (golang/go#56238).
      if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; then continue; fi
      cat "$log"
      exit 1
    fi
  done
done
