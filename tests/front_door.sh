#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Tests of ./lookaside itself, in a toy project whose path holds spaces; usage: front_door.sh ROOT.
# Nothing is ever installed: the package manager in these tests is a stand-in that fails.
# shellcheck disable=SC2016  # the sh -c programs get their arguments, not our variables
set -u
root=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
toy="$folder/a toy"
bin=$folder/bin
export LOOKASIDE_NO_INSTALL=1
unset LOOKASIDE_BUILD

mkdir -p "$toy/cli" "$bin"
cp "$root/lookaside" "$toy/lookaside"
cat >"$toy/meson.build" <<'END'
project('lookaside', 'c',
  version: '9.8.7')
executable('unused', 'unused.c', build_by_default: true)
subdir('cli')
test('good', find_program('true'), suite: 'good')
test('missing', find_program('sh'), args: ['-c', 'echo "\"result\": \"FAIL\""; exit 77'],
  suite: ['good', 'none'])
test('bad', find_program('false'), suite: 'bad')
END
echo 'int main(void) { return 0; }' >"$toy/unused.c"
cat >"$toy/cli/meson.build" <<'END'
executable('lookaside', 'main.c')
alias_target('kernel', executable('toy-kernel', 'main.c', build_by_default: false))
END
mkdir -p "$toy/ports/i386/run"
echo 'import sys; print("boot:", *sys.argv[1:])' >"$toy/ports/i386/run/boot.py"
cat >"$toy/cli/main.c" <<'END'
#include <stdio.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("[%s]", argv[i]);
    return argc == 4 ? 1 : 0;
}
END

# Python, and an emulator that is only there.
python=$folder/python
mkdir -p "$python" "$folder/qemu"
ln -s "$(python3 -c "import sys; print(sys.executable)")" "$python/python3"
printf '#!/bin/sh\n' >"$folder/qemu/qemu-system-i386"
chmod +x "$folder/qemu/qemu-system-i386"

# A path without ninja, and with a package manager that notes what it is asked for.
for tool in sh awk cat dirname env grep id mkdir mv readlink rm sed tr cc gcc as ld pkg-config \
    meson flock; do
    ln -s "$(command -v "$tool" || echo /nonexistent)" "$bin/$tool"
done
cat >"$bin/apt-get" <<'END'
#!/bin/sh
echo "asked for: $*"
exit 1
END
printf '#!/bin/sh\nexec "$@"\n' >"$bin/sudo"
printf '#!/bin/sh\necho "dpkg: $*"\nexit 1\n' >"$bin/dpkg"
printf '#!/bin/sh\n' >"$bin/ldconfig" # no libraries
chmod +x "$bin/apt-get" "$bin/sudo" "$bin/dpkg" "$bin/ldconfig"

number=0
# check NAME EXPECTED_STATUS PATTERN COMMAND...: the exit code, and a line of all output (grep -E)
check()
{
    name=$1 expected=$2 pattern=$3
    shift 3
    number=$((number + 1))
    status=0
    "$@" >"$folder/output" 2>&1 </dev/null || status=$?
    if [ "$status" -eq "$expected" ] && grep -Eq -e "$pattern" "$folder/output"; then
        echo "ok $number - $name"
    else
        sed 's/^/# /' "$folder/output"
        echo "# exit code $status, expected $expected and a line like: $pattern"
        echo "not ok $number - $name"
    fi
}

cd /
door="$toy/lookaside"
check version_is_mesons 0 '^lookaside 9\.8\.7$' "$door" --version
check help_names_the_main_job 0 '^  tune ' "$door" help
check help_of_help_ends 0 '^usage:' "$door" help --help
check test_answers_help 0 '^  --suite' "$door" test --help
check help_of_a_verb 0 '^  --suite' "$door" help test
check no_verb_is_a_usage_error 2 '^usage:' "$door"
check unknown_verb_names_the_nearest 2 "'replya'; nearest: 'replay'" "$door" replya
check unknown_option_of_test 2 "unknown argument '--sweet'" "$door" test --sweet

check missing_tool_stops_with_the_command 3 'apt-get install .*ninja-build$' \
    env PATH="$bin" "$door" info
check failing_install_stops_with_the_command 3 'cannot go on without ninja' \
    env PATH="$bin" LOOKASIDE_NO_INSTALL=0 "$door" info
check install_is_asked_for 3 '^asked for: install -y --no-install-recommends ninja-build$' \
    env PATH="$bin" LOOKASIDE_NO_INSTALL=0 "$door" info
check tune_needs_no_test_tool 3 'missing for tune: ninja \(runs the build\)( gnuplot .*)?$' \
    env PATH="$bin" "$door" tune
check i386_is_added_if_asked 3 '^dpkg: --add-architecture i386$' \
    env PATH="$bin" LOOKASIDE_NO_INSTALL=0 LOOKASIDE_I386=1 "$door" bench
check i386_peers_are_asked_for 3 '^asked for: install .*libjemalloc2:i386' \
    env PATH="$bin" LOOKASIDE_NO_INSTALL=0 LOOKASIDE_I386=1 "$door" bench
check i386_musl_is_unpacked 3 '^asked for: -q download musl-dev:i386$' \
    env PATH="$bin" LOOKASIDE_NO_INSTALL=0 LOOKASIDE_I386=1 "$door" bench
check nobody_adds_i386_unasked 1 '^0$' \
    sh -c 'env PATH="$2" LOOKASIDE_NO_INSTALL=0 "$1" bench 2>&1 | grep -c "c-i386\|add-arch"' \
    sh "$door" "$bin"

check builds_and_hands_over 0 '^\[info\]\[a  b\]$' "$door" info 'a  b'
check exit_code_is_the_verbs 1 '^\[info\]\[1\]\[2\]$' "$door" info 1 2
check builds_only_what_the_verb_needs 2 'build/unused' ls "$toy/build/unused"
check boot_explains_itself_without_an_emulator 0 '^boot: --help$' \
    env PATH="$bin:$python" "$door" boot --help
check boot_needs_qemu 3 'missing for boot: ninja .*\) qemu \(is the machine\)$' \
    env PATH="$bin:$python" "$door" boot
check an_argument_brings_its_needs 3 'qemu \(is the machine\) gdb \(to attach\)$' \
    env PATH="$bin:$python" "$door" boot --gdb
check the_other_machine_boots_from_cd 3 'install .* xorriso mtools .* bochsbios vgabios$' \
    env PATH="$bin:$python" "$door" boot --emulator bochs
check boot_builds_the_kernel_and_hands_over 0 \
    "^boot: --root=$toy --build=$toy/build --memory 8M$" \
    env PATH="$folder/qemu:$PATH" "$door" boot --memory 8M
check the_kernel_was_built 0 toy-kernel ls "$toy/build/cli"
check works_through_a_link 0 '^\[dump\]$' \
    sh -c 'ln -s "$1" "$2/link" && "$2/link" dump' sh "$door" "$folder"
check says_nothing_else_in_a_pipe 0 '^0$' sh -c '"$1" info 2>&1 >/dev/null | wc -c' sh "$door"
check two_at_once 0 '^\[info\]\[1\]\[info\]\[2\]$' \
    sh -c 'touch "$2/cli/main.c"; "$1" info 1 >"$3/1" & "$1" info 2 >"$3/2"; s=$?; wait
           cat "$3/1" "$3/2"; exit $s' sh "$door" "$toy" "$folder"
check counts_tests 1 '^1 passed, 1 failed, 1 skipped$' "$door" test
check one_suite 0 '^1 passed, 0 failed, 1 skipped$' "$door" test --suite good
check only_skipped_is_not_passed 1 '^0 passed, 0 failed, 1 skipped$' "$door" test --suite none
check no_such_suite_is_not_passed 1 'no test ran' "$door" test --suite nowhere
check interrupted_setup_starts_over 0 '^\[info\]$' \
    sh -c 'rm "$2/build/build.ninja"; "$1" info' sh "$door" "$toy"
check moved_checkout_starts_over 0 '^\[info\]$' \
    sh -c 'mv "$1" "$2/b toy" && "$2/b toy/lookaside" info && mv "$2/b toy" "$1"' \
    sh "$toy" "$folder"
echo 'int main(void) { return undeclared_name; }' >"$toy/cli/main.c"
check compile_error_shows_the_log 1 'undeclared_name.* undeclared' "$door" info
echo 'not meson(' >>"$toy/meson.build"
check no_folder_to_build_in_is_a_setup_error 3 'cannot write to /dev/null/new; .*LOOKASIDE_BUILD=' \
    env LOOKASIDE_BUILD=/dev/null/new "$door" info
check configure_error_is_a_setup_error 3 'ERROR' env LOOKASIDE_BUILD="$folder/new" "$door" info
echo "1..$number"
