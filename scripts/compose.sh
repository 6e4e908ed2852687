#!/usr/bin/env bash
# What `make … MODE=compose` does: the targets of the native mode, for containers.
#
#   scripts/compose.sh up|down|restart|status|logs|logs-service|health|test-endpoints|build|dev|clean|backup|restore
#
# PROFILE=grafana|embedded chooses who stores and shows telemetry (default: COMPOSE_PROFILES in .env). SERVICE, LINES, FOLLOW,
# FILE and YES are those of the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${PROFILE:-}" ]; then export COMPOSE_PROFILES=$PROFILE; fi
profile=${COMPOSE_PROFILES:-$(sed -n 's/^COMPOSE_PROFILES=//p' .env)}
project=${COMPOSE_PROJECT_NAME:-$(sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env)}
image=${STACK_IMAGE:-monitoring-stack:0.1.0}
waiting_s=${WAIT:-180}

fail() {
  echo "error: $1" >&2
  exit 1
}

case $profile in
  grafana) stores=(grafana loki tempo prometheus) ;;
  embedded) stores=(log-store trace-store dashboard-server) ;;
  *) fail "PROFILE is grafana or embedded, not '$profile'" ;;
esac

if docker compose version >/dev/null 2>&1; then
  compose() { docker compose "$@"; }
elif command -v docker-compose >/dev/null; then
  compose() { docker-compose "$@"; }
else
  fail "neither 'docker compose' nor docker-compose is there (Debian: apt-get install docker.io docker-compose)"
fi

# In either profile a component may be called by the product's name or by ours.
service_called() {
  case $profile:$1 in
    embedded:loki) echo log-store ;;
    embedded:tempo) echo trace-store ;;
    embedded:grafana) echo dashboard-server ;;
    grafana:log-store) echo loki ;;
    grafana:trace-store) echo tempo ;;
    grafana:dashboard-server) echo grafana ;;
    *:promtail) echo collector ;;
    *) echo "$1" ;;
  esac
}

# name, state and health of each container
containers() {
  local ids
  ids=$(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # several ids
  docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}}' $ids | sort
}

is_well() { containers | awk '{ n++; if ($2 != "running" || $3 != "healthy") bad++ } END { exit !(n && !bad) }'; }

wait_until_well() {
  local deadline=$((SECONDS + waiting_s))
  until is_well; do
    if [ $SECONDS -ge $deadline ]; then
      health || true
      fail "not everything was healthy within $waiting_s s; see make logs MODE=compose"
    fi
    sleep 1
  done
}

has_image() { docker image inspect "$image" >/dev/null 2>&1; }

up() {
  has_image || build
  compose up -d --remove-orphans
  wait_until_well
  cat <<TEXT

everything is healthy

  http://localhost:3000          dashboards: admin / ${GF_SECURITY_ADMIN_PASSWORD:-admin123}
  http://localhost:8081 8082 8083    user-, product- and order-service
  http://localhost:3100          logs (Loki's API)
  http://localhost:3200          traces (Tempo's API), OTLP on 4317 and 4318
TEXT
}

# Once more if the engine has not yet let go of a container's end of the network.
take_down() { compose down --remove-orphans "$@" || { sleep 3 && compose down --remove-orphans "$@"; }; }

down() { take_down; }

restart() {
  if [ -n "${SERVICE:-}" ]; then compose restart "$(service_called "$SERVICE")"; else compose restart; fi
  wait_until_well
}

status() {
  compose ps
  echo
  local ids
  ids=$(docker ps -q --filter "label=com.docker.compose.project=$project")
  # shellcheck disable=SC2086 # several ids
  if [ -n "$ids" ]; then docker stats --no-stream $ids; else return 3; fi
}

logs() {
  local arguments=(--tail "${LINES:-100}")
  case ${FOLLOW:-1} in 0 | no) ;; *) arguments+=(-f) ;; esac
  compose logs "${arguments[@]}" "$@"
}

logs_service() {
  [ -n "${SERVICE:-}" ] || fail "say which one: make logs-service MODE=compose SERVICE=order-service"
  logs "$(service_called "$SERVICE")"
}

health() {
  containers | awk '
    BEGIN { printf "%-20s %-10s %-10s %s\n", "SERVICE", "STATE", "HEALTH", "RESTARTS" }
    { printf "%-20s %-10s %-10s %s\n", $1, $2, $3, $4; n++; if ($2 != "running" || $3 != "healthy") bad++ }
    END { if (!n) { print "nothing is running; start it with make up MODE=compose"; exit 3 } exit bad > 0 }'
}

# The ports are published on this machine, so the walk goes from here.
test_endpoints() { docker run --rm --network host --read-only --tmpfs /data "$image" test-endpoints; }

build() { compose build; }

dev() {
  build
  compose up -d --remove-orphans
  wait_until_well
}

clean() {
  if [ "${YES:-}" != 1 ]; then
    [ -t 0 ] || fail "clean deletes all volumes of $project: confirm with YES=1"
    read -r -p "Delete all volumes of $project (logs, traces, shop data, dashboards)? [y/N] " answer
    case $answer in y | Y | yes | s | S | si | sí) ;; *) fail "nothing was deleted" ;; esac
  fi
  take_down --volumes
}

tools() { compose run --rm -T --no-deps tools "$@"; }

# The originals are held for the moment their files are copied: what they have on disk is then what a crash would leave,
# which they recover from. Our own stores go on writing.
hold() { [ "$profile" != grafana ] || compose pause "${stores[@]}"; }
release() { [ "$profile" != grafana ] || compose unpause "${stores[@]}"; }

backup() {
  local file=${FILE:-backups/monitoring-stack-$(date -u +%Y%m%dT%H%M%SZ).tar.zst}
  mkdir -p "$(dirname "$file")"
  local extra=()
  [ "$profile" != grafana ] || extra=(--extra /originals)
  (umask 077 && : >"$file.partial")
  trap 'rm -f "$file.partial"; release 2>/dev/null || true' EXIT
  hold
  compose exec -T postgres pg_dump -U shop -d shop -Fc |
    tools backup - --database-dump /dev/stdin "${extra[@]}" >"$file.partial"
  release
  # Read once from end to end before it counts.
  tools restore - --check <"$file.partial"
  mv "$file.partial" "$file"
  trap - EXIT
  echo "backup written: $file ($(du -h "$file" | cut -f1))"
}

restore() {
  local file=${FILE:?say which one: make restore MODE=compose FILE=backups/….tar.zst}
  local force=() extra=()
  [ "${FORCE:-}" != 1 ] || force=(--force)
  [ "$profile" != grafana ] || extra=(--extra /originals)
  [ -f "$file" ] || fail "there is no $file"
  has_image || build
  tools restore - --check <"$file"
  compose stop user-service product-service order-service traffic-generator collector "${stores[@]}" || true
  local dump
  dump=$(mktemp)
  trap 'rm -f "$dump"' EXIT
  tools restore - --database-dump - "${force[@]}" "${extra[@]}" <"$file" >"$dump"
  compose up -d postgres
  local deadline=$((SECONDS + waiting_s))
  until compose exec -T postgres pg_isready -h 127.0.0.1 -U shop -d shop >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "PostgreSQL does not start"
    sleep 1
  done
  compose exec -T postgres pg_restore -U shop -d shop --clean --if-exists --no-owner --single-transaction <"$dump"
  rm -f "$dump"
  trap - EXIT
  up
}

case ${1:-} in
  up | down | restart | status | logs | health | build | dev | clean | backup | restore) "$1" ;;
  logs-service) logs_service ;;
  test-endpoints) test_endpoints ;;
  *) fail "unknown command '${1:-}'; see the beginning of $0" ;;
esac
