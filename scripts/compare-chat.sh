#!/usr/bin/env bash
# Compares the chat with Centrifugo on this machine: the same rooms, readers and
# messages for both, in turns, with `lightstick loadtest chat`.
#
#   CENTRIFUGO=path/to/centrifugo scripts/compare-chat.sh [READERS] [SECONDS] [RATE…]
#
# Centrifugo's binaries are at https://github.com/centrifugal/centrifugo/releases.
# RATE is messages a second in the one room (2.5 and 20). Each server has its memory
# engine, JSON, a history of 200 messages for an hour and recovery; Lightstick runs as
# `serve --role chat`, moderation and message store included, its limits off. Both
# share the machine's cores with the readers: ratios of one run are what counts.
#
# LIGHTSTICK  the binary (bin/lightstick)
# ROUNDS      turns of each server at each rate (2)
# OUT         keeps reports and logs there (a temporary directory, removed)
set -euo pipefail

readers=${1:-5000}
seconds=${2:-20}
shift $(($# < 2 ? $# : 2))
rates=("$@")
[ $# -gt 0 ] || rates=(2.5 20)
rounds=${ROUNDS:-2}
lightstick=${LIGHTSTICK:-bin/lightstick}

die() { echo "compare-chat: $*" >&2; exit 2; }
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

[ -n "${CENTRIFUGO:-}" ] || die "set CENTRIFUGO to its binary; see https://github.com/centrifugal/centrifugo/releases"
for program in "$CENTRIFUGO" "$lightstick"; do
  command -v "$program" >/dev/null || die "$program is missing"
done
limit=$(ulimit -Hn)
[ "$limit" = unlimited ] || [ "$limit" -gt $((readers + 200)) ] ||
  die "$readers connections need as many open files, and the limit is $limit: raise it (ulimit -Hn) or take fewer"

out=${OUT:-$(mktemp -d)}
mkdir -p "$out"
pid=

# shellcheck disable=SC2329 # called by trap
cleanup() {
  stop
  [ -n "${OUT:-}" ] || rm -rf "$out"
}
stop() {
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
}
trap cleanup EXIT

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

wait_port() {
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  cat "$2" >&2
  die "nothing listens on port $1"
}

start_lightstick() {
  rm -rf "$out/data"
  "$lightstick" serve --role chat --data "$out/data" --set admin.listen= --set http.listen="127.0.0.1:$1" --set chat.guests=write \
    --set chat.rate_limit=off --set chat.room_rate_limit=off --set chat.sample_above=0 --set chat.connect_rate=0 \
    --set http.max_connections=$((readers + 100)) &>"$out/lightstick.log" &
  pid=$!
}

start_centrifugo() {
  cat >"$out/centrifugo.config.json" <<EOF
{"log": {"level": "error"}, "http_server": {"address": "127.0.0.1", "port": $1},
 "client": {"allowed_origins": ["*"], "allow_anonymous_connect_without_token": true},
 "channel": {"namespaces": [{"name": "chat", "history_size": 200, "history_ttl": "1h", "force_recovery": true, "force_positioning": true,
  "allow_subscribe_for_client": true, "allow_subscribe_for_anonymous": true, "allow_publish_for_client": true, "allow_publish_for_anonymous": true}]}}
EOF
  "$CENTRIFUGO" --config "$out/centrifugo.config.json" &>"$out/centrifugo.log" &
  pid=$!
}

# try SERVER RATE ROUND: one server, all its readers.
try() {
  local port report=$out/$1-$2-$3
  port=$(free_port)
  say "$1, $2 messages/s, round $3"
  "start_$1" "$port"
  wait_port "$port" "$out/$1.log"
  sleep 1
  # What goes wrong is in the report.
  "$lightstick" loadtest chat --url "ws://127.0.0.1:$port/connection/websocket" --conns "$readers" --rate "$2" --for "${seconds}s" \
    --ramp 0s --pid "$pid" --json "$report.json" >"$report.txt" 2>"$report.err" || true
  stop
  [ -s "$report.json" ] || { tail -3 "$report.err" "$out/$1.log" >&2; die "$1 could not be measured"; }
}

# mean SERVER RATE KEY [SCALE]: of all rounds.
mean() {
  local report
  for report in "$out/$1-$2"-*.json; do
    awk -v section="${3%.*}" -v key="${3#*.}" 'index($0, "\"" section "\": {") || section == key { inside = 1 }
      inside && index($0, "\"" key "\":") { sub(/.*: /, ""); sub(/,$/, ""); print; exit }' "$report"
  done | awk -v scale="${4:-1}" '{ sum += $1; n++ } END { print n ? sum / n * scale : 0 }'
}

# row NAME FORMAT RATE KEY [SCALE]
row() {
  awk -v name="$1" -v format="$2" -v a="$(mean lightstick "$3" "$4" "${5:-1}")" -v b="$(mean centrifugo "$3" "$4" "${5:-1}")" 'BEGIN {
    printf "| %-34s | %10s | %10s | %5s |\n", name, sprintf(format, a), sprintf(format, b), (b > 0 ? sprintf("%.2f", a / b) : "-") }'
}

table() {
  printf '\n%s readers in one room, %s messages/s for %s s, %s rounds each, %s cores\n\n' "$readers" "$1" "$seconds" "$rounds" "$(nproc)"
  printf '| %-34s | %10s | %10s | %5s |\n|---|---|---|---|\n' "" Lightstick Centrifugo ratio
  row "CPU s per million deliveries" %.2f "$1" server.cpu_seconds_per_million
  row "kB per idle connection" %.1f "$1" server.bytes_per_connection 0.001
  row "kB per connection at the peak" %.1f "$1" server.peak_bytes_per_connection 0.001
  row "connects/s" %.0f "$1" connects_per_second.connects_per_second
  row "fan-out p50, ms" %.0f "$1" latency_ms.p50
  row "fan-out p99, ms" %.0f "$1" latency_ms.p99
  row "fan-out max, ms" %.0f "$1" latency_ms.max
  row "deliveries/s" %.0f "$1" deliveries_per_second.deliveries_per_second
  row "messages in a frame" %.2f "$1" deliveries_per_frame.deliveries_per_frame
  row "lost" %.0f "$1" lost.lost
  row "cores that anything else took" %.2f "$1" server.other_cores
}

for rate in "${rates[@]}"; do
  for round in $(seq "$rounds"); do
    try lightstick "$rate" "$round"
    try centrifugo "$rate" "$round"
  done
done
for rate in "${rates[@]}"; do table "$rate"; done
