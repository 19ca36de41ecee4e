# What conformance.sh and its parts share. To be sourced, with $repo set.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/otelcol-sentry
failed=0

# heading says how long the run has taken so far.
heading() { printf '\n=== %s (at %d s)\n' "$*" "$SECONDS"; }

# skipped JUDGE REASON: a judge that could not be asked is named loudly, and is no failure.
skipped() { printf 'SKIPPED: %s: %s\n' "$1" "$2"; }

# wrong WHAT: a wrong result is a failure, but the other judges are still asked.
wrong() {
  printf 'FAILED: %s\n' "$1"
  failed=1
}

# present TOOL...: names the first tool that is not there.
present() {
  local tool
  for tool; do
    command -v "$tool" >/dev/null || { echo "there is no $tool"; return 1; }
  done
}

# cached NAME FILE...: the folder for what NAME needs, keyed by the files that pin it (and by nothing that a day changes).
cached() {
  local name=$1
  shift
  echo "$cache/conformance-$name-$(cat "$@" | sha256sum | cut -c1-16)"
}

# install FOLDER COMMAND...: runs the command, which fills $FOLDER.new, unless the folder is there already. A folder that is there is whole.
# Where the command fails, its last words are printed.
install() {
  local folder=$1 said
  shift
  [[ -d $folder ]] && return
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  if ! said=$("$@" "$folder.new" 2>&1 </dev/null); then
    rm -rf "$folder.new"
    printf '%s\n' "$said" | grep -v -e '^ *$' -e 'complete log of this run' | tail -n 1 | cut -c1-300
    return 1
  fi
  mv "$folder.new" "$folder"
}

# requirements FILE FOLDER: Python packages in FOLDER/site-packages, which does not mind being moved, as a virtual environment does.
requirements() {
  python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target "$2/site-packages" -r "$1"
}
