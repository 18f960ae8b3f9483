#!/usr/bin/env bash
# The vectors in both directions: what independent libraries write, our crate accepts and writes too;
# what our crate writes for drawn inputs, the independent libraries verify.
#
# Needs Python 3.11 or later with its venv module; the libraries are installed once, into the build folder.
set -euo pipefail

vectors=$(cd "$(dirname "$0")" && pwd)
cd "$vectors/../.."
build=${CARGO_TARGET_DIR:-target}
case $build in /*) ;; *) build=$PWD/$build ;; esac
venv=$build/vectors-venv
export PYTHONDONTWRITEBYTECODE=1

fail() {
    echo "vectors: $1" >&2
    echo "  how to mend it: $2" >&2
    exit 1
}

# A venv that holds other versions, or half of them, is made anew.
if ! cmp -s "$vectors/requirements.txt" "$venv/installed.txt"; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or later was not found" "sudo apt-get install python3 python3-venv"
    python3 -m venv --clear "$venv" || fail "the venv could not be made" "sudo apt-get install python3-venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        -r "$vectors/requirements.txt" ||
        fail "the libraries could not be installed" "check the connection to the Python package index"
    "$venv/bin/python" -m pip check --quiet --disable-pip-version-check ||
        fail "a library misses another one" "pin it in tests/vectors/requirements.txt"
    cp "$vectors/requirements.txt" "$venv/installed.txt"
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$venv/bin/python" "$vectors/vectors.py" make "$fresh/independent"
mkdir "$fresh/committed"
cp "$vectors"/*.json "$fresh/committed"
diff -rq "$fresh/committed" "$fresh/independent" ||
    fail "the committed vectors are not those that the script writes" \
        "statements are for ever: find out why before running tests/vectors/vectors.py make"

made=$build/vectors/rust.json
rm -f "$made"
VECTORS_OUT=$made "${CARGO:-cargo}" test --quiet --package journal --test vectors
"$venv/bin/python" "$vectors/vectors.py" check "$made"
