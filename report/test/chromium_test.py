# SPDX-License-Identifier: 0BSD
"""The page as a browser lays it out: nothing is wider than a phone's or a desk's window except what
scrolls within itself. usage: chromium_test.py REPORT_PROGRAM SOURCE_ROOT
"""
import html
import json
import os
import re
import shutil
import subprocess
import tempfile

from program import check, read, report, save, save_inputs, tap, tree

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--hide-scrollbars']
WIDTHS = [390, 768, 1280]

# Put into the test's copy only, which lies in a frame, because a window cannot be as narrow as a
# phone's: what was laid out becomes the title of the page around it.
PROBE = """<script>
const root = document.documentElement;
const widths = [...document.querySelectorAll('figure svg')].map(
    svg => Math.round(svg.getBoundingClientRect().width));
const tables = [...document.querySelectorAll('.scroll')];
const size = e => parseFloat(getComputedStyle(e).fontSize);
parent.document.title = JSON.stringify([innerWidth, root.scrollWidth, Math.min(...widths),
    Math.max(...widths), tables.filter(t => t.scrollWidth > t.clientWidth + 1).length,
    Math.min(...[...document.querySelectorAll('p,li,td,th,dd')].map(size))]);
</script>"""
WIDER = '<div style="width:3000px">wide</div>'


def browse(name, *arguments):
    with tempfile.TemporaryDirectory(prefix='report-chromium-') as folder:
        return subprocess.run([CHROMIUM, *FLAGS, '--user-data-dir=' + folder, *arguments,
                               'file://' + os.path.abspath(name)], check=False, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def laid_out(text, width):
    probe = html.escape(text.replace('</body>', PROBE + '</body>'))
    save('probe.html', f'<title>none</title><iframe width="{width}" height="2000" '
         f'style="border:0" srcdoc="{probe}"></iframe>')
    page = browse('probe.html', '--dump-dom').decode()
    found = re.search(r'<title>(\[.*?\])</title>', page)
    return json.loads(found.group(1)) if found else None


def check_width(text, width):
    facts = laid_out(text, width)
    if not facts:
        check(f'{width} pixels', (False, 'the browser did not lay it out'))
        return
    window, scroll, picture_min, picture_max, _, font = facts
    check(f'nothing is wider than {width} pixels', (window == width, f'a window of {window}'),
          (scroll <= window, f'{scroll} pixels wide'),
          (min(300, width / 2) <= picture_min and picture_max <= width,
           f'pictures from {picture_min} to {picture_max}'),
          (font >= 10, f'letters of {font} pixels'))


def main():
    if not CHROMIUM:
        tree.skip_all('chromium is missing (package chromium)')
    if not shutil.which('gnuplot'):
        tree.skip_all('gnuplot is missing (package gnuplot-nox)')
    with tempfile.TemporaryDirectory(prefix='report-test-') as folder:
        os.chdir(folder)
        save_inputs()
        report(folder='all')
        text = read('all/results/report.html')
        if laid_out('<html><body></body></html>', 600) is None:
            tree.skip_all('chromium does not start here')
        for width in WIDTHS:
            check_width(text, width)
        facts = laid_out(text.replace('<main>', WIDER + '<main>'), WIDTHS[0])
        check('what is too wide would be seen', (facts and facts[1] > facts[0], facts))
        facts = laid_out(text, WIDTHS[0])
        check('wide tables scroll within themselves on a phone', (facts and facts[4] > 0, facts))
        browse('all/results/report.html', '--print-to-pdf=page.pdf', '--no-pdf-header-footer')
        check('it prints', (os.path.isfile('page.pdf') and os.path.getsize('page.pdf') > 10000,
                            os.listdir('.')))
        os.chdir('/')
    tap.finish()


main()
