#!/usr/bin/env bash
# Checks the tools that a task needs and installs what is missing, through apt-get where there is one and the right to
# use it, else says what to do. Says nothing when all is there.
#
# usage: scripts/install-tools.sh [build|test|all]
#   build   what `make up` needs: Rust, Node, a C compiler
#   test    what `make test` needs besides: Chromium, PostgreSQL, Python with venv, curl, Prometheus, cargo-nextest
#   all     both, and says what was found
set -euo pipefail
cd "$(dirname "$0")/.."

want=${1:-all}
case $want in
  build | test | all) ;;
  *)
    echo "usage: $0 [build|test|all]" >&2
    exit 2
    ;;
esac

node_major=20
node_minor=19
packages=()  # Debian packages to install
advice=()    # what the user has to do

has() { command -v "$1" >/dev/null 2>&1; }

# Prints the first program of those named that exists.
first_of() {
  local program
  for program in "$@"; do
    if [ -n "$program" ] && has "$program"; then
      command -v "$program"
      return
    fi
  done
  return 1
}

node_is_recent() {
  has node && has npm && node -e "
    const [major, minor] = process.versions.node.split('.').map(Number);
    process.exit(major > $node_major || (major === $node_major && minor >= $node_minor) ? 0 : 1)"
}

# Whether apt would install a Node that is recent enough.
apt_node_is_recent() {
  local candidate
  candidate=$(apt-cache policy nodejs 2>/dev/null | awk '/Candidate:/ { print $2 }')
  [ -n "$candidate" ] && [ "$candidate" != "(none)" ] && dpkg --compare-versions "$candidate" ge "$node_major.$node_minor"
}

postgres_bin() {
  ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 | grep . || first_of initdb
}

# With one of these, scripts/install-clients.sh finds a way.
python_makes_environments() {
  has python3 && { python3 -c 'import ensurepip, venv' || python3 -m virtualenv --version || python3 -m pip --version; } \
    >/dev/null 2>&1
}

chromium() { first_of "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; }

check_build_tools() {
  if ! has cargo; then
    if has apt-get && apt-cache show rustup >/dev/null 2>&1; then
      packages+=(rustup)
    else
      advice+=("Rust: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y   (then open a new shell)")
    fi
  elif ! cargo --version >/dev/null 2>&1; then
    advice+=("the Rust toolchain of rust-toolchain.toml: rustup toolchain install")
  fi
  if ! node_is_recent; then
    if has apt-get && apt_node_is_recent; then
      packages+=(nodejs npm)
    else
      advice+=("Node $node_major.$node_minor or newer with npm: https://nodejs.org/en/download (or: nvm install $node_major)")
    fi
  fi
  has cc && has make || packages+=(build-essential)
}

check_test_tools() {
  chromium >/dev/null || packages+=(chromium)
  postgres_bin >/dev/null || packages+=(postgresql)
  python_makes_environments || packages+=(python3 python3-venv)
  has curl || packages+=(curl)
  has prometheus || packages+=(prometheus)
}

install_packages() {
  [ ${#packages[@]} -gt 0 ] || return 0
  local elevate=()
  if ! has apt-get; then
    advice+=("these Debian packages, by the names your system has for them: ${packages[*]}")
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      elevate=(sudo)
    else
      advice+=("as root: apt-get update && apt-get install -y ${packages[*]}")
      return
    fi
  fi
  echo "installing ${packages[*]}"
  "${elevate[@]}" apt-get update -qq || true
  "${elevate[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

# The tests also run without it, only less isolated and less readable.
install_nextest() {
  has cargo || return 0
  cargo nextest --version >/dev/null 2>&1 && return
  echo "installing cargo-nextest (once; takes a few minutes)"
  cargo install --quiet --locked cargo-nextest || echo "cargo-nextest cannot be installed: cargo test will do" >&2
}

report() {
  printf '%-12s %s\n' \
    cargo "$(cargo --version)" \
    node "$(node --version), npm $(npm --version)" \
    cc "$(cc --version | head -1)" \
    chromium "$(chromium)" \
    postgresql "$(dirname "$(postgres_bin)")" \
    python3 "$(python3 --version)" \
    nextest "$(cargo nextest --version 2>/dev/null | head -1 || echo 'not there: cargo test is used')"
}

# apt knows candidates only after an update; a fresh container has never had one.
if has apt-get && ! { has cargo && node_is_recent; } && [ "$(id -u)" -eq 0 ]; then
  apt-get update -qq || true
fi

check_build_tools
[ "$want" = build ] || check_test_tools
install_packages
if [ ${#advice[@]} -gt 0 ]; then
  echo "please install:" >&2
  printf '  - %s\n' "${advice[@]}" >&2
  exit 1
fi
if printf '%s\n' "${packages[@]:-}" | grep -qx rustup; then
  rustup toolchain install
fi
[ "$want" = build ] || install_nextest
[ "$want" != all ] || report
