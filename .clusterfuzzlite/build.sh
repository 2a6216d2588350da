#!/bin/bash -eu
# SPDX-License-Identifier: 0BSD
# ClusterFuzzLite looks here; the same build as OSS-Fuzz's.
exec "${SRC:?}/lookaside/fuzz/oss-fuzz/build.sh" "$@"
