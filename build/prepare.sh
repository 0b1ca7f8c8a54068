# SPDX-License-Identifier: Apache-2.0
#
# What build/check and build/demo begin with, and read this file for: they
# install what is missing and build, with a line for each step, so that nobody
# looks at a silent screen. It must not know what is done with the build.
#
# It is read under 'set -eu'. Sets top, the source tree, and ANONID_SRCDIR;
# after choose_folder, ANONID_BUILDDIR and log.

top=$(cd "$(dirname "$0")/.." && pwd)
program=${0##*/}
started=$(date +%s)
beat=
ANONID_SRCDIR=$top
export ANONID_SRCDIR

# The terminal's width, or what fits everywhere.
columns=$(stty size 2>/dev/null </dev/tty | cut -d ' ' -f 2) || :
case $columns in
'' | *[!0-9]* | ? | 0?) columns=79 ;;
esac

with_time()
{
    seconds=$(($(date +%s) - started))
    printf '%3d:%02d  %s\n' $((seconds / 60)) $((seconds % 60)) "$*"
}

say()
{
    with_time "$@" | fold -s -w "$columns"
}

complain()
{
    echo "$program: $*" | fold -s -w "$columns" >&2
    exit 1
}

# Every ten seconds of a long step: the last line of what it says.
tell_that_it_lives()
{
    trap 'exit 0' TERM
    while sleep 10 >/dev/null 2>&1; do
        line=$(tail -n 1 "$log" | tr -cd '[:print:]') || :
        [ -z "$line" ] || with_time "   $line" | cut -c "1-$columns"
    done
}

be_silent()
{
    [ -z "$beat" ] || kill "$beat" 2>/dev/null || :
    beat=
}

# step WHAT COMMAND...: what the command says goes to the log, which is shown
# if it fails.
step()
{
    say "$1"
    shift
    tell_that_it_lives &
    beat=$!
    "$@" >"$log" 2>&1 </dev/null || {
        be_silent
        cat "$log" >&2
        complain "'$*' failed; what it said stands above and in $log"
    }
    be_silent
}

# choose_folder NAME: builds in _build/NAME, or in the tree where that has
# been configured (it cannot be built in another folder too), or in
# ANONID_BUILDDIR.
choose_folder()
{
    folder=$top/_build/$1
    [ ! -e "$top/config.status" ] || folder=$top
    ANONID_BUILDDIR=${ANONID_BUILDDIR:-$folder}
    export ANONID_BUILDDIR
    mkdir -p "$ANONID_BUILDDIR" 2>/dev/null || :
    log=$ANONID_BUILDDIR/prepare.log
    trap be_silent EXIT
    trap 'exit 1' HUP INT TERM
    (: >"$log") 2>/dev/null || complain "cannot write to $ANONID_BUILDDIR:" \
        'make that yours, or name another folder in ANONID_BUILDDIR.'
}

# A source tree whose path has blanks can be configured by a path that has
# none: autoconf takes no others.
configure_build()
{
    from=$(realpath --relative-to="$ANONID_BUILDDIR" "$top")
    (cd "$ANONID_BUILDDIR" && "$from/configure" "$@")
}

# prepare GROUPS TARGET CONFIGURE-OPTION...
prepare()
{
    groups=$1
    target=$2
    shift 2
    # shellcheck disable=SC2086
    missing=$("$top/build/install-deps" --missing $groups)
    # shellcheck disable=SC2086
    [ -z "$missing" ] || [ "$(id -u)" -eq 0 ] ||
        exec "$top/build/install-deps" $groups # which says what to do
    # shellcheck disable=SC2086
    [ -z "$missing" ] || step "installing $missing" \
        "$top/build/install-deps" $groups
    [ -e "$top/configure" ] ||
        step 'making configure' autoreconf -fi "$top"
    [ -e "$ANONID_BUILDDIR/config.status" ] ||
        step "configuring in $ANONID_BUILDDIR" configure_build "$@"
    step 'building' \
        make -C "$ANONID_BUILDDIR" -j "${JOBS:-$(nproc)}" "$target"
}
