# SPDX-License-Identifier: 0BSD
"""The end of a campaign: corpora made small, crashes too, coverage, pictures, and one page."""
import os
import platform

import corpus
import coverage
import crashes
import minimal_corpus
import paths
import plots
import regress
from errors import CampaignError
from status import duration, short


def sources_of(targets):
    """Parts of the tree whose coverage these targets are for."""
    if all(target.startswith('canary') for target in targets):
        return ['/fuzz/test/']
    parts = ['/traces/import/'] if any(paths.format_of(target) for target in targets) else []
    others = [target for target in targets if not paths.format_of(target)]
    return parts + (['/core/src/'] if others else [])


class Report:
    def __init__(self, campaign, programs, say):
        self.campaign = campaign
        self.programs = programs
        self.say = say
        self.folder = campaign.folder
        self.files = {}  # of the sources -> their coverage
        self.left = {}  # target -> inputs that are left
        self.trouble = []

    def make(self, keep, lookaside):
        """All of it; the page is written last, even if a part of it could not be done. `keep` is
        where regression tests are copied to, or None.
        """
        for step in (self.minimise_corpora, self.measure_coverage):
            try:
                step()
            except (CampaignError, OSError) as error:
                self.trouble.append(str(error).strip())
        self.minimise_crashes()
        kept = []
        for finding in self.campaign.findings():
            regress.propose(finding, lookaside)
            kept += regress.keep(finding, keep) if keep else []
        pictures = plots.draw(self.folder)
        self.write_page(pictures, kept)

    def minimise_corpora(self):
        for work in self.campaign.works:
            target = work.target
            program = self.programs.find('libfuzzer', target.name, 'bare')
            if program is None:
                continue
            self.say(f'{target.name}: minimising its corpus')
            self.programs.build([program])
            self.left[target.name] = minimal_corpus.minimise(program, target,
                                                             work.triage.settings)

    def minimise_crashes(self):
        for work in self.campaign.works:
            for finding in crashes.findings_of(work.target):
                self.say(f'{work.target.name}: minimising {finding.name}')
                work.triage.minimise(finding)

    def measure_coverage(self):
        measured = coverage.Coverage(os.path.join(self.folder, 'coverage'))
        names = [work.target.name for work in self.campaign.works]
        programs = {name: self.programs.find('coverage', name, 'bare') for name in names}
        programs = {name: program for name, program in programs.items() if program}
        self.say('measuring coverage')
        self.programs.build(list(programs.values()))
        for work in self.campaign.works:
            if work.target.name in programs:
                folder = work.target.minimised
                measured.run(programs[work.target.name], corpus.files_below(folder),
                             work.triage.settings)
        measured.merge()
        for part in sources_of(names):
            self.files.update(measured.files(part))
            measured.html(part)

    # -- The page ----------------------------------------------------------------------------

    def write_page(self, pictures, kept):
        lines = ['# Fuzzing campaign', '', *self.summary(), '', '## Findings', '',
                 *self.findings(kept), '', '## Targets', '', *self.targets(), '',
                 '## Instances', '', *self.instances(), '', '## Coverage', '', *self.coverage()]
        if pictures:
            lines += ['', '## Over time', ''] + [f'![{path}]({path})' for path in pictures]
        if self.trouble:
            lines += ['', '## What could not be done', ''] + [f'- {text}' for text in self.trouble]
        corpus.write(os.path.join(self.folder, 'report.md'), ('\n'.join(lines) + '\n').encode())

    def summary(self):
        campaign = self.campaign
        execs = sum(one.all_execs for one in campaign.instances())
        cpu = sum(one.ran_seconds for one in campaign.instances())
        yield (f'{duration(campaign.seconds)} on {campaign.options.jobs} cores '
               f'({platform.machine()}), engine {campaign.options.engine}: {short(execs)} '
               f'executions ({short(execs / cpu if cpu else 0)} a core-second), '
               f'{len(campaign.findings())} findings.')

    def findings(self, kept):
        findings = self.campaign.findings()
        if not findings:
            return ['None.']
        lines = ['| name | target | oracle | where | after | by | bytes |', '|---|' + '---|' * 6]
        for finding in findings:
            about = finding.about
            where = ' < '.join(about['frames']) or '?'
            link = os.path.relpath(finding.folder, self.folder)
            lines.append(f'| [{finding.name}]({link}) | {about["target"]} | {about["oracle"]} | '
                         f'{where} | {duration(about["seconds"])} | {about["found_by"]} | '
                         f'{os.path.getsize(finding.smallest)} |')
        lines += ['', 'Each folder has the inputs, the smallest of them (`minimal`), what the '
                  'program said (`report.txt`), and files for a regression test (`regress/`).']
        lines += [f'Kept: {os.path.relpath(path, paths.ROOT)}' for path in kept]
        return lines

    def targets(self):
        lines = ['| target | executions | coverage libFuzzer | AFL++ | inputs | minimised |',
                 '|---|' + '---|' * 5]
        for work in self.campaign.works:
            execs = sum(one.all_execs for one in work.instances)
            lines.append(f'| {work.target.name} | {short(execs)} | {work.best("libfuzzer")} | '
                         f'{work.best("afl")} | {work.inputs} | '
                         f'{self.left.get(work.target.name, "-")} |')
        return lines

    def instances(self):
        lines = ['| instance | what | time | executions | a second |', '|---|' + '---|' * 4]
        for one in self.campaign.instances():
            rate = one.all_execs / one.ran_seconds if one.ran_seconds else 0
            lines.append(f'| {one.name} | {one.role.about} | {duration(one.ran_seconds)} | '
                         f'{short(one.all_execs)} | {short(rate)} |')
        never = [one.name for one in self.campaign.instances() if one.ran_seconds == 0]
        if never:
            lines += ['', f'{len(never)} instances had no turn: the campaign was too short for '
                      'them.']
        return lines

    def coverage(self):
        if not self.files:
            return ['Not measured.']
        return coverage.as_table(self.files) + ['', 'Line by line: [coverage/html/index.html]'
                                           '(coverage/html/index.html).']
