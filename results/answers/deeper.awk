# SPDX-License-Identifier: 0BSD
# A trace's text: how many of its stacks were touched below the topmost N pages.
BEGIN { limits = split("1 2 15 240 496", limit) }
$1 == "stack-create" { stacks++; deepest[$2] = 0 }
$1 == "stack-touch" && $3 + 1 > deepest[$2] { deepest[$2] = $3 + 1 }
$1 == "stack-destroy" { for (i = 1; i <= limits; i++) deeper[i] += deepest[$2] > limit[i] }
END {
    if (!stacks)
        exit 1
    printf "stacks %d\n", stacks
    for (i = 1; i <= limits; i++)
        printf "deeper than %d pages: %d\n", limit[i], deeper[i]
}
