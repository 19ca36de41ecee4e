# One function a language: record_LANGUAGE OUT runs its scenarios into OUT. It returns 2 where something that it needs cannot be had, and says
# what on standard output. To be sourced after lib.sh, with $work set and $work/record built.

record_python() {
  local folder said
  said=$(present python3) || { echo "$said"; return 2; }
  folder=$(cached python "$repo/test/conformance/parity/python/requirements.txt" <(python3 --version))
  said=$(install "$folder" requirements "$repo/test/conformance/parity/python/requirements.txt") || { echo "$said"; return 2; }
  (
    cd "$repo/test/conformance/parity/python"
    export PYTHONPATH=$folder/site-packages PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
    "$work/record" -out "$1" -replace "$PWD=/srv/ferry" -replace "$folder/site-packages=/opt/venv/lib/python3/site-packages" \
      -replace "$(python3 -c 'import sys; print(sys.base_prefix)')/lib=/usr/local/lib" -- python3 scenarios.py
  )
}

npm_install() {
  cp "$repo/test/conformance/parity/node/package.json" "$1/"
  npm install --prefix "$1" --no-audit --no-fund --ignore-scripts --omit=optional --no-package-lock --loglevel=error
}

record_node() {
  local folder said
  said=$(present node npm) || { echo "$said"; return 2; }
  folder=$(cached node "$repo/test/conformance/parity/node/package.json" <(node --version))
  said=$(install "$folder" npm_install) || { echo "$said"; return 2; }
  (
    cd "$repo/test/conformance/parity/node"
    export NODE_PATH=$folder/node_modules
    "$work/record" -out "$1" -replace "$PWD=/srv/greenhouse" -replace "$folder/node_modules=/srv/greenhouse/node_modules" -- node scenarios.js
  )
}

maven_copy() {
  mvn --batch-mode --quiet --file "$repo/test/conformance/parity/java/pom.xml" -Dmaven.repo.local="$cache/conformance-maven" \
    -DoutputDirectory="$1/lib" dependency:copy-dependencies
}

record_java() {
  local folder said
  said=$(present java javac mvn) || { echo "$said"; return 2; }
  folder=$(cached java "$repo/test/conformance/parity/java/pom.xml")
  said=$(install "$folder" maven_copy) || { echo "$said"; return 2; }
  mkdir -p "$work/java"
  find "$repo/test/conformance/parity/java/src" -name '*.java' -print0 |
    xargs -0 javac -g -parameters -encoding UTF-8 --release 17 -proc:none -cp "$folder/lib/*" -d "$work/java" || return 1
  "$work/record" -out "$1" -- java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$work/java:$folder/lib/*" org.tidewater.library.Scenarios
}

record_go() {
  local said
  cd "$repo/test/conformance/parity/go"
  said=$(go mod download 2>&1) || { printf '%s\n' "$said" | tail -n 1 | cut -c1-300; return 2; }
  CGO_ENABLED=0 go build -o "$work/haulage" . || return 1
  "$work/record" -out "$1" -replace "$PWD=/srv/haulage" -replace "$(go env GOMODCACHE)=/go/pkg/mod" -replace "$(go env GOROOT)=/usr/local/go" -- "$work/haulage"
}
