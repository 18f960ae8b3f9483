#!/bin/sh
# A Secret Service on a session bus of its own, with a home folder of its own, for tests.
#
#     keyring.sh unlocked|locked|fresh|nobus COMMAND...
#
# unlocked  the person is logged in and the store is open
# locked    the store has a password, and nobody is there to type it
# fresh     a first login: the store was never unlocked, there is nothing in it
# nobus     no session bus at all
#
# COMMAND sees ESEP_KEYRING_RESTART: a command line that ends the daemon and starts it again over the same files; its
# one argument is "unlocked" or "locked". The exit code is that of COMMAND.
set -eu

password=synthetic

wait_for_name() {
    for _ in $(seq 200); do
        gdbus call --session --dest org.freedesktop.DBus --object-path / \
            --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets 2>/dev/null | grep -q "$1" && return 0
        sleep 0.05
    done
    echo "keyring.sh: the name of the store did not become $1" >&2
    exit 70
}

stop() {
    [ -s "$ESEP_KEYRING_FOLDER/pid" ] || return 0
    kill "$(cat "$ESEP_KEYRING_FOLDER/pid")" 2>/dev/null || true
    rm -f "$ESEP_KEYRING_FOLDER/pid"
    wait_for_name false
}

start() {
    case $1 in
    unlocked) printf %s "$password" | gnome-keyring-daemon --foreground --unlock --components=secrets ;;
    *) gnome-keyring-daemon --foreground --components=secrets </dev/null ;;
    esac >/dev/null 2>&1 &
    wait_for_name true
    # The shell's child may be a pipeline; the bus knows who really answers.
    gdbus call --session --dest org.freedesktop.DBus --object-path / \
        --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets |
        tr -dc '0-9 ' | awk '{ print $NF }' >"$ESEP_KEYRING_FOLDER/pid"
}

case $1 in
inside)
    # On the session bus already.
    state=$2
    shift 2
    case $state in
    locked)
        # A store gets its password when it is unlocked for the first time.
        start unlocked
        stop
        ;;
    esac
    start "$state"
    rc=0
    "$@" || rc=$?
    stop
    exit "$rc"
    ;;
restart)
    stop
    start "$2"
    exit 0
    ;;
esac

state=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
ESEP_KEYRING_FOLDER=$(mktemp -d)
trap 'rm -rf "$ESEP_KEYRING_FOLDER"' EXIT
ESEP_KEYRING_RESTART="$here/keyring.sh restart"
mkdir -m 700 "$ESEP_KEYRING_FOLDER/home" "$ESEP_KEYRING_FOLDER/run"
HOME=$ESEP_KEYRING_FOLDER/home
XDG_RUNTIME_DIR=$ESEP_KEYRING_FOLDER/run
export ESEP_KEYRING_FOLDER ESEP_KEYRING_RESTART HOME XDG_RUNTIME_DIR
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME GNOME_KEYRING_CONTROL DISPLAY WAYLAND_DISPLAY
if [ "$state" = nobus ]; then
    DBUS_SESSION_BUS_ADDRESS="unix:path=$ESEP_KEYRING_FOLDER/nowhere"
    export DBUS_SESSION_BUS_ADDRESS
    rc=0
    "$@" || rc=$?
    exit "$rc"
fi
rc=0
dbus-run-session -- "$here/keyring.sh" inside "$state" "$@" || rc=$?
exit "$rc"
