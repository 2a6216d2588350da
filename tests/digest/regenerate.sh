#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Write tests/digest/golden.tsv anew after a wanted change of behaviour; then read its diff.
#   tests/digest/regenerate.sh [BUILD_DIRECTORY]     (default: build)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1-$here/../../build}
meson compile -C "$build" digest-O2 digest-unpack
exec "$here/golden.sh" --write "$build/tests/digest/digest-unpack" \
    "$build/tests/digest/digest-O2" "$here/../../traces/data" "$here/golden.tsv"
