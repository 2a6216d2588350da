# SPDX-License-Identifier: 0BSD
# Holds docs/answers.md against the outputs. In every section each command must be the one of
# commands.txt whose name stands behind it ("# name"), and each figure in bold must be in the
# output of one of the section's commands. One line for each that is not; exit code 1 if any.
#   awk -v folder=FOLDER -f quotes.awk commands.txt answers.md
function complain(what)
{
    print FILENAME ":" section ": " what
    wrong = 1
}

function read_figures(path, line, count, words, i)
{
    while ((getline line < path) > 0) {
        count = split(line, words, /[^0-9.,]+/)
        for (i = 1; i <= count; i++) {
            gsub(/,/, "", words[i])
            sub(/\.$/, "", words[i])
            known[words[i]] = 1
        }
        lines++
    }
    close(path)
    if (!lines)
        complain("no output " path)
    lines = 0
}

function end_section(i)
{
    for (i = 1; i <= figures; i++)
        if (!(figure[i] in known))
            complain(figure[i] " is in no output of this section")
    split("", known)
    figures = 0
    section = $0
}

FNR == NR {
    name = $1
    sub(/^[^ ]+ +/, "")
    command[name] = $0
    next
}
/^#+ / && !fenced { end_section() }
/^```/ { fenced = !fenced; next }
fenced && match($0, / +# [^ ]+$/) {
    text = substr($0, 1, RSTART - 1)
    name = $NF
    quoted++
    if (name in command) {
        if (text != command[name])
            complain("\"" text "\" is not the command of " name)
        read_figures(folder "/" name ".txt")
    } else if (name ~ /^results\//) {
        read_figures(name)
    } else if (name != "test") {
        complain("commands.txt has no " name)
    }
    next
}
fenced { complain("\"" $0 "\" names no output") }
{
    for (rest = $0; match(rest, /\*\*[0-9][0-9,.]*\*\*/); rest = substr(rest, RSTART + RLENGTH)) {
        number = substr(rest, RSTART + 2, RLENGTH - 4)
        gsub(/,/, "", number)
        figure[++figures] = number
        checked++
    }
}
END {
    end_section()
    printf "%d commands, %d figures\n", quoted, checked
    exit wrong || !quoted || !checked
}
