# Images without a registry: tar files that `ctr images import` takes. To be sourced.

# image TAG ENTRYPOINT FILE...: an image FROM scratch with these files in its root. ENTRYPOINT is a JSON list.
image() {
  local tag=$1 entrypoint=$2 dir
  dir=$(mktemp -d "$work/image.XXXX")
  mkdir -p "$dir/root/tmp"
  chmod 1777 "$dir/root/tmp"
  cp "${@:3}" "$dir/root/"
  tar -C "$dir/root" --owner=0 --group=0 -cf "$dir/layer.tar" .
  printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$entrypoint" "$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)" >"$dir/config.json"
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$tag" >"$dir/manifest.json"
  tar -C "$dir" -cf "$dir.tar" manifest.json config.json layer.tar
}

# make_images: the pause container, ours, and one for each program. The interpreters come from the machine, by hostPath.
make_images() {
  CGO_ENABLED=0 go build -trimpath -o "$work/pause" "$here/programs/pause.go" || fail "pause"
  CGO_ENABLED=0 go build -trimpath -o "$work/shop" "$here/programs/shop.go" || fail "the Go program"
  javac -d "$work" "$here/programs/Shop.java" || fail "the Java program"
  image localhost/pause:1 '["/pause"]' "$work/pause"
  image ghcr.io/otelcol-sentry/otelcol-sentry:0.1.0 '["/otelcol-sentry"]' bin/otelcol-sentry
  image localhost/shop-java:1.1.0 '["/usr/bin/java","-cp","/","Shop"]' "$work"/Shop*.class
  image localhost/shop-python:1.2.0 '["/usr/bin/python3","/shop.py"]' "$here"/programs/{shop,sender}.py
  image localhost/shop-go:1.3.0 '["/shop"]' "$work/shop"
  image localhost/shop-node:1.4.0 '["/usr/bin/node","/shop.js"]' "$here/programs/shop.js"
}
