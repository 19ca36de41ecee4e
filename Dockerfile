# The image, for a builder with a daemon (make image). `make image-tar` makes the same without one; a test holds the two together.
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg REVISION=$(git rev-parse HEAD) .
ARG GO_VERSION=1.26.8
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/otelcol-sentry ./distro \
    && cd packaging/image && CGO_ENABLED=0 go run . -certificates /out/ca-certificates.crt \
    && mkdir -m 0700 /out/state

FROM scratch
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="otelcol-sentry" \
      org.opencontainers.image.description="OpenTelemetry Collector that turns telemetry into Sentry issues, transactions and logs" \
      org.opencontainers.image.source="https://github.com/otelcol-sentry/otelcol-sentry" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY packaging/config.yaml /etc/otelcol-sentry/config.yaml
COPY --from=build --chown=10001:0 /out/state /var/lib/otelcol-sentry
COPY --from=build /out/otelcol-sentry /otelcol-sentry
USER 10001:0
ENV OTELCOL_LISTEN=0.0.0.0
VOLUME /var/lib/otelcol-sentry
EXPOSE 4317 4318 8888 13133 55679
ENTRYPOINT ["/otelcol-sentry"]
CMD ["--config=/etc/otelcol-sentry/config.yaml"]
