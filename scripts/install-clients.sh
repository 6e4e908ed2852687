#!/usr/bin/env bash
# Installs the clients that the stores are tested with (tests/clients) into target/clients: a Python environment and
# npm's packages, at the versions and with the checksums of the lock files. Says nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=tests/clients/python/requirements.txt
node=tests/clients/node
folder=${CARGO_TARGET_DIR:-target}/clients

fail() {
  echo "$1" >&2
  exit 1
}

# What decides whether something has to be installed again.
state() {
  cat "$1"
  shift
  "$@"
}

is_current() { [ -f "$folder/$1.installed" ] && [ "$(cat "$folder/$1.installed")" = "$2" ]; }

make_environment() {
  rm -rf "$folder/venv"
  if python3 -m venv "$folder/venv" >"$folder/venv.log" 2>&1; then
    return
  fi
  # Some systems ship Python without its own way to make environments.
  rm -rf "$folder/venv"
  if { python3 -m virtualenv --version || python3 -m pip install --quiet --target "$folder/virtualenv" virtualenv; } \
    >>"$folder/venv.log" 2>&1 &&
    PYTHONPATH=$folder/virtualenv python3 -m virtualenv --quiet "$folder/venv" >>"$folder/venv.log" 2>&1; then
    return
  fi
  cat "$folder/venv.log" >&2
  fail "Python cannot make an environment: install its venv module (Debian: apt-get install python3-venv)"
}

install_python() {
  local wanted
  wanted=$(state "$requirements" python3 --version | sha256sum)
  is_current venv "$wanted" && return
  rm -f "$folder/venv.installed"
  echo "installing the Python clients of the tests"
  make_environment
  "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r "$requirements" ||
    fail "the Python packages of $requirements cannot be installed"
  echo "$wanted" >"$folder/venv.installed"
}

install_node() {
  local wanted
  wanted=$(state "$node/package-lock.json" node --version | sha256sum)
  is_current node_modules "$wanted" && return
  rm -f "$folder/node_modules.installed"
  echo "installing the Node clients of the tests"
  cp "$node/package.json" "$node/package-lock.json" "$folder"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
    fail "the packages of $node/package-lock.json cannot be installed"
  echo "$wanted" >"$folder/node_modules.installed"
}

command -v python3 >/dev/null || fail "python3 is missing: run make install-tools"
command -v npm >/dev/null || fail "npm is missing: run make install-tools"
mkdir -p "$folder"
install_python
install_node
