#!/usr/bin/env bash
# Runs the tests of the whole workspace; `make test` prepares what they need. Arguments go to the test runner:
#   scripts/test.sh -p order-service
set -euo pipefail
cd "$(dirname "$0")/.."

scope=("$@")
[ ${#scope[@]} -gt 0 ] || scope=(--workspace)
if cargo nextest --version >/dev/null 2>&1; then
  profile=default
  [ "${CI:-}" != true ] || profile=ci
  exec cargo nextest run --locked --profile "$profile" "${scope[@]}"
fi
echo "cargo-nextest is not installed: running cargo test" >&2
exec cargo test --locked --no-fail-fast "${scope[@]}"
