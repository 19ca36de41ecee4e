# What image.sh and snapshot.sh share. To be sourced in the root of the repository.
nfpm_version=v2.45.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/otelcol-sentry

VERSION=$(sed -n 's/^  version: //p' builder-config.yaml)
# Everything carries the commit's time: the same commit gives the same bytes.
CREATED=$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
export VERSION CREATED
platforms=${PLATFORMS:-$(go env GOOS)/$(go env GOARCH)}

# tool PACKAGE NAME VERSION: where the command is kept; it is built if it is not there.
tool() {
  local folder=$cache/$2-$3
  [[ -x $folder/$2 ]] || GOBIN=$folder CGO_ENABLED=0 nice go install -trimpath -ldflags '-s -w' "$1@$3" >&2 || return
  echo "$folder/$2"
}

# binary OS/ARCH: the file of that platform's binary, which is built if need be. This machine's is that of `make build`.
binary() {
  local file=bin/${1/\//_}/otelcol-sentry
  if [[ $1 == "$(go env GOOS)/$(go env GOARCH)" ]]; then
    file=bin/otelcol-sentry
  else
    [[ $1 == windows/* ]] && file+=.exe
    GOOS=${1%/*} GOARCH=${1#*/} CGO_ENABLED=0 nice go build -trimpath -ldflags='-s -w' -o "$file" ./distro >&2
  fi
  echo "$file"
}
