#!/usr/bin/env bash
# make conformance: our events before judges that nobody here wrote. Without an argument it checks; with --update it writes the recorded pairs
# and docs/parity.md anew. A judge that cannot be had is skipped, loudly; a wrong result fails.
set -uo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
cd "$repo"
. test/conformance/lib.sh
. test/conformance/parity/languages.sh
. test/conformance/bugsink/bugsink.sh
update=
[[ ${1:-} == --update ]] && update=-update
work=$(mktemp -d)
trap 'bugsink_stop; rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o "$work/record" ./test/conformance/record || exit 1

heading "Sentry's SDKs: the scenarios"
for language in python node java go; do
  started=$SECONDS
  said=$("record_$language" "$work/pairs/$language" 2>&1)
  case $? in
  0)
    echo "$language: $said, $((SECONDS - started)) s"
    if [[ $update ]]; then
      rm -rf "test/conformance/parity/recorded/$language"
      mkdir -p test/conformance/parity/recorded
      cp -r "$work/pairs/$language" test/conformance/parity/recorded/
    fi
    ;;
  2) rm -rf "$work/pairs/$language"; skipped "the $language SDK" "$said" ;;
  *) printf '%s\n' "$said"; wrong "$language: the scenarios do not run" ;;
  esac
done

heading "Our events beside the SDKs'"
test_of() { # test_of NAME FLAG...: runs one test of this package, and prints no more than what it says itself
  CGO_ENABLED=0 go test -count=1 ./test/conformance -run "^$1\$" -args "${@:2}" | grep -v '^\(PASS\|ok\|FAIL\)'
  return "${PIPESTATUS[0]}"
}
if [[ -d $work/pairs ]]; then
  test_of TestFreshPairs -pairs "$work/pairs" || wrong "differences from the SDKs that run now"
fi
if [[ $update ]]; then
  test_of TestParity -update -strict || wrong "differences from the recorded SDKs"
else
  test_of TestParity -strict || wrong "differences from the recorded SDKs, or docs/parity.md is old"
fi
if command -v python3 >/dev/null; then
  test_of TestComparePy -python python3 || wrong "compare.go is not testdata/parity/compare.py"
else
  skipped "compare.py" "there is no python3"
fi

heading "Relay's normaliser"
test_of TestPayloads -payloads "$work/payloads" || wrong "the exporter's payloads"
judged() { # judged NAME: the judge's packages; false, after a word, where they cannot be had
  local said
  said=$(present python3) || { skipped "$1" "$said"; return 1; }
  packages=$(cached "$1" "test/conformance/$1/requirements.txt" <(python3 --version))
  said=$(install "$packages" requirements "$repo/test/conformance/$1/requirements.txt") || { skipped "$1" "$said"; return 1; }
}
if judged relay && [[ -s $work/payloads ]]; then
  PYTHONPATH=$packages/site-packages python3 test/conformance/relay/normalize.py "$work/payloads" || wrong "Relay repairs our payloads"
fi

heading "Bugsink, strict"
if judged bugsink; then
  if bugsink_start "$packages/site-packages"; then
    test_of TestPayloads -payloads "$work/sent" -dsn "$bugsink_dsn" || wrong "the exporter's payloads"
    bugsink_database compare "$work/sent" || wrong "Bugsink does not hold what was sent"
    test_of TestGrouping -alike "$(bugsink_project 2)" -distinct "$(bugsink_project 3)" || wrong "the messages to be grouped"
    bugsink_database issues 2 1000 1 1 || wrong "lines that differ in numbers and ids are several issues"
    bugsink_database issues 3 200 190 200 || wrong "distinct messages are one issue"
    if grep -n -A 3 ValidationError "$work/bugsink/server.log" | head -n 40 | grep .; then wrong "Bugsink refuses our events"; fi
  else
    wrong "Bugsink does not start"
  fi
  bugsink_stop
fi

heading "Conformance: $([[ $failed == 0 ]] && echo passed || echo FAILED)"
exit $failed
