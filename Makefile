# Everything a contributor or CI runs. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO    ?= go
BIN   := bin/otelcol-sentry
TOOLS := -modfile=internal/tools/go.mod
# Tools that are built once and kept under the user's cache folder, keyed by version.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/otelcol-sentry

# The race detector needs a C compiler; `make test` uses it where there is one.
RACE := $(shell command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)
RACE_ENV := $(if $(RACE),CGO_ENABLED=1,CGO_ENABLED=0)

# All packages but the distribution's main: it has no tests (docs/adr/0004), and compiling it again for them would take minutes.
PACKAGES = $(shell $(GO) list ./... | grep -v /distro$$)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | sort | while IFS=$$'\t' read -r t d; do printf '  %-18s %s\n' "$$t" "$$d"; done

.PHONY: build
build: ## build the distribution: bin/otelcol-sentry
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o $(BIN) ./distro

.PHONY: run
run: build ## build, start the quickstart and say where to look
	@./hack/quickstart.sh

.PHONY: test
test: build ## run all tests that need nothing but Go (with -race where a C compiler is found)
	@$(if $(RACE),echo "race detector: on",echo "race detector: OFF, there is no C compiler")
	$(RACE_ENV) $(GO) test $(RACE) -timeout 20m $(PACKAGES)
	@./hack/fuzz.sh 500x

.PHONY: corpus
corpus: ## read the logs of real programs and print how much of their truth is found, by family
	CGO_ENABLED=0 $(GO) test -count=1 -v -run 'Corpus' ./internal/stacktrace ./internal/fields | grep -vE '^ *(=== |--- |ok|PASS)'

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (default 60s) each
	@./hack/fuzz.sh $(or $(FUZZTIME),60s)

.PHONY: bench
bench: ## run the benchmarks, with allocations
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . -benchmem ./internal/... ./exporter/...

.PHONY: golden
golden: ## write the golden files anew; look at the diff before you commit it
	CGO_ENABLED=0 $(GO) test ./exporter/sentryexporter -run Golden -update

.PHONY: generate
generate: ## write generated files anew (ocb, mdatagen, conventions); leaves a clean tree
	GOWORK=off $(GO) tool $(TOOLS) go.opentelemetry.io/collector/cmd/builder --config builder-config.yaml --skip-get-modules --skip-compilation
	$(GO) generate ./...
	gofmt -w distro

.PHONY: check-generated
check-generated: generate ## fail if generated files are not those checked in
	@git diff --exit-code -- . || (echo "run 'make generate' and commit the result" >&2; exit 1)

.PHONY: fmt
fmt: ## format the Go code
	gofmt -w $$(git ls-files '*.go')

GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

$(GOLANGCI):
	GOBIN=$(dir $@) CGO_ENABLED=0 $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

.PHONY: lint
lint: $(GOLANGCI) ## run the linters, among them the import rules of the rooms
	$(GOLANGCI) run

.PHONY: tidy
tidy: ## tidy go.mod
	$(GO) mod tidy
	cd internal/tools && $(GO) mod tidy

.PHONY: clean
clean: ## remove build output
	rm -rf bin

.PHONY: conformance
conformance: ## our events beside the SDKs' of Sentry, before Relay's normaliser and Bugsink; UPDATE=1 records anew (docs/parity.md)
	@./test/conformance/conformance.sh $(if $(UPDATE),--update)

.PHONY: test-kubernetes
test-kubernetes: build ## the shipped configurations against a real Kubernetes API server, built once (4 minutes) and kept
	@./test/kubernetes/kubernetes.sh

.PHONY: chaos
chaos: build ## the built binary under faults, three minutes; CHAOS=long for half an hour (docs/operations.md)
	@CHAOS=$(or $(CHAOS),bounded) CGO_ENABLED=0 $(GO) test -count=1 -timeout 5h -v ./test/chaos | grep -vE '^ *=== '
	@SEGMENT_TRACES=30000 CGO_ENABLED=0 $(GO) test -count=1 -v -run TestSegmentsOfManyRequests ./test/binary | grep -vE '^ *=== '

.PHONY: chart
chart: ## the chart's copies of configs/, its rendered examples and its README, written anew
	@./test/chart/chart.sh --update

.PHONY: test-chart
test-chart: build ## the chart: every switch, every example, and a real installation on a real Kubernetes API server
	@./test/chart/chart.sh

.PHONY: test-node
test-node: build ## as root: a real kubelet and containerd, our image as a DaemonSet, four programs that crash (docs/kubernetes.md)
	@./test/kubernetes/node/node.sh

.PHONY: test-operator
test-operator: build ## the operator's resources before the real OpenTelemetry Operator, built once (8 minutes of CPU) and kept
	@./test/kubernetes/operator.sh

.PHONY: image
image: ## build the container image with docker (or DOCKER=podman, buildah)
	$(or $(DOCKER),docker) build -t ghcr.io/otelcol-sentry/otelcol-sentry:latest --build-arg REVISION=$$(git rev-parse HEAD) .

.PHONY: image-tar
image-tar: build ## the container image as a file, dist/image.tar, without a daemon; PLATFORMS="linux/amd64 linux/arm64" for both
	@./packaging/image.sh

.PHONY: snapshot
snapshot: build ## what a release has, in dist/: archives, deb, rpm, checksums; PLATFORMS names others than this machine's
	@./packaging/snapshot.sh

.PHONY: test-packages
test-packages: image-tar snapshot ## what a release is made of, run as in a container and under systemd (as root, else parts are skipped)
	DIST=$(CURDIR)/dist CGO_ENABLED=0 $(GO) test -count=1 ./test/packaging

# A release's parts that go to a registry. VERSION and CREATED are packaging/lib.sh's.
REGISTRY := ghcr.io/otelcol-sentry

.PHONY: image-push
image-push: ## build the image for two architectures and push it (docker buildx, logged in)
	. packaging/lib.sh && docker buildx build --push --platform linux/amd64,linux/arm64 -t $(REGISTRY)/otelcol-sentry:$$VERSION \
		--build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$CREATED .

.PHONY: chart-push
chart-push: ## package the chart and push it (helm, logged in)
	@./test/chart/chart.sh --push oci://$(REGISTRY)/charts
