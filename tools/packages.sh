# packages.sh - install what is missing, for quickstart.sh and test.sh (sourced by them).
#
# SPDX-License-Identifier: MIT
# shellcheck shell=sh

# What building needs, as <what shows that it is there>=<Debian package>: a command, a
# header under /usr/include, or a path (may have a *).
# shellcheck disable=SC2034 # used by those who source this
packages_build='cc=gcc cmake=cmake ninja=ninja-build pkg-config=pkg-config
    stdlib.h=libc6-dev yaml.h=libyaml-dev jansson.h=libjansson-dev zip.h=libzip-dev
    libdeflate.h=libdeflate-dev htslib/vcf.h=libhts-dev cairo/cairo.h=libcairo2-dev
    /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core
    oneapi/dnnl/dnnl.h=libdnnl-dev'
# shellcheck disable=SC2034
packages_test='cmocka.h=libcmocka-dev g++=g++ python3=python3 pdftotext=poppler-utils
    /usr/lib/python3/dist-packages/jsonschema=python3-jsonschema
    /usr/lib/python3/dist-packages/yaml=python3-yaml'

say() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}
if [ ! -t 1 ]; then
    say() {
        printf '\n%s\n' "$*"
    }
fi

# Run a command and show it, as one would type it.
run() {
    printf '$ %s\n' "$*"
    "$@"
}

# shellcheck disable=SC2086
is_there() {
    case $1 in
    /*) ls -d $1 > /dev/null 2>&1 ;; # unquoted: the * is to be expanded
    *.h) [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] ||
        ls /usr/include/*-linux-gnu/"$1" > /dev/null 2>&1 ;;
    *) command -v "$1" > /dev/null 2>&1 ;;
    esac
}

# need_packages <thing=package>...: silent and without network if all are there.
need_packages() {
    missing=
    for pair in "$@"; do
        if ! is_there "${pair%%=*}"; then
            missing="$missing ${pair#*=}"
        fi
    done
    if [ -z "$missing" ]; then
        return 0
    fi
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
    fi
    if ! command -v apt-get > /dev/null || { [ -n "$as_root" ] && ! is_there sudo; }; then
        echo "please install (Debian names):$missing" >&2
        return 1
    fi
    say "Installing what is missing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    install="apt-get -qq -y --no-install-recommends install$missing"
    printf '$ %s\n' "$as_root apt-get -qq update" "$as_root $install" | sed 's/^\$  /$ /'
    # shellcheck disable=SC2086 # lists of words; sudo may be absent
    {
        $as_root apt-get -qq update || echo "no fresh package lists; going on" >&2
        $as_root env DEBIAN_FRONTEND=noninteractive $install > /dev/null
    }
}
