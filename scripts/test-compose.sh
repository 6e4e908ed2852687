#!/usr/bin/env bash
# Runs the `embedded` profile on a real container engine, without any image registry: an order, its trace and its logs through
# the engine's socket, a restart, a backup, a restore into empty volumes, and a clean end. `make test-compose`, as root, on a
# machine with docker.io, docker-compose and debootstrap; takes a minute or two beside the build of the program.
#
#   BINARY=target/release/monitoring-stack     the program that goes into the image
#   LAB=/tmp/…                                 where engine, base image and volumes live; removed at the end unless KEEP=1
#   PORTS_FREE=1                               skips the check that the stack's usual ports are free
#
# An engine of its own is started, beside one that may be running. Base images are made with debootstrap from Debian's mirror.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${BINARY:-target/release/monitoring-stack}
lab=${LAB:-$(mktemp -d /tmp/test-compose.XXXXXX)}
bridge=mslab$((RANDOM % 1000))
docker=$(PATH=/usr/bin:$PATH command -v docker)
started=$SECONDS
daemon=

say() { printf '%4d s  %s\n' $((SECONDS - started)) "$1"; }
fail() {
  say "FAILED: $1"
  exit 1
}

for tool in dockerd debootstrap docker-compose ip curl jq; do
  command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install docker.io docker-compose debootstrap iproute2 curl jq"
done
[ "$(id -u)" = 0 ] || fail "an engine can only be started by root"
[ -x "$binary" ] || fail "there is no program at $binary: make build, or BINARY=…"
if [ -z "${PORTS_FREE:-}" ] && ss -Hltn | grep -qE ':(3000|3100|3200|4317|4318|808[1-4]|9080)\b'; then
  fail "one of the stack's ports is in use"
fi

export DOCKER_HOST=unix://$lab/engine.sock
export COMPOSE_PROJECT_NAME=mslab PROFILE=embedded STACK_IMAGE=mslab/monitoring-stack:test
export POSTGRES_IMAGE=mslab/postgres:test DOCKER_SOCKET=$lab/engine.sock COMPOSE_DOCKER_CLI_BUILD=0 WAIT=${WAIT:-240}
PATH=$(dirname "$docker"):$PATH

cleanup() {
  local status=$?
  if [ $status -ne 0 ]; then
    scripts/compose.sh status || true
    FOLLOW=0 LINES=15 scripts/compose.sh logs 2>&1 | tail -n 80 || true
  fi
  YES=1 scripts/compose.sh clean >/dev/null 2>&1 || true
  if [ -n "$daemon" ]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    ip link delete "$bridge" 2>/dev/null || true
  fi
  if [ -z "${KEEP:-}" ]; then rm -rf "$lab/engine" "$lab/exec" "$lab/context" "$lab"/*.tar.zst "$lab/root"; fi
  exit $status
}
trap cleanup EXIT

start_engine() {
  ip link add name "$bridge" type bridge
  ip address add 172.31.$((RANDOM % 200 + 20)).1/24 dev "$bridge"
  ip link set "$bridge" up
  dockerd --data-root "$lab/engine" --exec-root "$lab/exec" --pidfile "$lab/engine.pid" -H "$DOCKER_HOST" \
    --bridge "$bridge" ${STORAGE:+--storage-driver "$STORAGE"} >"$lab/engine.log" 2>&1 &
  daemon=$!
  for _ in $(seq 120); do
    docker version >/dev/null 2>&1 && return
    kill -0 $daemon 2>/dev/null || break
    sleep 0.5
  done
  tail -n 20 "$lab/engine.log"
  fail "the engine does not start"
}

make_images() {
  if ! docker image inspect mslab/debian:test >/dev/null 2>&1; then
    [ -d "$lab/root/etc" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$lab/root" \
      "${MIRROR:-http://deb.debian.org/debian}" >"$lab/debootstrap.log"
    tar -C "$lab/root" --exclude ./var/cache/apt/archives/* -c . | docker import - mslab/debian:test >/dev/null
    rm -rf "$lab/root"
  fi
  say "base image"
  # Stands in for the official image of PostgreSQL: the same variables, the same folder.
  docker image inspect mslab/postgres:test >/dev/null 2>&1 ||
    docker build --network host -q -t mslab/postgres:test scripts/test-compose >/dev/null
  say "PostgreSQL"
  mkdir -p "$lab/context"
  cp -r Dockerfile infrastructure "$lab/context"
  cp "$binary" "$lab/context/monitoring-stack"
  strip --strip-debug "$lab/context/monitoring-stack"
  DOCKER_BUILDKIT=0 docker build -q --target prebuilt --build-arg BASE_RUNTIME=mslab/debian:test --build-arg BINARY=monitoring-stack \
    -t "$STACK_IMAGE" "$lab/context" >/dev/null
  rm -rf "$lab/context"
  say "image of $(docker image inspect --format '{{.Size}}' "$STACK_IMAGE" | numfmt --to=si)B, $(docker image inspect --format '{{.Size}}' mslab/debian:test | numfmt --to=si)B of which are the base"
}

# Asks until the answer contains a text.
until_found() {
  local what=$1 text=$2
  shift 2
  for _ in $(seq 240); do
    if curl -fsS "$@" 2>/dev/null | grep -qF "$text"; then
      say "$what"
      return
    fi
    sleep 0.5
  done
  curl -sS "$@" | head -c 2000
  fail "not found: $what"
}

place_order() {
  local headers
  headers=$(curl -fsS -D - -o "$lab/order.json" -X POST localhost:8083/orders -d '{"user_id":1,"products":[{"id":1,"quantity":2}]}')
  trace=$(grep -i '^x-trace-id:' <<<"$headers" | tr -d '\r' | cut -d' ' -f2)
  order=$(jq -r '.id // .order.id // .order_id' "$lab/order.json")
  [ -n "$trace" ] && [ "$order" != null ] || fail "no order was placed"
  say "order $order, trace $trace"
}

find_telemetry() {
  for service in order-service user-service product-service; do
    until_found "trace has $service" "$service" "localhost:3200/api/v2/traces/$trace"
  done
  until_found "log lines through the engine's socket" "$trace" -G localhost:3100/loki/api/v1/query_range \
    --data-urlencode "query={job=\"ecommerce\", service_name=\"order-service\"} |= \"$trace\""
}

start_engine
say "engine $(docker version --format '{{.Server.Version}}')"
make_images
make --no-print-directory up MODE=compose
say "up and healthy"
make --no-print-directory health MODE=compose
place_order
find_telemetry
make --no-print-directory test-endpoints MODE=compose
user=$(docker inspect --format '{{.Config.User}}' "$(docker ps -q --filter label=com.docker.compose.service=order-service)")
[ "$user" = 10001:10001 ] || fail "order-service runs as $user"

make --no-print-directory restart MODE=compose
say "restarted"
find_telemetry
until_found "the order is still there" "\"id\":$order" "localhost:8083/orders/$order"

make --no-print-directory backup MODE=compose FILE="$lab/backup.tar.zst"
say "backed up"
make --no-print-directory clean MODE=compose YES=1
make --no-print-directory restore MODE=compose FILE="$lab/backup.tar.zst"
say "restored into empty volumes"
find_telemetry
until_found "the order came back" "\"id\":$order" "localhost:8083/orders/$order"
make --no-print-directory test-endpoints MODE=compose >/dev/null
head -c 5000 "$lab/backup.tar.zst" >"$lab/cut.tar.zst"
! make --no-print-directory restore MODE=compose FORCE=1 FILE="$lab/cut.tar.zst" || fail "a damaged archive was accepted"
say "a damaged archive is refused"

make --no-print-directory down MODE=compose
[ -z "$(docker ps -aq)" ] || fail "containers are left"
[ -n "$(docker volume ls -q)" ] || fail "down deleted the volumes"
say "down; all is well"
