#!/usr/bin/env bash
# Installs by apt what the tests need of the system, when that is allowed; otherwise says what cannot be run.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
missing=()  # package names
lost=()     # what cannot be tested without them

need() { # need PACKAGE "what is lost without it" TEST…
    local package=$1 loss=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing+=("$package")
        lost+=("$loss")
    fi
}

has_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome-stable || command -v google-chrome
}
has_chinese_font() { fc-list :lang=zh-cn family | grep -q . || ls /usr/share/fonts/*/noto/*CJK*; }
has_postgresql() { compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb'; }
has_postgis() { compgen -G '/usr/share/postgresql/1[5-9]/extension/postgis.control'; }
has_venv() { [ -x .venv/bin/python ] || command -v uv || python3 -c 'import ensurepip, venv'; }

# The distribution's own PostgreSQL: 15 on Debian 12, newer elsewhere.
postgresql_version() {
    local version
    for version in 15 16 17 18; do
        if apt-cache show "postgresql-$version-postgis-3" >/dev/null 2>&1; then
            echo "$version"
            return
        fi
    done
    echo 15
}

look() {
    missing=() lost=()
    local version
    version=$(postgresql_version)
    need "postgresql-$version" "all tests on PostgreSQL" has_postgresql
    need "postgresql-$version-postgis-3" "all tests on PostgreSQL with PostGIS" has_postgis
    need chromium "all browser tests" has_browser
    need fonts-noto-cjk "Chinese text on screens and plates" has_chinese_font
    need default-jre-headless "whether ODK Validate accepts our forms" command -v java
    need gettext "whether the translations are complete" command -v msgfmt
    need python3-venv "everything: the environment cannot be created" has_venv
}

apt_get() {
    if [ "$(id -u)" = 0 ]; then
        apt-get "$@" </dev/null
    else
        sudo -n --preserve-env=DEBIAN_FRONTEND apt-get "$@" </dev/null
    fi
}

look
[ ${#missing[@]} -gt 0 ] || exit 0

if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "prepare: installing ${missing[*]}"
    apt_get update -qq || true # an old list may do; what stays missing is said below
    look # the lists are known only now
    log=$(mktemp)
    apt_get install -qq -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 || tail -n 20 "$log" >&2
    rm -f "$log"
    look
fi

if [ ${#missing[@]} -gt 0 ]; then
    echo "prepare: these cannot be run here:" >&2
    for index in "${!missing[@]}"; do
        echo "  - ${lost[$index]} (install ${missing[$index]})" >&2
    done
    exit 1
fi
