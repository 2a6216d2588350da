/* SPDX-License-Identifier: 0BSD */
/* lookaside-cost: takes the time. A small program of its own, so that it can be built for i386 and
 * against musl too, where no other library is at hand. It opens one thing to measure and answers
 * commands (serve.h); `lookaside bench` runs many of it and makes tables of the answers.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "frames_serve.h"
#include "heap_serve.h"
#include "heaps_serve.h"
#include "stack_serve.h"
#include "vas_serve.h"
#include "vas_work.h"

enum { EXIT_USAGE = 2 };

#define SEGMENTS_PER_MIB (UINT32_C(1048576) / LA_SEGMENT_BYTES)
#define WINDOW_MIB       2048u /* as the replay interpreter: a 32-bit process can have it too */

struct arguments {
    int subject; /* its option, 0: none yet */
    const char *work;
    uint32_t ops_max;
    struct heap_options heap;
};

static const struct option options[] = {
    { "heap", required_argument, NULL, 'h' },
    { "vas", required_argument, NULL, 'v' },
    { "vas-ops", required_argument, NULL, 'V' },
    { "stack", required_argument, NULL, 's' },
    { "stack-ops", required_argument, NULL, 'S' },
    { "heaps", required_argument, NULL, 'H' },
    { "fault", no_argument, NULL, 'f' },
    { "frames", required_argument, NULL, 'F' },
    { "list", no_argument, NULL, 'l' },
    { "target", required_argument, NULL, 't' },
    { "library", required_argument, NULL, 'L' },
    { "as-shipped", no_argument, NULL, 'a' },
    { "buckets", required_argument, NULL, 'b' },
    { "ops", required_argument, NULL, 'o' },
    { "window-mib", required_argument, NULL, 'w' },
    { "help", no_argument, NULL, '?' },
    { NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: lookaside-cost SUBJECT --target NAME [OPTION...] [COMMAND...]\n"
    "       lookaside-cost --list\n"
    "Takes the time of allocators; `lookaside bench` is made of this. Commands come from the\n"
    "arguments or one a line from standard input; each answer is a line.\n\n"
    "  --heap FILE        replay ops of a heap; commands prove, pass, first, latency, memory, "
    "space,\n"
    "                     count\n"
    "  --vas WORK         an address space; prove, pass, latency, space, count\n"
    "  --vas-ops FILE     the same with recorded ops\n"
    "  --stack WORK       stacks; pass, latency, count\n"
    "  --stack-ops FILE   the same with recorded ops\n"
    "  --heaps WORK       several heaps; pass, count\n"
    "  --fault            fault verdicts; pass, count\n"
    "  --frames WORK      page frames; pass, latency, space, count\n"
    "  --library FILE     the target's shared library\n"
    "  --as-shipped       a peer without settings; ours with a system call a commit\n"
    "  --buckets 16,32    block sizes of ours (the default table)\n"
    "  --ops N            only the first N ops of a heap\n"
    "  --window-mib N     manage the first N MiB of addresses (2048)\n"
    "  --list             targets and works, and which peers there are\n";

/* -- Options ----------------------------------------------------------------------------------- */

static bool parse_number(const char *text, uint32_t max, uint32_t *ret_number)
{
    char *end;

    errno = 0;

    unsigned long long value = strtoull(text, &end, 10);

    if (errno || end == text || *end || *text == '-' || value < 1 || value > max)
        return false;
    *ret_number = (uint32_t)value;
    return true;
}

/* False: the value is not one. */
static bool take_option(struct arguments *arguments, int key, const char *value)
{
    switch (key) {
    case 't': arguments->heap.target = value; return true;
    case 'L': arguments->heap.library = value; return true;
    case 'a': arguments->heap.as_shipped = true; return true;
    case 'b': return buckets_parse(value, &arguments->heap.buckets);
    case 'o': return parse_number(value, UINT32_MAX, &arguments->ops_max);
    case 'w':
        if (!parse_number(value, LA_SEGMENTS / SEGMENTS_PER_MIB, &arguments->heap.window_segments))
            return false;
        arguments->heap.window_segments *= SEGMENTS_PER_MIB;
        return true;
    default:
        if (arguments->subject != 0)
            return false; /* one subject a process */
        arguments->subject = key;
        arguments->work = value;
        return true;
    }
}

/* -- What there is ----------------------------------------------------------------------------- */

static void list(void)
{
    struct peer_library library;
    char message[HEAP_TARGET_MESSAGE_BYTES];

    for (const struct peer_known *known = peers_known; known->name != NULL; known++) {
        if (peer_open(&library, known->name, NULL, true, message, sizeof message) == NULL)
            printf("peer %s %s\n", known->name, library.version);
        else
            printf("missing %s %s\n", known->name, known->package);
    }
    for (uint32_t i = 0; heap_rivals[i] != NULL; i++)
        printf("heap-rival %s %s\n", heap_rivals[i]->name, heap_rivals[i]->what);
    for (uint32_t i = 0; vas_target_name(i) != NULL; i++)
        printf("vas-target %s %s\n", vas_target_name(i), vas_target_find(vas_target_name(i))->what);
    for (uint32_t i = 0; vas_work_name(i) != NULL; i++)
        printf("vas-work %s\n", vas_work_name(i));
    for (unsigned i = 0; stack_work_name(i) != NULL; i++)
        printf("stack-work %s\n", stack_work_name(i));
    for (unsigned i = 0; heaps_work_name(i) != NULL; i++)
        printf("heaps-work %s\n", heaps_work_name(i));
    for (uint32_t i = 0; frames_strategies[i] != NULL; i++)
        printf("frames-target %s %s\n", frames_strategies[i]->name, frames_strategies[i]->what);
    for (unsigned i = 0; frames_work_name(i) != NULL; i++)
        printf("frames-work %s\n", frames_work_name(i));
}

/* What one library is, for a peer that the user names. */
static int list_library(const struct arguments *arguments)
{
    struct peer_library library;
    char message[HEAP_TARGET_MESSAGE_BYTES];
    const char *problem = peer_open(&library, arguments->heap.target, arguments->heap.library, true,
                                    message, sizeof message);

    if (problem != NULL) {
        printf("problem %s\n", problem);
        return EXIT_FAILURE;
    }
    printf("peer %s %s\n", library.name, library.version);
    return EXIT_SUCCESS;
}

/* -- Serving ----------------------------------------------------------------------------------- */

static int serve_subject(const struct arguments *arguments, char *const *commands, int count)
{
    const char *target = arguments->heap.target;

    switch (arguments->subject) {
    case 'h':
        return heap_serve(arguments->work, &arguments->heap, arguments->ops_max, commands, count);
    case 'v': return vas_serve_work(arguments->work, target, commands, count);
    case 'V': return vas_serve_ops(arguments->work, target, commands, count);
    case 's': return stack_serve_work(arguments->work, target, commands, count);
    case 'S': return stack_serve_ops(arguments->work, target, commands, count);
    case 'F': return frames_serve(arguments->work, target, commands, count);
    case 'H': return heaps_serve(arguments->work, target, commands, count);
    default: return fault_serve(target, commands, count);
    }
}

int main(int argc, char **argv)
{
    static struct arguments arguments = { .heap = { .window_segments =
                                                        WINDOW_MIB * SEGMENTS_PER_MIB } };
    int key;

    while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (key == '?' && optopt == 0 && argc == 2 && strcmp(argv[1], "--help") == 0) {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (key == '?')
            return EXIT_USAGE;
        if (!take_option(&arguments, key, optarg)) {
            fprintf(stderr, "lookaside-cost: --%s: '%s' is not what is expected; see --help\n",
                    key == 'o'   ? "ops"
                    : key == 'w' ? "window-mib"
                    : key == 'b' ? "buckets"
                                 : "...",
                    optarg != NULL ? optarg : "");
            return EXIT_USAGE;
        }
    }
    if (arguments.subject == 'l' && arguments.heap.library == NULL) {
        list();
        return EXIT_SUCCESS;
    }
    if (arguments.subject == 0 || arguments.heap.target == NULL) {
        fprintf(stderr, "lookaside-cost: expected a subject and --target; see --help\n");
        return EXIT_USAGE;
    }
    if (arguments.subject == 'l')
        return list_library(&arguments);
#if defined(PR_SET_THP_DISABLE)
    /* Huge pages come when they like, and to some targets only. */
    (void)prctl(PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L);
#endif
    return serve_subject(&arguments, argv + optind, argc - optind);
}
