#!/bin/bash -eu
# SPDX-License-Identifier: 0BSD
# Build the fuzz targets for OSS-Fuzz or ClusterFuzzLite: the environment says how (CC, CXX, CFLAGS,
# CXXFLAGS, LIB_FUZZING_ENGINE) and where (SRC, WORK, OUT). Works outside of their image too.
# usage: build.sh [TARGET...]    all of them if none is named

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$(dirname "$here")")
build=${WORK:?}/lookaside
engine=${LIB_FUZZING_ENGINE:?}
: "${OUT:?}" "${CC:?}" "${CXX:?}"

if [ ! -e "$build/build.ninja" ]; then
    meson setup "$build" "$root" --buildtype=plain -Dwerror=false -Db_lundef=false \
        -Dfuzz_engine="$engine"
fi
folder=fuzz/oss-fuzz
targets=${*:-$(cat "$build/$folder/targets.txt")}
# shellcheck disable=SC2086,SC2046  # targets are words
ninja -C "$build" $(printf "$folder/%s " $targets)

for target in $targets; do
    cp "$build/$folder/$target" "$OUT/$target"
    family=${target%-tiny} family=${family%-small} family=${family%-full}
    format=${family#import-}
    python3 -B "$here/seeds.py" "$target" "$OUT/${target}_seed_corpus.zip"
    for name in "$family" "$format"; do
        dictionary=$root/fuzz/import/dictionaries/$name.dict
        [ -e "$dictionary" ] && cp "$dictionary" "$OUT/$target.dict"
    done
    length=4096
    case $target in import-* | tuner*) length=8192 ;; esac
    printf '[libfuzzer]\nmax_len = %s\ntimeout = 10\n' "$length" >"$OUT/$target.options"
done
