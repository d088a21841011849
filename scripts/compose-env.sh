#!/usr/bin/env bash
# Writes .env for docker-compose.yml: a random secret for each name below that has
# none yet. What is there stays as it is, so that it can run again after an upgrade.
#
#   scripts/compose-env.sh [FILE]
set -euo pipefail
file=${1:-$(dirname "$0")/../.env}

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
[ -e "$file" ] || : >"$file"
chmod 600 "$file"

add() { # name value
  ! grep -q "^$1=" "$file" || return 0
  printf '%s=%s\n' "$1" "$2" >>"$file"
  echo "$1 added to ${file##*/}"
}

add COMPOSE_PROFILES monitoring # without it: no Prometheus, Grafana and Pyroscope
add LIGHTSTICK_API_TOKEN "$(random)"
add LIGHTSTICK_CDN_SECRET "$(random)"
add S3_ACCESS_KEY lightstick
add S3_SECRET_KEY "$(random)"
add REDIS_PASSWORD "$(random)"
add GRAFANA_PASSWORD "$(random)"
