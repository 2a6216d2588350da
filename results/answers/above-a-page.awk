# SPDX-License-Identifier: 0BSD
# Texts of traces: how many of their blocks are larger than a page, in each and in all.
$2 == "title:" { title[++traces] = $3 }
$1 ~ /^alloc/ { requests[traces]++; above[traces] += $3 > 4096 }
END {
    if (!traces)
        exit 1
    for (i = 1; i <= traces; i++) {
        printf "%s: %d of %d\n", title[i], above[i], requests[i]
        all += requests[i]
        all_above += above[i]
    }
    printf "all: %d of %d\n", all_above, all
}
