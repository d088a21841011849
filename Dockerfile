# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-progress
COPY web/ ./
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
ARG VERSION=development
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /lightstick ./cmd/lightstick

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin lightstick \
 && install -d -o lightstick -g lightstick /data
COPY --from=build /lightstick /usr/local/bin/lightstick
USER lightstick
VOLUME /data
EXPOSE 8080 1935 8890/udp 8554 8000-8001/udp
ENV LIGHTSTICK_DATA_DIR=/data
ENTRYPOINT ["/usr/local/bin/lightstick"]
CMD ["serve"]
