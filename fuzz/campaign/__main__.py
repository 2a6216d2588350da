# SPDX-License-Identifier: 0BSD
"""The verb `fuzz`: an overnight campaign, or a part of one. See docs/fuzzing.md."""
import argparse
import dataclasses
import os
import sys

import campaign
import core_coverage
import instance
import machine
import minimal_corpus
import paths
import regress
import report
import roles
import speed
import status
from errors import CampaignError, NothingSuch, SetUpMissing
from programs import Programs, family_of

ABOUT = '''Fuzz the core: operations made by engines, each checked against a model.
Builds what it needs, runs libFuzzer and AFL++ on the cores given, and leaves a report, the
minimised corpora and every crash, made small, in a folder of results/fuzz/.'''
EXIT = '''Exit codes: 0 nothing was found, 1 something was (or a folder is no campaign's), 2 usage,
3 set-up missing. Ctrl-C ends the campaign with its report; a second one at once.'''


@dataclasses.dataclass
class Options:
    """What a campaign is; all of it is in campaign.json, for --resume."""
    targets: list
    engine: str
    seconds: float
    jobs: int
    cores: list


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value < 1e6:
            raise ValueError
        return value
    parse.__name__ = 'number above 0'
    return parse


def parser():
    parse = argparse.ArgumentParser(
        prog='./lookaside fuzz', description=ABOUT, epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    time = parse.add_mutually_exclusive_group()
    time.add_argument('--hours', type=positive(float), metavar='H', help='how long (1)')
    time.add_argument('--minutes', type=positive(float), metavar='M')
    time.add_argument('--seconds', type=positive(float), metavar='S')
    parse.add_argument('--engine', choices=('libfuzzer', 'afl', 'both'),
                       help='both, if afl++ is installed')
    parse.add_argument('--target', action='append', metavar='T', default=[],
                       help='a target or a family of them (--list); all of the core')
    parse.add_argument('--jobs', type=positive(int), metavar='N', help='cores to use (all)')
    parse.add_argument('--out', metavar='DIR', help='the folder (results/fuzz/DATE)')
    parse.add_argument('--resume', action='store_true',
                       help='go on with the last campaign, or with that in DIR')
    parse.add_argument('--keep', nargs='?', const=regress.REGRESS, metavar='DIR',
                       help='copy regression tests of what is found to DIR (traces/data/regress/)')
    parse.add_argument('--coverage', action='store_true',
                       help='no campaign: what the committed corpus reaches of the core')
    parse.add_argument('--speed', action='store_true',
                       help='no campaign: executions a second, beside an empty target')
    parse.add_argument('--corpus', nargs='+', metavar='DIR',
                       help='no campaign: add what is in DIR to fuzz/corpus/T, and make that small')
    parse.add_argument('--bugs', action='store_true',
                       help='no campaign: seeded bugs against each engine (--bugs --help)')
    parse.add_argument('--mutants', action='store_true',
                       help='no campaign: every small change of the core; --mutants --help')
    parse.add_argument('--list', action='store_true', help='what can be fuzzed')
    return parse


def seconds_of(given, default):
    for value, unit in ((given.hours, 3600), (given.minutes, 60), (given.seconds, 1)):
        if value:
            return value * unit
    return default


def engine_of(given, known):
    """The engine meant, or what there is."""
    engine = given or known or 'both'
    if 'afl' in roles.engines_of(engine) and not machine.have('afl-fuzz'):
        if given:
            raise SetUpMissing('no afl-fuzz (on Debian: afl++)')
        print('lookaside fuzz: no afl-fuzz (on Debian: afl++): with libFuzzer alone',
              file=sys.stderr)
        return 'libfuzzer'
    return engine


def options_of(given, known, programs):
    """From the command line, and from an earlier sitting."""
    cores = machine.cores()
    return Options(targets=programs.named(given.target) if given.target or not known
                   else known['targets'],
                   engine=engine_of(given.engine, known.get('engine')),
                   seconds=seconds_of(given, known.get('seconds_wanted', 3600.0)),
                   jobs=given.jobs or known.get('jobs') or len(cores), cores=cores)


def folder_of(given):
    """The folder, and what an earlier sitting wrote there ({} if there was none)."""
    folder = given.out or (paths.last_folder() if given.resume else paths.new_folder())
    if folder is None:
        raise NothingSuch('--resume: no campaign in results/fuzz/')
    folder = os.path.abspath(folder)
    known = campaign.state_of(folder) if os.path.isdir(folder) else None
    if given.resume and known is None:
        error = CampaignError(f'--resume: {folder} has no campaign.json')
        raise error
    if known and not given.resume:
        raise NothingSuch(f'{folder} has a campaign already; --resume goes on with it')
    return folder, known or {}


def show_speed(given, programs, build):
    """A table, line by line as it is measured; --seconds is for each trial."""
    seconds = int(seconds_of(given, 5))
    programs.build([], instance.libraries(build))
    for line in speed.table(programs, programs.named(given.target), seconds,
                            instance.settings_of(build),
                            lambda text: print(text, file=sys.stderr)):
        print(line, flush=True)
    return 0


def commit_corpus(given, programs, build):
    """Of the families named; each DIR is for all of them."""
    lost = [folder for folder in given.corpus if not os.path.isdir(folder)]
    if lost or not given.target:
        raise NothingSuch(f'--corpus: no folder {lost[0]}' if lost else
                          '--corpus: say with --target whose inputs they are')
    for family in dict.fromkeys(map(family_of, programs.named(given.target))):
        before, after = minimal_corpus.commit(programs, family, given.corpus,
                                              instance.settings_of(build)(family))
        print(f'fuzz/corpus/{family}: {before} inputs before, {after} now')
    return 0


def run(given):
    for proof in PROOFS:
        if getattr(given, proof[2:]):
            raise NothingSuch(f'{proof} comes first: ./lookaside fuzz {proof} --help')
    build = os.environ.get('LOOKASIDE_BUILD', os.path.join(paths.ROOT, 'build'))
    programs = Programs(build)
    if given.list:
        for target in programs.targets():
            if target != 'empty':
                print(target)
        return 0
    if given.coverage:
        return core_coverage.run(programs, given.out or os.path.join(paths.RESULTS, 'coverage'))
    if given.corpus:
        return commit_corpus(given, programs, build)
    if given.speed:
        return show_speed(given, programs, build)
    folder, known = folder_of(given)
    options = options_of(given, known, programs)
    if 'afl' in roles.engines_of(options.engine):
        for message in machine.quirks():
            print(f'lookaside fuzz: {message}', file=sys.stderr)
    going = campaign.Campaign(folder, options, programs, instance.settings_of(build))
    programs.build(going.needed_programs(), ['cli/lookaside', *instance.libraries(build)])
    watcher = status.Watcher()
    watcher.say(f'fuzzing {len(going.works)} targets with {len(going.instances())} instances on '
                f'{options.jobs} cores for {status.duration(options.seconds)}, in {folder}')
    going.run(watcher)
    watcher.show(going)
    watcher.clear()
    page = report.Report(going, programs, watcher.say)
    page.make(given.keep, os.path.join(build, 'cli/lookaside'))
    findings = going.findings()
    watcher.say(status.summary(going, watcher.pace))
    print(os.path.join(folder, 'report.md'))
    return 1 if findings else 0


# What proves the net, instead of using it: programs of their own, with their own --help.
PROOFS = {'--bugs': 'hunt.py', '--mutants': 'mutation.py'}


def hand_over(words):
    """If a proof is asked for, this program becomes it."""
    if not words or words[0] not in PROOFS:
        return
    build = os.environ.get('LOOKASIDE_BUILD', os.path.join(paths.ROOT, 'build'))
    script = os.path.join(paths.ROOT, 'fuzz/bugs', PROOFS[words[0]])
    os.execv(sys.executable, [sys.executable, '-B', script, '--root', paths.ROOT, '--build', build,
                              *words[1:]])


def main():
    hand_over(sys.argv[1:])
    given = parser().parse_args()
    try:
        sys.exit(run(given))
    except CampaignError as error:
        print(f'lookaside fuzz: {error}', file=sys.stderr)
        sys.exit(error.code)
    except KeyboardInterrupt:
        print('\nlookaside fuzz: ended at once; --resume goes on', file=sys.stderr)
        sys.exit(1)


main()
