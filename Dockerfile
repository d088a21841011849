# syntax=docker/dockerfile:1

FROM node:22.21.1-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --no-progress --cache /var/cache/npm
COPY web/ ./
RUN npm run build

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
ARG VERSION=development
# The same source and version give the same bytes: no paths, no build ID, no date.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/var/cache/go-build \
    CGO_ENABLED=0 GOCACHE=/var/cache/go-build go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=${VERSION}" -o /lightstick ./cmd/lightstick

FROM debian:12.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache \
 && groupadd --gid 10001 lightstick \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin lightstick \
 && install -d -o lightstick -g lightstick -m 0750 /data
COPY --from=build /lightstick /usr/local/bin/lightstick
ARG VERSION=development
LABEL org.opencontainers.image.title="Lightstick" \
      org.opencontainers.image.description="A live HLS origin: RTMP, SRT, RTSP and WebRTC in, low-latency HLS out." \
      org.opencontainers.image.source="https://github.com/globalfandom/lightstick" \
      org.opencontainers.image.version="${VERSION}"
USER 10001:10001
VOLUME /data
EXPOSE 8080 1935 8890/udp 8554 8000-8001/udp 8189 8189/udp
ENV LIGHTSTICK_DATA_DIR=/data
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s CMD ["lightstick", "health"]
ENTRYPOINT ["/usr/local/bin/lightstick"]
CMD ["serve"]
