# SPDX-License-Identifier: 0BSD
"""Make a failing input small: fewer units, then plainer ones. Zeller's ddmin over operations.

Source: Zeller & Hildebrandt 2002, "Simplifying and isolating failure-inducing input".
"""
HEAD_BYTES = 8
RECORD_BYTES = 4
TRIALS_MAX = 3000  # of one crash


class Budget:
    """So many more trials; a fails() that has run out of them says no to everything."""

    def __init__(self, fails, trials):
        self.fails = fails
        self.left = trials
        self.known = {}

    def __call__(self, content):
        if content not in self.known:
            if self.left <= 0:
                return False
            self.left -= 1
            self.known[content] = self.fails(content)
        return self.known[content]


def ddmin(units, fails):
    """The fewest of the units, in their order, with which fails() holds; it holds with all."""
    chunks = 2
    while len(units) >= 1:
        size = max(1, len(units) // chunks)
        for start in range(0, len(units), size):
            rest = units[:start] + units[start + size:]
            if fails(rest):
                units = rest
                chunks = max(2, chunks - 1)
                break
        else:
            if size == 1:
                return units
            chunks = min(len(units), chunks * 2)
    return units


def records_of(content):
    """Header and records; what is left over at the end means nothing and is the last unit."""
    body = content[HEAD_BYTES:]
    return content[:HEAD_BYTES], [body[at:at + RECORD_BYTES]
                                  for at in range(0, len(body), RECORD_BYTES)]


def lines_of(content):
    """Text by line, anything else by eight bytes."""
    if b'\0' not in content:
        return b'', content.splitlines(keepends=True)
    return b'', [content[at:at + 8] for at in range(0, len(content), 8)]


def plainer(content, fails):
    """Bytes that do not matter become 0."""
    for at in range(len(content)):
        if content[at] != 0:
            trial = content[:at] + b'\0' + content[at + 1:]
            if fails(trial):
                content = trial
    return content


def minimise(content, fails, split=records_of, trials=TRIALS_MAX):
    """The smallest input found with which fails() holds."""
    fails = Budget(fails, trials)
    head, units = split(content)
    units = ddmin(units, lambda some: fails(head + b''.join(some)))
    small = head + b''.join(units)
    if split is records_of:
        small = plainer(small, fails)
    elif len(units) == 1:
        small = b''.join(ddmin([units[0][at:at + 1] for at in range(len(units[0]))],
                               lambda some: fails(b''.join(some))))
    return small
