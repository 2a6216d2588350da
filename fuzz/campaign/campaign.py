# SPDX-License-Identifier: 0BSD
"""A campaign: which instances there are, whose turn it is on which core, and what is known so far.

Everything that is found is a file at the moment it is found, by the engine's own doing. What is
kept here on top, times and counts, is written aside and renamed every few seconds, so a campaign
that was killed goes on from there.
"""
import fcntl
import json
import os
import time

import corpus
import crashes
import instance
import paths
import roles
import signature
from errors import NothingSuch, SetUpMissing

TICK_SECONDS = 1.0
SAVE_SECONDS = 5.0
SYNC_SECONDS = 60.0  # how much a machine that is switched off can lose
SLICE_SECONDS = (10.0, 1200.0)  # the shortest and longest turn
HISTORY = ('seconds', 'target', 'execs', 'rate', 'coverage_libfuzzer', 'coverage_afl', 'inputs',
           'findings')


class Work:
    """What goes on at one target."""

    def __init__(self, folder, name, programs, settings, places):
        self.target = paths.Target(folder, name)
        self.target.make()
        self.triage = crashes.Triage(self.target, programs, settings, places)
        self.exchange = corpus.Exchange(self.target.afl, self.target.corpus)
        self.instances = []
        self.last_find_seconds = 0.0
        self.inputs = 0

    def prepare(self):
        corpus.gather(self.target.seeds, paths.seeds_of(self.target.name))
        corpus.put(self.target.seeds, bytes(8))  # an input in which nothing happens

    def best(self, engine):
        return max((one.coverage for one in self.instances if one.role.engine == engine), default=0)


class Campaign:
    def __init__(self, folder, options, programs, settings):
        self.folder = folder
        self.options = options  # targets, engine, seconds, jobs, cores
        self.programs = programs
        self.settings = settings  # by target, environment of its binaries
        self.seconds_before = 0.0  # of earlier sittings
        self.begun = None  # of this sitting, while it runs
        self.works = []
        self.events = []  # lines for whoever watches
        self.saved = self.synced = 0.0
        os.makedirs(folder, exist_ok=True)
        self.lock = open(os.path.join(folder, 'lock'), 'w', encoding='ascii')
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetUpMissing(f'another campaign is running in {folder}') from None
        self.recruit()
        self.recall()

    # -- What there is -----------------------------------------------------------------------

    def recruit(self):
        places = signature.Places(paths.ROOT)
        for name in self.options.targets:
            work = Work(self.folder, name, self.programs, self.settings(name), places)
            for role in roles.ROLES:
                program = self.programs.find(role.engine, name, role.kind, role.width)
                if program and role.engine in roles.engines_of(self.options.engine):
                    work.instances.append(
                        instance.make(role, program, work.target, self.settings(name)))
            if work.instances:
                self.works.append(work)
        if not self.works:
            raise NothingSuch(f'no program of {self.options.engine} for these targets')

    def instances(self):
        return [one for work in self.works for one in work.instances]

    def needed_programs(self):
        """What has to be built: the instances' and the witnesses'."""
        needed = {one.program.name: one.program for one in self.instances()}
        for work in self.works:
            for program in work.triage.programs():
                needed[program.name] = program
        return list(needed.values())

    def findings(self):
        return [finding for work in self.works for finding in crashes.findings_of(work.target)]

    # -- State -------------------------------------------------------------------------------

    @property
    def seconds(self):
        """Of fuzzing, all sittings together."""
        now = time.monotonic() - self.begun if self.begun is not None else 0.0
        return self.seconds_before + now

    @property
    def over(self):
        return self.seconds >= self.options.seconds

    def save(self):
        state = {'targets': self.options.targets, 'engine': self.options.engine,
                 'seconds_wanted': self.options.seconds, 'seconds': round(self.seconds, 1),
                 'jobs': self.options.jobs, 'instances': {
                     one.name: {'seconds': round(one.ran_seconds, 1), 'execs': one.all_execs,
                                'coverage': one.coverage, 'inputs': one.inputs}
                     for one in self.instances()},
                 'last_find_seconds': {work.target.name: round(work.last_find_seconds, 1)
                                       for work in self.works}}
        corpus.write(os.path.join(self.folder, 'campaign.json'),
                     (json.dumps(state, indent=2) + '\n').encode())

    def recall(self):
        state = state_of(self.folder)
        if state is None:
            return
        self.seconds_before = state['seconds']
        for one in self.instances():
            known = state['instances'].get(one.name, {})
            one.ran_seconds = known.get('seconds', 0.0)
            one.execs = known.get('execs', 0)
            one.coverage = known.get('coverage', 0)
            one.inputs = known.get('inputs', 0)
        for work in self.works:
            work.last_find_seconds = state['last_find_seconds'].get(work.target.name, 0.0)
            work.inputs = len(os.listdir(work.target.corpus))

    def note_history(self):
        path = os.path.join(self.folder, 'history.tsv')
        is_new = not os.path.exists(path)
        with open(path, 'a', encoding='ascii') as file:
            if is_new:
                file.write('\t'.join(HISTORY) + '\n')
            for work in self.works:
                file.write('\t'.join(map(str, (
                    round(self.seconds, 1), work.target.name,
                    sum(one.all_execs for one in work.instances),
                    round(sum(one.rate for one in work.instances if one.running)),
                    work.best('libfuzzer'), work.best('afl'), work.inputs,
                    len(crashes.findings_of(work.target))))) + '\n')

    # -- Turns -------------------------------------------------------------------------------

    def slice_seconds(self):
        """So that each instance has two turns, within bounds."""
        turns = max(1.0, 2.0 * len(self.instances()) / self.options.jobs)
        return min(max(self.options.seconds / turns, SLICE_SECONDS[0]), SLICE_SECONDS[1])

    def slots(self):
        """Core and engines of each job. With both engines, every other job is AFL++'s."""
        engines = roles.engines_of(self.options.engine)
        cores = self.options.cores
        for job in range(self.options.jobs):
            core = cores[job] if self.options.jobs <= len(cores) else None
            yield job, core, [engines[job % len(engines)]] if self.options.jobs > 1 else engines

    def next_instance(self, engines):
        """Who had least of its share. One that is not built or keeps dying waits."""
        now = time.monotonic()
        ready = [(one.ran_seconds / one.role.share, index, one)
                 for index, one in enumerate(self.by_role())
                 if not one.running and one.role.engine in engines and one.not_before <= now]
        return min(ready)[2] if ready else None

    def by_role(self):
        """The first role at each target, then the second: a short campaign sees each target."""
        ranks = {role.name: rank for rank, role in enumerate(roles.ROLES)}
        return sorted(self.instances(), key=lambda one: ranks[one.role.name])

    def fill(self, slots):
        """Stop whose turn is over, start the next. `slots` maps a job to its instance."""
        limit = self.slice_seconds()
        for job, core, engines in self.slots():
            one = slots.get(job)
            if one and one.running and time.monotonic() - one.started > limit and (
                    len(self.instances()) > self.options.jobs):
                one.stop()
            if one is None or not one.running:
                slots[job] = self.next_instance(engines)
                if slots[job]:
                    slots[job].start(core, limit)

    def tick(self, slots):
        """One round: look at everyone, exchange, file at most one new crash a target."""
        for one in self.instances():
            if one.running:
                one.look()
        for work in self.works:
            work.exchange.step()
            inputs = len(os.listdir(work.target.corpus))
            if inputs > work.inputs:
                work.inputs, work.last_find_seconds = inputs, self.seconds
            self.look_at_crashes(work)
        self.fill(slots)
        if self.seconds - self.saved >= SAVE_SECONDS:
            self.saved = self.seconds
            self.save()
            self.note_history()
        if self.seconds - self.synced >= SYNC_SECONDS:
            self.synced = self.seconds
            os.sync()

    def look_at_crashes(self, work, most=1):
        waiting = work.triage.waiting()
        if waiting:
            crashes.drop_from_corpus(work.target)
        for path in waiting[:most]:
            finding = work.triage.look_at(path, self.seconds)
            if finding:
                self.events.append(f'{work.target.name}: {finding.name}: '
                                   f'{finding.about["words"]}')

    def run(self, watcher):
        """Until the time is over, or the watcher says stop. What runs is stopped in any case."""
        self.begun = time.monotonic()
        self.saved = self.synced = self.seconds
        for work in self.works:
            work.prepare()
        self.save()
        slots = {}
        try:
            while not self.over and not watcher.stop:
                self.tick(slots)
                watcher.show(self)
                time.sleep(min(TICK_SECONDS, max(0.05, self.options.seconds - self.seconds)))
        finally:
            for one in self.instances():
                one.stop()
            for work in self.works:
                work.exchange.step()
            self.save()
            self.note_history()
        self.seconds_before, self.begun = self.seconds, None
        for work in self.works:
            self.look_at_crashes(work, most=1000)


def state_of(folder):
    """What a campaign wrote about itself; None if there is nothing."""
    content = corpus.read(os.path.join(folder, 'campaign.json'))
    return json.loads(content) if content else None
