#!/bin/sh
# Installs what One Network needs on Debian 12 and 13, and builds `.venv`. Does nothing, in under a second,
# when all of it is there.
#
#   bootstrap.sh [run|test]     `test` adds Chromium and a Chinese font for the browser tests
#
# It never edits the machine's package configuration, and names no mirror: the one source package that
# Debian 12 lacks is taken from the mirror the machine already uses, with normal signature checks.
# With FLEET_DATABASE_URL and FLEET_MQTT_URL set, `run` installs no server.
set -eu

mode=${1:-run}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/one-network
log=$cache/setup.log
mkdir -p "$cache"

say() { printf '%s\n' "==> $*"; }

fail() {
    printf '%s\n' "setup: $*" >&2
    exit 3
}

# Runs one long step with its output in the log; the last lines are shown when it fails.
step() {
    say "$1"
    shift
    printf '\n$ %s\n' "$*" >>"$log"
    # Not as the condition of an `if`: there the shell would go on after a failing command inside a function.
    set +e
    (set -e; "$@") >>"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        fail "this step failed; the whole output is in $log"
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "packages must be installed ($missing), which needs root or sudo; run once as root: $0 $mode"
    fi
}

# ---------------------------------------------------------------- the system

codename=unknown
if [ -r /etc/os-release ]; then
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-unknown}")
fi
case $codename in
    bookworm) pg=15 ;;
    trixie) pg=17 ;;
    *) pg=none ;;
esac

servers=wanted
if [ "$mode" = run ] && [ -n "${FLEET_DATABASE_URL:-}" ] && [ -n "${FLEET_MQTT_URL:-}" ]; then
    servers=elsewhere
fi

has_python() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    done
    return 1
}
has_timescaledb() { [ -e "/usr/share/postgresql/$pg/extension/timescaledb.control" ]; }

missing=""
has_python || missing="$missing python3 python3-venv"
if [ "$servers" = wanted ]; then
    [ -x "/usr/lib/postgresql/$pg/bin/postgres" ] || missing="$missing postgresql-$pg"
    [ "$pg" != 17 ] || has_timescaledb || missing="$missing postgresql-17-timescaledb"
    [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
fi
if [ "$mode" = test ]; then
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    [ -d /usr/share/doc/fonts-noto-cjk ] || ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 ||
        missing="$missing fonts-noto-cjk"
fi
build=no
if [ "$servers" = wanted ] && [ "$pg" = 15 ] && ! has_timescaledb; then
    build=yes
fi

if [ "$pg" = none ] && { [ -n "$missing" ] || [ "$servers" = wanted ]; }; then
    fail "only Debian 12 and 13 are set up automatically (this is: $codename). Elsewhere either run
  docker compose up
or set FLEET_DATABASE_URL (PostgreSQL with TimescaleDB) and FLEET_MQTT_URL (an MQTT 5 broker),
have python3 >= 3.11 with venv, and run this again."
fi

# ---------------------------------------------------------------- packages

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "$@"
}

# A foreign repository that is out of order is none of our business; what we need and cannot get will say so.
update_lists() { as_root apt-get update || echo "going on with the lists there are"; }

if [ -n "$missing" ] || [ "$build" = yes ]; then
    : >"$log"
    # Asked first and in the open, because the output of what follows goes to a file.
    as_root true || fail "packages must be installed (${missing:- to build TimescaleDB}), but sudo refuses; run once as root: $0 $mode"
    step "reading the package lists" update_lists
fi

if [ -n "$missing" ]; then
    case " $missing " in
        *" postgresql-$pg "*)
            # Debian starts a cluster of its own right after unpacking unless told not to; a passing drop-in
            # tells it so without a change to the machine's configuration.
            drop_in=/etc/postgresql-common/createcluster.d/one-network.conf
            step "installing postgresql-common" apt_install postgresql-common
            as_root sh -c "mkdir -p '${drop_in%/*}' && echo 'create_main_cluster = false' >'$drop_in'"
            trap 'as_root rm -f "$drop_in"' EXIT
            ;;
    esac
    # shellcheck disable=SC2086  # a list of package names
    step "installing$missing" apt_install $missing
    if [ -n "${drop_in:-}" ]; then
        as_root rm -f "$drop_in"
        trap - EXIT
    fi
fi

# ---------------------------------------------------------------- TimescaleDB on Debian 12

package=postgresql-$pg-timescaledb-local

cached_package() {
    for found in "$cache/${package}"_*_"$(dpkg --print-architecture)".deb; do
        [ -e "$found" ] && printf '%s' "$found" && return 0
    done
    return 1
}

# The apt of this one call reads only our source line and keeps its lists apart; keys, proxies and
# credentials stay those of the machine.
private_apt() {
    apt-get -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o Acquire::Languages=none -o APT::Sandbox::User="$(id -un)" "$@"
}

compile_timescaledb() {
    cd "$work"/timescaledb-*/
    ./bootstrap -DAPACHE_ONLY=1 -DREGRESS_CHECKS=OFF -DCMAKE_BUILD_TYPE=Release -DUSE_TELEMETRY=OFF \
        -DPG_CONFIG="/usr/lib/postgresql/$pg/bin/pg_config"
    cd build
    nice make -j"$(nproc)"
    make install DESTDIR="$work/package"
}

pack_timescaledb() {
    mkdir -p "$work/package/DEBIAN"
    cat >"$work/package/DEBIAN/control" <<END
Package: $package
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: One Network <root@localhost>
Depends: postgresql-$pg
Section: database
Priority: optional
Description: TimescaleDB (Apache edition) for PostgreSQL $pg, built on this machine
 Built by One Network's set-up from the Debian 13 source package timescaledb.
END
    # Written under another name first: a set-up that is interrupted leaves no half package behind.
    dpkg-deb --root-owner-group --build "$work/package" "$work/built.deb"
    mv "$work/built.deb" "$cache/${package}_${version}_$(dpkg --print-architecture).deb"
}

fetch_timescaledb() {
    private_apt update && cd "$work" && private_apt source timescaledb
}

if [ "$build" = yes ]; then
    if ! cached_package >/dev/null; then
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
            'Codename: bookworm' 'Component: main' 2>/dev/null | head -n 1)
        [ -n "$mirror" ] || fail "apt knows no Debian 12 mirror (no line for bookworm main): see /etc/apt"
        step "installing what TimescaleDB is built with" apt_install "postgresql-server-dev-$pg" \
            cmake make gcc libc6-dev dpkg-dev debian-archive-keyring
        work=$(mktemp -d "${TMPDIR:-/tmp}/one-network-build.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
        printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' \
            "$mirror" >"$work/sources.list"
        step "fetching TimescaleDB's source package" fetch_timescaledb
        version=$(basename "$work"/timescaledb_*.dsc .dsc)
        version=${version#timescaledb_}
        step "building TimescaleDB $version for PostgreSQL $pg (about a minute)" compile_timescaledb
        step "packing it into $cache" pack_timescaledb
        rm -rf "$work"
        trap - EXIT
    fi
    # A copy in a place apt's own user may read; a cache under /root is closed to it.
    copy=$(mktemp -d "${TMPDIR:-/tmp}/one-network-package.XXXXXX")
    chmod 755 "$copy"
    cp "$(cached_package)" "$copy/"
    step "installing TimescaleDB" apt_install "$copy"/*.deb
    rm -rf "$copy"
fi

# ---------------------------------------------------------------- Python

has_python || fail "python3 >= 3.11 with venv is needed; see the README"
# One lock for running and testing: the runtime's is a subset, and two sets in one `.venv` would fight.
lock=$root/requirements-dev.txt
stamp=$root/.venv/.one-network
# An editable installation lists the top-level packages, so a new one asks for it again.
wanted=$( (cat "$lock" "$root/pyproject.toml"; cd "$root"; ls -d ./*/__init__.py) | sha256sum | cut -c1-64)
environment() { "$root/.venv/bin/python" -c 'import sys, pip; print(sys.version.split()[0], sys.prefix)' 2>/dev/null; }

if [ ! -x "$root/.venv/bin/fleet" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted $(environment)" ]; then
    [ -n "$missing" ] || [ "$build" = yes ] || : >"$log"
    # An environment whose interpreter was upgraded away, or that was moved, is made anew.
    environment >/dev/null || step "creating .venv" "$python" -m venv --clear "$root/.venv"
    step "installing the locked Python packages" \
        "$root/.venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$lock"
    step "installing One Network into .venv" "$root/.venv/bin/python" -m pip install \
        --disable-pip-version-check --no-deps --no-build-isolation -e "$root"
    printf '%s\n' "$wanted $(environment)" >"$stamp"
fi

# ---------------------------------------------------------------- the page

# Asks itself whether there is anything to do; Node.js from the PATH, else packaged by PyPI.
cd "$root"
"$root/.venv/bin/python" -m api.dashboard.build || fail "the page could not be built"
