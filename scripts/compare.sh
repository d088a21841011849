#!/usr/bin/env bash
# Compares Lightstick with MediaMTX on this machine: the same publisher, the same
# viewers, 200 ms parts and 2 s segments for both, one after the other.
#
#   MEDIAMTX=path/to/mediamtx scripts/compare.sh [VIEWERS] [SECONDS]
#
# MediaMTX's binaries are at https://github.com/bluenviron/mediamtx/releases.
# The stream is H.264 at 2.9 Mbit/s, 720p30 with a keyframe each 2 s, and AAC at
# 128 kbit/s, encoded once beforehand, so that the publisher costs next to nothing.
# Viewers and server share the machine's cores: figures of the CPU are comparable,
# those of the spread only while there is CPU left. If anything else on the machine
# takes much of it meanwhile, a server's turn is repeated, and the quietest counts.
#
# LIGHTSTICK  the binary (bin/lightstick)
# LOADTEST    the binary that plays the viewers (LIGHTSTICK)
# STREAMS     how many publishers there are (1); the viewers watch the first one
# OUT         keeps reports and logs there (a temporary directory, removed)
set -euo pipefail

viewers=${1:-500}
seconds=${2:-30}
streams=${STREAMS:-1}
before=20
after=5
tries=3
quiet=$(awk -v n="$streams" 'BEGIN { print 0.25 + 0.01 * (n - 1) }') # cores that other processes may take, publishers included
lightstick=${LIGHTSTICK:-bin/lightstick}
loadtest=${LOADTEST:-$lightstick}

die() { echo "compare: $*" >&2; exit 2; }
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

[ -n "${MEDIAMTX:-}" ] || die "set MEDIAMTX to its binary; see https://github.com/bluenviron/mediamtx/releases"
for program in "$MEDIAMTX" "$lightstick" "$loadtest" ffmpeg; do
  command -v "$program" >/dev/null || die "$program is missing"
done

out=${OUT:-$(mktemp -d)}
mkdir -p "$out"
pids=()

# shellcheck disable=SC2329 # called by trap
cleanup() {
  stop
  [ -n "${OUT:-}" ] || rm -rf "$out"
}
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap cleanup EXIT

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

encode() {
  [ -f "$out/clip.flv" ] && return
  say "encoding 20 s once"
  ffmpeg -loglevel error -y -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 \
    -t 20 -vf noise=alls=12:allf=t -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p \
    -b:v 2900k -maxrate 2900k -bufsize 1450k -g 60 -keyint_min 60 -sc_threshold 0 -c:a aac -b:a 128k -ac 2 "$out/clip.flv"
}

# run NAME HTTP_PORT RTMP_PORT COMMAND…: a server's turn, until one is quiet.
run() {
  local name=$1 others best=
  for _ in $(seq "$tries"); do
    try "$@"
    others=$(value try server other_cores)
    if [ -z "$best" ] || less "$others" "$best"; then
      best=$others
      mv "$out/try.json" "$out/$name.json"
      mv "$out/try.txt" "$out/$name.txt"
    fi
    less "$best" "$quiet" && return
    say "other processes took $others cores"
  done
}

less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

# try NAME HTTP_PORT RTMP_PORT COMMAND…: a server, its publisher, its viewers.
try() {
  local name=$1 http=$2 rtmp=$3 server stream
  local url=http://127.0.0.1:$http/live/bench/index.m3u8
  shift 3
  say "$name"
  rm -f "$out/try.json"
  "$@" >"$out/$name.log" 2>&1 &
  server=$!
  pids+=("$server")
  wait_port "$rtmp" "$name"
  wait_port "$http" "$name"
  for stream in bench $(seq -f 'other%g' 2 "$streams"); do
    ffmpeg -loglevel error -re -stream_loop -1 -i "$out/clip.flv" -c copy -f flv "rtmp://127.0.0.1:$rtmp/live/$stream" \
      >>"$out/$name.ffmpeg.log" 2>&1 &
    pids+=($!)
  done
  sleep 15 # the playlist's window fills
  "$loadtest" loadtest hls --url "$url" --viewers "$viewers" --duration "${seconds}s" --pid "$server" \
    --before "${before}s" --after "${after}s" --json "$out/try.json" >"$out/try.txt" || true # its errors are in the report
  [ -s "$out/try.json" ] || { tail "$out/$name.log" "$out/$name.ffmpeg.log" >&2; die "$name could not be measured"; }
  stop
}

wait_port() {
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  cat "$out/$2.log" >&2
  die "$2 doesn't listen on port $1"
}

run_lightstick() {
  local http rtmp
  http=$(free_port) rtmp=$(free_port)
  run lightstick "$http" "$rtmp" "$lightstick" serve --data "$out/data" \
    --set http.listen="127.0.0.1:$http" --set rtmp.listen="127.0.0.1:$rtmp" --set admin.listen= --set srt.listen= --set rtsp.listen= --set webrtc.listen= \
    --set publish.open=true --set hls.part_duration=200ms --set transcode.ladder=off
}

run_mediamtx() {
  local http rtmp
  http=$(free_port) rtmp=$(free_port)
  cat >"$out/mediamtx.yml" <<EOF
logLevel: warn
rtsp: no
srt: no
webrtc: no
rtmpAddress: 127.0.0.1:$rtmp
hlsAddress: 127.0.0.1:$http
hlsVariant: lowLatency
hlsPartDuration: 200ms
hlsSegmentDuration: 2s
hlsAlwaysRemux: yes
paths:
  all_others:
EOF
  # Older versions know no moq and refuse it in the file.
  run mediamtx "$http" "$rtmp" env MTX_MOQ=no "$MEDIAMTX" "$out/mediamtx.yml"
}

# value REPORT SECTION KEY: a number of the JSON; SECTION "" for the outermost.
value() {
  awk -v section="$2" -v key="$3" '
    section == "" || index($0, "\"" section "\": {") { inside = 1 }
    inside && index($0, "\"" key "\":") { sub(/.*: /, ""); sub(/,$/, ""); print; exit }' "$out/$1.json"
}

# row NAME FORMAT SECTION KEY [SCALE [MINUS]]: one line of the table. MINUS is a key
# of the same section that is subtracted.
row() {
  local values=() server number less
  for server in lightstick mediamtx; do
    number=$(value "$server" "$3" "$4") less=0
    [ -z "${6:-}" ] || less=$(value "$server" "$3" "$6")
    values+=("$(awk -v n="$number" -v less="$less" -v scale="${5:-1}" 'BEGIN { print (n - less) * scale }')")
  done
  awk -v name="$1" -v format="$2" -v a="${values[0]}" -v b="${values[1]}" 'BEGIN {
    printf "| %-38s | %10s | %10s | %6s |\n", name, sprintf(format, a), sprintf(format, b), (a > 0 ? sprintf("%.2f", b / a) : "-") }'
}

table() {
  printf '\n%s streams, %s viewers for %s s, %s cores\n\n' "$streams" "$viewers" "$seconds" "$(nproc)"
  printf '| %-38s | %10s | %10s | %6s |\n|---|---|---|---|\n' "" Lightstick MediaMTX ratio
  row "CPU s per 1,000 viewer-seconds" %.3f server cpu_seconds_per_1000_viewer_seconds
  row "CPU µs per request" %.1f server cpu_us_per_request
  row "requests/s" %.0f "" requests_per_second
  row "Mbit/s" %.0f "" megabits_per_second
  row "spread p99, ms" %.1f spread_ms p99
  row "spread max, ms" %.1f spread_ms max
  row "first part p99, ms" %.1f first_part_ms p99
  row "latency p50, ms" %.1f latency_ms p50
  row "RSS per viewer, kB" %.1f server rss_peak_bytes "$(awk -v n="$viewers" 'BEGIN { print 1 / n / 1000 }')" rss_start_bytes
  row "RSS before viewers, MB" %.1f server rss_start_bytes 1e-6
  row "cores after viewers left, %" %.1f server cores_after 100
  row "cores with no viewers over $before s, %" %.1f server cores_before 100
  row "cores that anything else took, %" %.0f server other_cores 100
  row "errors" %d "" error_count
  row "stalls" %d "" stalls
}

encode
run_lightstick
run_mediamtx
for server in lightstick mediamtx; do
  printf '\n%s\n' "$server"
  cat "$out/$server.txt"
done
table
