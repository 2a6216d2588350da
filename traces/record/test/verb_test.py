# SPDX-License-Identifier: 0BSD
"""The verb `record --heap` as a user sees it: what it answers, writes, and leaves behind.

usage: verb_test.py RECORD IMPORT HAZARDS PLUGIN INSIDE [STATIC]
"""
import glob
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from recorded import Tap, Trace

NOBODY = 65534


class Tests:
    def __init__(self, record, importer, hazards, plugin, inside, static=''):
        self.record, self.importer, self.hazards = record, importer, hazards
        self.plugin, self.inside, self.static = plugin, inside, static
        self.folder = ''

    def run(self, *arguments, **settings):
        return subprocess.run([self.record, *arguments], cwd=self.folder, check=False,
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, **settings})

    def check(self, run, code, error, files=(), output=''):
        """Exit code, what standard error and output say, and the files there are afterwards."""
        if run.returncode != code:
            yield f'exit code {run.returncode}, expected {code}'
        if not re.search(error, run.stderr):
            yield f'expected on standard error: {error}; found:\n{run.stderr}'
        if not re.search(output, run.stdout):
            yield f'expected on standard output: {output}; found:\n{run.stdout}'
        if sorted(os.listdir(self.folder)) != sorted(files):
            yield f'files {sorted(os.listdir(self.folder))}, expected {sorted(files)}'

    def events(self, name, expected):
        """Complaints about a trace of the folder."""
        return Trace(os.path.join(self.folder, name)).complaints(expected)

    def start(self, *arguments):
        """The verb on a command that says when it is there."""
        run = subprocess.Popen([self.record, *arguments, '--', self.hazards, 'waiter'],
                               cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
        run.stdout.readline()
        return run

    # -- Answers -----------------------------------------------------------------------------------

    def no_command_is_a_usage_error(self):
        yield from self.check(self.run(), 2, 'no command')
        yield from self.check(self.run('--vas', '--heap', 'true'), 2, 'exclude each other')

    def a_command_that_is_not_there(self):
        yield from self.check(self.run('./nowhere'), 1,
                              r'cannot run \./nowhere: No such file or directory')

    def an_output_that_cannot_be(self):
        yield from self.check(self.run('-o', 'nowhere/t.lat', 'true'), 1,
                              'nowhere/t.lat: cannot write: No such file or directory')

    def a_folder_is_refused_as_output_before_the_command_runs(self):
        os.mkdir(os.path.join(self.folder, 'there'))
        for what in '--heap', '--vas':
            run = self.run(what, '-o', 'there', 'touch', 'ran')
            if 'strace is not here' not in run.stderr:
                yield from self.check(run, 1, 'there: cannot write: Is a directory', ['there'])

    def a_device_is_an_output_for_everybody(self):
        """Nobody but root may make a file beside it."""
        if os.geteuid() != 0:
            return self.check(self.run('-o', '/dev/null', self.hazards, 'leaf'), 0,
                              '/dev/null: [0-9]+ calls')
        found = os.path.join(self.folder, 'hazards')
        shutil.copy(self.hazards, found)
        os.chmod(self.folder, 0o755)
        run = subprocess.run([self.record, '-o', '/dev/null', found, 'leaf'], check=False,
                             capture_output=True, text=True, timeout=60, user=NOBODY, group=NOBODY,
                             extra_groups=[], cwd='/')
        return self.check(run, 0, '/dev/null: [0-9]+ calls', ['hazards'])

    def a_full_disk_is_no_place_for_the_recording(self):
        full = os.path.join(self.folder, 'full')
        os.mkdir(full)
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', full],
                          capture_output=True, check=False).returncode != 0:
            return 'no file system can be mounted here'
        try:
            with open(full + '/filled', 'wb', buffering=0) as file:
                try:
                    while file.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            os.mkdir(os.path.join(self.folder, 'kept'))
            run = self.run('-o', 'full/t.lat', self.hazards, 'leaf', TMPDIR='kept')
            return list(self.check(run, 1, 'No space left on device(.|\n)*stays', ['full', 'kept']))
        finally:
            subprocess.run(['umount', full], check=True)

    def with_few_descriptors_nothing_is_left_behind(self):
        for most in 5, 6, 7, 8:
            subprocess.run(['sh', '-c', 'ulimit -n $0; exec "$@"', str(most), self.record, '-o',
                            't.txt', self.hazards, 'leaf'], cwd=self.folder, check=False,
                           capture_output=True)
            left = sorted(os.listdir(self.folder))
            if left not in ([], ['t.txt']):
                yield f'with {most} descriptors: {left}'

    def missing_libraries_are_named(self):
        run = self.run('true', LOOKASIDE_RECORD_LIBRARIES='/nowhere')
        yield from self.check(run, 3, r'no liblookaside-record\.so')

    def the_trace_is_named_after_the_command(self):
        yield from self.check(self.run(self.hazards, 'leaf'), 0,
                              r'\.lat\.zst: \d+ calls, 1 thread, 0 holes, 0 unknown frees\n',
                              [os.path.basename(self.hazards) + '.lat.zst'])

    def options_of_the_command_are_its_own(self):
        run = self.run('-o', 't.txt', self.hazards, 'leaf', '--heap', '-o', 'x', '--', '--none')
        yield from self.check(run, 0, r't\.txt', ['t.txt'])
        yield from self.events('t.txt', 'alloc 5901, free 5901')

    def an_old_trace_is_replaced(self):
        with open(os.path.join(self.folder, 't.txt'), 'w', encoding='utf-8') as file:
            file.write('old')
        yield from self.check(self.run('-o', 't.txt', self.hazards, 'leaf'), 0, '', ['t.txt'])
        yield from self.events('t.txt', 'alloc 5901, free 5901')

    def standard_output_is_an_output(self):
        run = self.run('-o', '-', self.hazards, 'leaf')
        yield from self.check(run, 0, '', [], '# lookaside trace 1\n(.*\n)*alloc [0-9]+ 5901')

    def a_folder_with_a_blank_in_its_name(self):
        name = 'my $files: here'
        os.mkdir(os.path.join(self.folder, name))
        run = self.run('-o', name + '/t.txt', self.hazards, 'leaf')
        yield from self.check(run, 0, '', [name])
        yield from self.events(name + '/t.txt', 'alloc 5901, free 5901')

    def libraries_of_the_user_are_preloaded_too(self):
        run = self.run('-o', 't.txt', self.hazards, 'leaf', LD_PRELOAD=self.plugin,
                       ASAN_OPTIONS='verify_asan_link_order=0')  # if the verb is built with it
        yield from self.check(run, 0, '', ['t.txt'])
        found = Trace(os.path.join(self.folder, 't.txt')).events
        if 'alloc 5351' not in found:
            yield f'no alloc 5351 in {found}'

    def the_command_comes_to_know_nothing(self):
        """Its arguments, standard input and output, and exit code go through."""
        run = subprocess.run([self.record, '-o', 't.txt', 'sh', '-c', 'cat; echo "$1"; exit 5',
                              'x', 'y z'], input='in\n', capture_output=True, text=True,
                             check=False, cwd=self.folder)
        yield from self.check(run, 0, 'the command ended with exit code 5', ['t.txt'],
                              r'^in\ny z\n$')

    # -- Nothing recorded --------------------------------------------------------------------------

    def an_allocator_linked_in_is_explained(self):
        yield from self.check(self.run(self.inside), 1, 'linked into the program itself')

    def a_static_program_is_explained(self):
        if not self.static:
            return 'no static libc'
        return self.check(self.run(self.static), 1, 'is linked statically.*--vas')

    def a_script_of_a_static_program_is_explained(self):
        if not self.static:
            return 'no static libc'
        with tempfile.NamedTemporaryFile('w', suffix='.script', delete=False) as script:
            script.write(f'#!{self.static}\n')
        os.chmod(script.name, 0o755)
        complaints = list(self.check(self.run(script.name), 1, 'is linked statically'))
        os.unlink(script.name)
        return complaints

    def a_set_user_id_program_is_explained(self):
        if os.geteuid() != 0:
            return 'only root can make one'
        program = os.path.join(self.folder, 'other')
        shutil.copy(self.hazards, program)
        os.chmod(self.folder, 0o755)
        os.chown(program, NOBODY, NOBODY)
        os.chmod(program, 0o4755)
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            return 'a file system without set-user-id'
        return self.check(self.run('./other', 'leaf'), 1, r'\./other is set-user-id.*--vas',
                          ['other'])

    # -- Processes ---------------------------------------------------------------------------------

    def other_processes_are_told_of(self):
        run = self.run('-o', 't.txt', self.hazards, 'fork')
        yield from self.check(run, 0, r'other processes made calls too \(1,.*%p in -o', ['t.txt'])

    def a_name_for_each_process(self):
        run = self.run('-o', 'a.%p.txt', 'sh', '-c', f'{self.hazards} leaf; {self.hazards} leaf; :')
        names = sorted(os.listdir(self.folder))
        yield from self.check(run, 0, r'a\.\d+\.txt: ', names)
        if not all(re.fullmatch(r'a\.\d+\.txt', name) for name in names):
            yield f'files {names}'
        leaves = [name for name in names if not list(self.events(name, 'alloc 5901, free 5901'))]
        if len(leaves) != 2:
            yield f'{len(leaves)} of {names} are of the program, expected 2'

    def what_is_left_running_is_waited_for(self):
        run = self.run('-o', 'a.%p.txt', self.hazards, 'daemon')
        yield from self.check(run, 0, 'waiting for what the command left running',
                              os.listdir(self.folder))
        if len(os.listdir(self.folder)) != 2:
            yield f'{os.listdir(self.folder)}, expected 2 traces'

    # -- Signals -----------------------------------------------------------------------------------

    def a_signal_is_passed_on(self):
        run = self.start('-o', 't.txt')
        run.send_signal(signal.SIGTERM)
        error = run.communicate(timeout=60)[1]
        if run.returncode != 0 or 'signal 15' not in error:
            yield f'exit code {run.returncode}: {error}'
        yield from self.events('t.txt', 'alloc 5205')

    def what_nohup_ignores_stays_ignored(self):
        """A hangup does not end the wait for what the command left running."""
        old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        left = f'(until [ -e go ]; do sleep 0.02; done; exec {self.hazards} leaf) 2>&- >&- & exit'
        run = subprocess.Popen([self.record, '-o', 'a.%p.txt', 'sh', '-c', left],
                               cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
        signal.signal(signal.SIGHUP, old)
        if 'waiting for what the command left running' not in run.stderr.readline():
            yield 'it does not say that it waits'
        run.send_signal(signal.SIGHUP)
        time.sleep(0.3)  # for a verb that does not ignore it to end
        with open(os.path.join(self.folder, 'go'), 'wb'):
            pass
        run.communicate(timeout=60)
        traces = glob.glob(self.folder + '/a.*.txt')
        if not any('alloc 5901' in Trace(trace).events for trace in traces):
            yield f'no alloc 5901 in {traces}'

    def ctrl_c_ends_the_command_and_not_the_verb(self):
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execl(self.record, 'record', '-o', 't.txt', self.hazards, 'waiter')
        said = b''
        while b'ready' not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b'\x03')
        while True:
            try:
                said += os.read(terminal, 1000)
            except OSError:  # all of it is closed
                break
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.close(terminal)
        if status != 0 or b'signal 2' not in said:
            yield f'exit code {status}: {said.decode()}'
        yield from self.events('t.txt', 'alloc 5205')

    def what_a_killed_verb_leaves_can_be_imported(self):
        run = self.start('-o', 't.txt')
        run.kill()
        run.wait()
        raw = glob.glob(self.folder + '/*/*-1.raw')
        if len(raw) != 1:
            yield f'{raw}, expected one file'
            return
        os.kill(int(os.path.basename(raw[0]).split('-')[0]), signal.SIGKILL)
        time.sleep(0.1)
        subprocess.run([self.importer, raw[0], '-o', self.folder + '/t.txt'], check=True)
        yield from self.events('t.txt', 'alloc 5205')

    def a_raw_recording_stays_when_it_cannot_be_converted(self):
        run = self.start('-o', 't.txt')
        os.mkdir(self.folder + '/t.txt')
        run.send_signal(signal.SIGTERM)
        error = run.communicate(timeout=60)[1]
        stays = re.search(r'what was recorded stays: lookaside import (\S+) -o t\.txt', error)
        if run.returncode != 1 or 't.txt: cannot write: Is a directory' not in error or not stays:
            yield f'exit code {run.returncode}: {error}'
            return
        if os.listdir(os.path.dirname(stays[1])) != [os.path.basename(stays[1])]:
            yield f'left: {os.listdir(os.path.dirname(stays[1]))}'
        if os.path.getsize(stays[1]) > 1 << 20:
            yield f'{os.path.getsize(stays[1])} bytes are left, expected what was recorded'
        subprocess.run([self.importer, stays[1], '-o', self.folder + '/u.txt'], check=True)
        yield from self.events('u.txt', 'alloc 5205')

    def all(self):
        tap = Tap()
        for name, test in vars(Tests).items():
            if '_' not in name or name.startswith('_'):
                continue
            with tempfile.TemporaryDirectory() as self.folder:
                answer = test(self)
                skip = answer if isinstance(answer, str) else ''
                tap.check(name, [] if skip else list(answer), skip)
        tap.finish()


Tests(*map(os.path.abspath, sys.argv[1:])).all()
