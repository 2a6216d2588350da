# SPDX-License-Identifier: 0BSD
"""The object that `info --json` must print, made from the records of info_oracle.py."""
import bisect

from info_oracle import COMMITS, LOSSES, PAGE, SEGMENT, at, ppm, spread


def sizes(oracle):
    made = oracle.things['block']
    area = {}
    for size, since, until in oracle.sizes_lived:
        area[size] = area.get(size, 0) + size * (until - since)
    whole = sum(area.values())
    counts = {}
    for size in oracle.requests:
        counts[size] = counts.get(size, 0) + 1
    edges = sorted({0, 1} | {2 ** k + i * max(1, 2 ** k // oracle.steps)
                             for k in range(33) for i in range(1, min(2 ** k, oracle.steps) + 1)})
    classes = {}
    for size, count in sorted(counts.items()):
        row = classes.setdefault(edges[bisect.bisect_left(edges, size)], [0, 0])
        row[0] += count
        row[1] += area.get(size, 0)
    frequent = sorted(counts, key=lambda size: (-counts[size], size))[:32]
    zeroed = [block for block in made if block.word == 'alloc-zeroed']
    aligned = [block.align for block in made if block.word == 'alloc-aligned']
    return {
        'requests': len(oracle.requests), 'request_bytes': sum(oracle.requests),
        'different': len(counts), 'allocations': len(made),
        'allocation_bytes': sum(block.first[0] for block in made),
        'zeroed': len(zeroed), 'zeroed_bytes': sum(block.first[0] for block in zeroed),
        'request_quantiles': quantiles(lambda p: at(sorted(oracle.requests), p)),
        'live_byte_quantiles': quantiles(lambda p: live_at(sorted(area.items()), whole, p)),
        'histogram': [{'bytes_max': edge, 'requests': row[0], 'live_ppm': ppm(row[1], whole)}
                      for edge, row in classes.items()],
        'most_frequent': [{'bytes': size, 'requests': counts[size],
                           'live_ppm': ppm(area.get(size, 0), whole)} for size in frequent],
        'aligned': [{'align_bytes': align, 'allocations': aligned.count(align)}
                    for align in sorted(set(aligned))],
    }


def quantiles(size_at):
    return {name: size_at(permille) for name, permille in dict(
        min=0, p10=100, p25=250, p50=500, p75=750, p90=900, p95=950, p99=990, max=1000).items()}


def live_at(areas, whole, permille):
    seen = 0
    for size, area in areas:
        seen += area
        if area and seen * 1000 >= whole * permille:
            return size
    return 0


def lifetimes(oracle):
    dead = [block.died for block in oracle.things['block'] if block.died]
    alive = oracle.live['block'].values()
    classes = {}
    for _, age, size in dead:
        row = classes.setdefault(1 if age <= 1 else 2 ** (age - 1).bit_length(), [0, 0])
        row[0] += 1
        row[1] += size
    return {
        'freed': len(dead), 'freed_bytes': sum(size for _, _, size in dead),
        'freed_with_heap': oracle.with_heap, 'never_freed': len(alive),
        'never_freed_bytes': sum(block.size for block in alive),
        'lifetime_bytes': spread([age for _, age, _ in dead]),
        'lifetime_ops': spread([ops for ops, _, _ in dead]),
        'histogram': [{'lifetime_bytes_max': edge, 'blocks': row[0], 'bytes': row[1]}
                      for edge, row in sorted(classes.items())],
    }


def reallocs(oracle):
    grew = [(old, new) for old, new in oracle.resizes if new > old]
    shrank = [(old, new) for old, new in oracle.resizes if new < old]
    buckets = oracle.buckets
    small = [pair for pair in oracle.resizes if max(pair) <= buckets[-1]]
    return {
        'allocated': sum(block.word == 'realloc' for block in oracle.things['block']),
        'grew': len(grew), 'shrank': len(shrank),
        'same': len(oracle.resizes) - len(grew) - len(shrank),
        'grown_bytes': sum(new - old for old, new in grew),
        'shrunk_bytes': sum(old - new for old, new in shrank),
        'kept_bytes': sum(min(pair) for pair in oracle.resizes),
        'same_default_bucket': sum(bisect.bisect_left(buckets, old) ==
                                   bisect.bisect_left(buckets, new) for old, new in small),
        'growth_percent': spread([new * 100 // old for old, new in grew if old]),
        'times_of_one_block': spread([block.reallocs for block in oracle.things['block']
                                      if block.reallocs]),
    }


def recorded(oracle):
    known = [block.first for block in oracle.things['block'] if block.first[1]]
    asked, taken = (sum(column) for column in zip((0, 0), *known))
    mean_asked, mean_taken = (sum(column) for column in zip((0, 0), *oracle.recorded_ticks))
    return {
        'requests': len(known), 'request_bytes': asked, 'recorded_bytes': taken,
        'sum_ppm': ppm(taken, asked), 'mean_ppm': ppm(mean_taken, mean_asked),
        'peak_ppm': ppm(oracle.recorded_at_peak[1], oracle.recorded_at_peak[0]),
    }


def inside(page):
    return page % SEGMENT != 0


def ranges(of):
    """`of` is a list of (pages from a segment's start to the region, its pages, offset, pages)."""
    real = [(first, pages, offset, min(offset + count, pages), count)
            for first, pages, offset, count in of if count]
    return {
        'count': len(of), 'pages': sum(count for *_, count in of),
        'whole': sum(offset == 0 and end == pages for _, pages, offset, end, _ in real),
        'off_segment': sum((offset > 0 and inside(first + offset)) or
                           (end < pages and inside(first + end))
                           for first, pages, offset, end, _ in real),
    }


def regions(oracle):
    made = oracle.things['region']
    pages = [region.pages for region in made]
    classes = {}
    for count in pages:
        edge = 1 if count <= 1 else 2 ** (count - 1).bit_length()
        classes[edge] = classes.get(edge, 0) + 1
    resizes = [pair for region in made for pair in region.resizes]
    level = oracle.levels['region_pages']
    where = [region.where for region in made]
    return {
        **{name: where.count(name) for name in ('best_fit', 'lowest', 'highest', 'fixed')},
        'fixed_off_segment': sum(region.inside > 0 for region in made),
        'aligned_above_page': sum(region.align > 1 for region in made),
        'aligned_above_segment': sum(region.align > SEGMENT for region in made),
        'below_segment': sum(count < SEGMENT for count in pages),
        'off_segment': sum(inside(count) for count in pages),
        'segments_peak': oracle.segments.peak,
        'segment_sum_ppm': ppm(SEGMENT * sum(r.first_segments for r in made), sum(pages)),
        'segment_mean_ppm': ppm(SEGMENT * sum(oracle.segments.ticks), sum(level.ticks)),
        'segment_peak_ppm': ppm(SEGMENT * oracle.segments_at_peak, level.peak),
        'grew': sum(new > old for old, new in resizes),
        'shrank': sum(new < old for old, new in resizes),
        'reserved_pages': spread(pages),
        'histogram': [{'pages_max': edge, 'reserved': count}
                      for edge, count in sorted(classes.items())],
        'commits': ranges(oracle.commits['commit']),
        'decommits': ranges(oracle.commits['decommit']),
    }


def faults(touches, committed):
    count = 0
    for page in touches:
        if page >= committed:
            count += 1
            committed = page + 1
    return count


def stacks(oracle):
    made = oracle.things['stack']
    depths = [max(stack.touches, default=-1) + 1 for stack in made]
    steps = []
    for stack in made:
        for i, page in enumerate(stack.touches):
            deepest = max(stack.touches[:i], default=page)
            if page > deepest:
                steps.append(page - deepest)
    names = {'grew_1_page': (1, 1), 'grew_2_pages': (2, 2), 'grew_3_to_8_pages': (3, 8),
             'grew_9_to_16_pages': (9, 16), 'grew_above_16_pages': (17, 2 ** 32)}
    return {
        'touches': sum(len(stack.touches) for stack in made),
        'first_touches': sum(bool(stack.touches) for stack in made),
        **{name: sum(low <= step <= high for step in steps)
           for name, (low, high) in names.items()},
        'reserved_pages': spread([stack.pages[0] for stack in made]),
        'committed_pages': spread([stack.pages[1] for stack in made]),
        'guard_pages': spread([stack.pages[2] for stack in made]),
        'touched_pages': spread(depths),
        'precommit': [{'pages': n, 'never_fault': sum(depth <= n for depth in depths),
                       'faults': sum(faults(stack.touches, n) for stack in made),
                       'unused_pages': sum(max(0, n - depth) for depth in depths)}
                      for n in COMMITS],
    }


def labels(oracle):
    texts = {}
    for key, value in oracle.header:
        number, _, text = value.partition(' ')
        if key == 'label' and number.isdigit() and text:
            texts.setdefault(int(number), text)

    def top(column):
        order = sorted(oracle.labels, key=lambda n: (-column(oracle.labels[n]), n))
        return [{'number': n, 'text': texts.get(n, ''), 'objects': oracle.labels[n][0],
                 'bytes': oracle.labels[n][1], 'peak_bytes': oracle.labels[n][2].peak,
                 'peak_op': oracle.labels[n][2].peak_op,
                 'end_bytes': oracle.labels[n][2].now} for n in order[:32]]
    return {'count': len(oracle.labels), 'by_objects': top(lambda label: label[0]),
            'by_peak_bytes': top(lambda label: label[2].peak)}


def actors(oracle, who):
    ops = oracle.actors[who]
    busiest = sorted(ops, key=lambda number: (-ops[number], number))[:16]
    return {'count': len(ops), 'far_frees': oracle.far[who, 'free'],
            'far_reallocs': oracle.far[who, 'realloc'],
            'busiest': [{'number': number, 'ops': ops[number]} for number in busiest]}


def unknown(oracle):
    lines = []
    for key, value in oracle.header:
        if key in LOSSES:
            line = {'key': key, 'text': value}
            if value.split(' ')[0].isdigit():
                line['count'] = int(value.split(' ')[0])
            lines.append(line)
    return lines


def answer(oracle):
    """All but what is about the file: its name, form, size and damage."""
    return {
        'text': [list(line) for line in oracle.header], 'ops': len(oracle.ops),
        'acts': oracle.acts, 'skipped': oracle.skipped, 'time_ns': oracle.time,
        'kinds': oracle.kinds, 'slots': oracle.slots, 'marks': oracle.marks[:64],
        'threads': actors(oracle, 'thread'), 'cpus': actors(oracle, 'cpu'),
        'live': {name: level.answer() for name, level in oracle.levels.items()},
        'sizes': sizes(oracle), 'lifetimes': lifetimes(oracle), 'reallocs': reallocs(oracle),
        'recorded': recorded(oracle), 'regions': regions(oracle), 'stacks': stacks(oracle),
        'labels': labels(oracle), 'unknown': unknown(oracle),
    }
