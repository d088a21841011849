#!/usr/bin/env bash
# Installs the programs that are missing, by apt-get or go, and says so.
#
#   scripts/install.sh ffmpeg node chromium versitygw …
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.tools/bin

need_node=18

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

have() {
  case $1 in
    node) command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge $need_node ] ;;
    chromium) command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] ;;
    xvfb) command -v Xvfb >/dev/null ;;
    nginx | varnishd | haproxy) PATH=$PATH:/usr/sbin command -v "$1" >/dev/null ;;
    versitygw) [ -x "$tools/versitygw" ] || command -v versitygw >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

debian() {
  case $1 in
    node) echo nodejs npm ;;
    obs) echo obs-studio libgl1-mesa-dri ;;
    import) echo imagemagick ;;
    varnishd) echo varnish ;;
    *) echo "$1" ;;
  esac
}

# What no package has is built from its source, at a fixed version.
source_of() {
  case $1 in
    versitygw) echo github.com/versity/versitygw/cmd/versitygw@v1.8.0 ;;
  esac
}

for program in "$@"; do
  source=$(source_of "$program")
  if [ -n "$source" ] && ! have "$program"; then
    say "building $source into .tools/bin (about a minute)"
    GOBIN=$tools go install "$source"
  fi
done

missing=()
for program in "$@"; do
  have "$program" || missing+=("$program")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if command -v apt-get >/dev/null; then
  packages=()
  for program in "${missing[@]}"; do
    read -ra names <<<"$(debian "$program")"
    packages+=("${names[@]}")
  done
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  say "installing with apt-get: ${packages[*]}"
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
else
  echo "please install: ${missing[*]} (apt-get is not here: Debian and Ubuntu have it)" >&2
  exit 1
fi

for program in "${missing[@]}"; do
  have "$program" || { echo "$program is still missing or too old after the installation" >&2; exit 1; }
done
