#!/usr/bin/env bash
# Run a real OBS Studio on a virtual display and stream to a custom server.
#
#   obs-stream.sh SERVER_URL KEY SECONDS [SCREENSHOT.png]
#
#   obs-stream.sh rtmp://127.0.0.1:1935/live mykey 20
#   obs-stream.sh 'srt://127.0.0.1:8890?streamid=publish:mykey' '' 20 obs.png
#
# SECONDS counts from the moment OBS reports that the stream is running.
# Exit status: 0 streamed for SECONDS and quit on request, 1 it did not stream
# (the tail of OBS's log goes to stderr), 2 wrong usage, 3 something is missing.
#
# Settings, by environment:
#   OBS_SIZE          picture size (1280x720)
#   OBS_FPS           frames per second (30)
#   OBS_VIDEO_KBPS    video bitrate (2500)
#   OBS_AUDIO_KBPS    AAC bitrate (160)
#   OBS_KEYINT        keyframe interval in seconds; 0 is OBS's default, "auto" (2)
#   OBS_PRESET        x264 preset (veryfast)
#   OBS_TUNE          x264 tune; empty is OBS's default, with B-frames (zerolatency)
#   OBS_PROFILE       x264 profile; empty is OBS's default (empty)
#   OBS_X264OPTS      further x264 options; "scenecut=0" keeps keyframes strictly
#                     even, else the clip's start adds one on every loop (empty)
#   OBS_CLIP_SECONDS  length of the looped test clip (10)
#   OBS_START_LIMIT   seconds OBS may take to get the stream running (60)
#   OBS_LOG           where to keep a copy of OBS's log (not kept)
set -euo pipefail

usage() {
  echo "usage: ${0##*/} SERVER_URL KEY SECONDS [SCREENSHOT.png]" >&2
  exit 2
}

[[ $# -ge 3 && $# -le 4 && $3 =~ ^[1-9][0-9]*$ ]] || usage
server=$1 key=$2 seconds=$3 shot=${4:-}

size=${OBS_SIZE:-1280x720}
fps=${OBS_FPS:-30}
video_kbps=${OBS_VIDEO_KBPS:-2500}
audio_kbps=${OBS_AUDIO_KBPS:-160}
keyint=${OBS_KEYINT:-2}
preset=${OBS_PRESET:-veryfast}
tune=${OBS_TUNE-zerolatency}
profile=${OBS_PROFILE:-}
x264opts=${OBS_X264OPTS:-}
clip_seconds=${OBS_CLIP_SECONDS:-10}
start_limit=${OBS_START_LIMIT:-60}
width=${size%x*} height=${size#*x}

needed=(obs Xvfb ffmpeg)
[[ -z $shot ]] || needed+=(import)
for tool in "${needed[@]}"; do
  command -v "$tool" >/dev/null || { echo "missing program: $tool" >&2; exit 3; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/obs-stream.XXXXXX")
log=$work/obs.log
xvfb_pid='' obs_pid=''

now_ms() { date +%s%3N; }

alive() { [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; }

# Ask politely first, then insist. Never touches anything but the given pid.
stop() { # pid signal seconds
  local pid=$1 signal=$2 tries=$(($3 * 10))
  alive "$pid" || return 0
  kill -s "$signal" "$pid" 2>/dev/null || true
  while ((tries-- > 0)); do
    alive "$pid" || return 0
    sleep 0.1
  done
  return 1
}

cleanup() {
  local status=$?
  trap - EXIT
  stop "$obs_pid" INT 10 || stop "$obs_pid" KILL 5 || true
  stop "$xvfb_pid" TERM 5 || stop "$xvfb_pid" KILL 5 || true
  [[ -z ${OBS_LOG:-} || ! -f $log ]] || cp -- "$log" "$OBS_LOG" || true
  rm -rf -- "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "obs-stream: $*" >&2
  if [[ -s $log ]]; then
    echo '--- end of the OBS log ---' >&2
    tail -n 40 "$log" >&2
  fi
  exit 1
}

json() { # a JSON string literal for one line of text
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# --- a private home, so that no user's OBS settings are read or changed ------

export HOME=$work/home
export XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
export XDG_DATA_HOME=$work/data XDG_RUNTIME_DIR=$work/run
conf=$XDG_CONFIG_HOME/obs-studio
profile_dir=$conf/basic/profiles/Test
mkdir -p "$HOME" "$XDG_CACHE_HOME" "$XDG_DATA_HOME" "$profile_dir" "$conf/basic/scenes"
mkdir -m 700 "$XDG_RUNTIME_DIR"

# The preview costs a second software rendering of the scene: only draw it
# when somebody wants to look at it.
preview=false
[[ -z $shot ]] || preview=true

# FirstRun and LastVersion keep the setup wizard away. ConfirmOnExit must be
# off, or OBS would ask a question on quitting while it streams.
cat >"$conf/global.ini" <<INI
[General]
FirstRun=true
LastVersion=486539266
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
EnableAutoUpdates=false
ConfirmOnExit=false
Language=en-US
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
ConfigOnNewProfile=false
[BasicWindow]
PreviewEnabled=$preview
SysTrayEnabled=false
WarnBeforeStartingStream=false
WarnBeforeStoppingStream=false
[Video]
Renderer=OpenGL
[OBSWebSocket]
FirstLoad=false
ServerEnabled=false
INI

# Reconnect is off so that a refused or dropped stream is an error right away.
cat >"$profile_dir/basic.ini" <<INI
[General]
Name=Test
[Video]
BaseCX=$width
BaseCY=$height
OutputCX=$width
OutputCY=$height
FPSType=1
FPSInt=$fps
[Audio]
SampleRate=48000
ChannelSetup=Stereo
[Output]
Mode=Advanced
Reconnect=false
[AdvOut]
Encoder=obs_x264
TrackIndex=1
Track1Bitrate=$audio_kbps
ApplyServiceSettings=false
INI

# "Custom" is the service for every hand-written address, SRT included.
cat >"$profile_dir/service.json" <<JSON
{"type": "rtmp_custom",
 "settings": {"server": $(json "$server"), "key": $(json "$key"),
              "use_auth": false, "bwtest": false}}
JSON

cat >"$profile_dir/streamEncoder.json" <<JSON
{"rate_control": "CBR", "bitrate": $video_kbps, "buffer_size": $video_kbps,
 "keyint_sec": $keyint, "preset": $(json "$preset"), "tune": $(json "$tune"),
 "profile": $(json "$profile"), "x264opts": $(json "$x264opts")}
JSON

# --- something that moves and sounds -----------------------------------------

# PCM rather than AAC, so that the sound loops without a gap.
clip=$work/clip.mkv
ffmpeg -nostdin -v error \
  -f lavfi -i "testsrc2=size=$size:rate=$fps" \
  -f lavfi -i 'sine=frequency=440:beep_factor=2:sample_rate=48000' \
  -t "$clip_seconds" -pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune fastdecode -g "$fps" \
  -c:a pcm_s16le -ac 2 "$clip" || fail 'could not make the test clip'

cat >"$conf/basic/scenes/Test.json" <<JSON
{"name": "Test",
 "current_scene": "Scene",
 "current_program_scene": "Scene",
 "scene_order": [{"name": "Scene"}],
 "current_transition": "Cut",
 "transitions": [],
 "groups": [],
 "sources": [
  {"id": "ffmpeg_source", "versioned_id": "ffmpeg_source", "name": "Clip",
   "enabled": true, "muted": false, "volume": 1.0, "mixers": 255, "flags": 0,
   "settings": {"is_local_file": true, "local_file": $(json "$clip"),
                "looping": true, "restart_on_activate": true,
                "hw_decode": false}},
  {"id": "scene", "versioned_id": "scene", "name": "Scene",
   "settings": {"id_counter": 1, "custom_size": false, "items": [
     {"id": 1, "name": "Clip", "visible": true, "locked": false,
      "pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0},
      "rot": 0.0, "align": 5, "bounds_type": 0}]}}
 ]}
JSON

# --- a display ----------------------------------------------------------------

# -displayfd lets Xvfb choose a free number and say when it is ready.
display_file=$work/display
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp +extension GLX -noreset \
  3>"$display_file" >"$work/xvfb.log" 2>&1 &
xvfb_pid=$!
for ((i = 0; i < 100; i++)); do
  [[ ! -s $display_file ]] || break
  alive "$xvfb_pid" || break
  sleep 0.1
done
[[ -s $display_file ]] || { cat "$work/xvfb.log" >&2; fail 'Xvfb did not start'; }
DISPLAY=:$(<"$display_file")
export DISPLAY

# --- OBS ------------------------------------------------------------------------

unset WAYLAND_DISPLAY SESSION_MANAGER XAUTHORITY
export QT_QPA_PLATFORM=xcb
export LIBGL_ALWAYS_SOFTWARE=1
# Addresses where nobody answers: otherwise the libraries would start a message
# bus or a sound server of their own, which would outlive OBS.
export DBUS_SESSION_BUS_ADDRESS=unix:path=$work/no-bus
export PULSE_SERVER=unix:$work/no-sound

ulimit -c 0 # see below: no core files for a harmless crash
started_ms=$(now_ms)
obs --multi --startstreaming --profile Test --collection Test --scene Scene \
  --disable-missing-files-check >"$log" 2>&1 &
obs_pid=$!
# After an SRT stream OBS 29 crashes in libsrt at its very end, with everything
# sent and closed. Keep bash from reporting that as an error.
disown "$obs_pid"

is_started() { grep -q '==== Streaming Start ====' "$log"; }
is_stopped() { grep -q '==== Streaming Stop ====' "$log"; }

# When the connection cannot be made, OBS logs why and then waits for somebody
# to press OK.
is_refused() { grep -qE "(rtmp stream|mpegts).*([Ff]ailed|[Cc]ould not|refused)" "$log"; }

deadline=$((started_ms + start_limit * 1000))
until is_started; do
  alive "$obs_pid" || fail 'OBS ended before the stream started'
  ! is_refused || fail 'OBS could not connect'
  (($(now_ms) < deadline)) || fail "no stream after $start_limit s"
  sleep 0.1
done
running_ms=$(now_ms)
echo "obs-stream: streaming after $((running_ms - started_ms)) ms"

finish=$((running_ms + seconds * 1000))
shot_at=$((running_ms + seconds * 500)) # half-way
while (($(now_ms) < finish)); do
  alive "$obs_pid" || fail 'OBS ended while streaming'
  ! is_stopped || fail 'the stream stopped early'
  if [[ -n $shot ]] && (($(now_ms) >= shot_at)); then
    import -window root -trim +repage "$shot" || fail 'could not take the screenshot'
    shot=''
  fi
  sleep 0.1
done

stop "$obs_pid" INT 20 || fail 'OBS did not quit when asked'
grep -q 'Total frames output' "$log" || fail 'OBS quit without ending the stream'

streamed=$(($(now_ms) - running_ms))
echo "obs-stream: streamed for about $streamed ms"
grep -E 'Total (frames output|drawn frames)|(lagged|skipped|dropped) frames' "$log" || true
