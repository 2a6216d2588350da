/* SPDX-License-Identifier: 0BSD */
/* Looking around. */
#define _GNU_SOURCE /* asprintf() */
#include "inventory.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

#if defined(__x86_64__)
#define NATIVE_NAME "x86-64"
#else
#define NATIVE_NAME "64-bit"
#endif

const char *const bench_abi_names[BENCH_ABIS] = { NATIVE_NAME, "i386" };

/* Room for the thread-local data of libraries that are opened at run time; jemalloc's needs 3 KiB
 * and glibc has 0.5.
 */
#define TUNABLES      "GLIBC_TUNABLES"
#define TUNABLES_ROOM "glibc.rtld.optional_static_tls=16384"

/* -- Programs ---------------------------------------------------------------------------------- */

/* An executable file `name` beside this program, or where the build puts it. */
static char *find_program(const char *name)
{
    static const char *const places[] = { "", "cost/", "../bench/", "../bench/cost/" };
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1u);
    char *path = NULL;

    if (length < 0)
        return NULL;
    self[length] = '\0';

    const char *folder = dirname(self);

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (asprintf(&path, "%s/%s%s", folder, places[i], name) < 0)
            return NULL;
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

/* It counts only if it runs here: a 32-bit program needs a 32-bit C library. */
static char *find_runnable(const char *name)
{
    char *path = find_program(name);
    const char *argv[] = { path, "--help", NULL };

    if (path != NULL && child_run(argv, NULL, NULL) == 0)
        return path;
    free(path);
    return NULL;
}

static void make_room_for_libraries(void)
{
    const char *now = getenv(TUNABLES);
    char *both = NULL;

    if (now == NULL || *now == '\0') {
        setenv(TUNABLES, TUNABLES_ROOM, 1);
    } else if (strstr(now, "optional_static_tls") == NULL &&
               asprintf(&both, "%s:" TUNABLES_ROOM, now) > 0) {
        setenv(TUNABLES, both, 1);
        free(both);
    }
}

/* -- What they know ---------------------------------------------------------------------------- */

struct listing {
    struct inventory *inventory;
    const char *program;
    const char *library;
    uint32_t abi;
    bool peers_only;
    char *problem; /* copied, or NULL */
};

static void add_name(struct bench_names *names, const char *name)
{
    if (names->count < BENCH_NAMES_MAX)
        snprintf(names->names[names->count++], BENCH_NAME_BYTES, "%s", name);
}

static void add_peer(struct listing *listing, const char *name, const char *version)
{
    struct inventory *inventory = listing->inventory;
    struct bench_peer *peer = &inventory->peers[inventory->peer_count];

    if (inventory->peer_count == BENCH_PEERS_MAX)
        return;
    snprintf(peer->name, sizeof peer->name, "%s", name);
    snprintf(peer->version, sizeof peer->version, "%s", version);
    peer->abi = listing->abi;
    peer->program = listing->program;
    peer->library = listing->library;
    inventory->peer_count++;
}

static void add_missing(struct inventory *inventory, uint32_t abi, const char *name,
                        const char *package)
{
    struct bench_missing *missing = &inventory->missing[inventory->missing_count];

    if (inventory->missing_count == BENCH_PEERS_MAX)
        return;
    snprintf(missing->name, sizeof missing->name, "%s", name);
    snprintf(missing->package, sizeof missing->package, "%s%s", package, abi == 1 ? ":i386" : "");
    missing->abi = abi;
    inventory->missing_count++;
}

/* "KIND NAME REST" */
static void take_line(void *context, const char *line)
{
    struct listing *listing = context;
    struct inventory *inventory = listing->inventory;
    char kind[BENCH_NAME_BYTES] = "";
    char name[BENCH_NAME_BYTES] = "";
    int at = 0;
    static const struct {
        const char *kind;
        size_t names; /* offset in the inventory */
    } lists[] = {
        { "heap-rival", offsetof(struct inventory, heap_rivals) },
        { "vas-target", offsetof(struct inventory, vas_targets) },
        { "vas-work", offsetof(struct inventory, vas_works) },
        { "stack-work", offsetof(struct inventory, stack_works) },
        { "heaps-work", offsetof(struct inventory, heaps_works) },
        { "frames-target", offsetof(struct inventory, frames_targets) },
        { "frames-work", offsetof(struct inventory, frames_works) },
    };

    if (strncmp(line, "problem ", 8) == 0 && listing->problem == NULL)
        listing->problem = strdup(line + 8);
    if (sscanf(line, "%63s %63s %n", kind, name, &at) != 2)
        return;
    if (strcmp(kind, "peer") == 0)
        add_peer(listing, name, line + at);
    if (strcmp(kind, "missing") == 0)
        add_missing(inventory, listing->abi, name, line + at);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && !listing->peers_only; i++)
        if (strcmp(kind, lists[i].kind) == 0)
            add_name((struct bench_names *)(void *)((char *)inventory + lists[i].names), name);
}

static void list(struct inventory *inventory, const char *program, uint32_t abi, bool peers_only)
{
    struct listing listing = {
        .inventory = inventory, .program = program, .abi = abi, .peers_only = peers_only
    };
    const char *argv[] = { program, "--list", NULL };

    if (program != NULL)
        (void)child_run(argv, take_line, &listing);
    free(listing.problem);
}

/* -- All --------------------------------------------------------------------------------------- */

bool inventory_take(struct inventory *inventory)
{
    *inventory = (struct inventory){ .peer_count = 0 };
    make_room_for_libraries();
    inventory->programs[0] = find_runnable("lookaside-cost");
    inventory->programs[1] = find_runnable("lookaside-cost-i386");
    inventory->musl[0] = find_runnable("lookaside-cost-musl");
    inventory->musl[1] = find_runnable("lookaside-cost-musl-i386");
    inventory->driver = find_program("lookaside-bench-driver");
    if (inventory->programs[0] == NULL && inventory->programs[1] == NULL) {
        snprintf(inventory->message, sizeof inventory->message,
                 "lookaside-cost is not beside this program; build it, or install both");
        return false;
    }
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        list(inventory, inventory->programs[abi], abi, abi > 0 && inventory->programs[0] != NULL);
        list(inventory, inventory->musl[abi], abi, true);
        if (inventory->programs[abi] != NULL && inventory->musl[abi] == NULL)
            add_missing(inventory, abi, "musl", abi == 0 ? "musl-tools" : "musl-dev");
    }
    return true;
}

void inventory_free(struct inventory *inventory)
{
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        free(inventory->programs[abi]);
        free(inventory->musl[abi]);
    }
    free(inventory->driver);
}

bool inventory_is_peer(const char *text)
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_");

    return length > 0 && length < BENCH_NAME_BYTES / 2u && text[length] == '=' &&
           text[length + 1u] != '\0';
}

/* A name in use would make two cases of one name. */
static bool is_taken(const struct inventory *inventory, const char *name)
{
    for (uint32_t i = 0; i < inventory->peer_count; i++)
        if (strcmp(inventory->peers[i].name, name) == 0)
            return true;
    return strncmp(name, "lookaside", 9) == 0 || strncmp(name, "floor", 5) == 0 ||
           strncmp(name, "rival", 5) == 0;
}

bool inventory_add_peer(struct inventory *inventory, const char *text)
{
    const char *library = strchr(text, '=') + 1;
    char name[BENCH_NAME_BYTES];
    uint32_t before = inventory->peer_count;
    char *problem = NULL;

    snprintf(name, sizeof name, "%.*s", (int)(library - 1 - text), text);
    if (is_taken(inventory, name)) {
        snprintf(inventory->message, sizeof inventory->message, "--peer %s: the name is taken",
                 text);
        return false;
    }
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        struct listing listing = { .inventory = inventory,
                                   .program = inventory->programs[abi],
                                   .library = library,
                                   .abi = abi,
                                   .peers_only = true };
        const char *argv[] = { listing.program, "--list", "--target", name,
                               "--library",     library,  NULL };

        if (listing.program != NULL)
            (void)child_run(argv, take_line, &listing);
        if (problem == NULL)
            problem = listing.problem;
        else
            free(listing.problem);
    }
    if (inventory->peer_count == before)
        snprintf(inventory->message, sizeof inventory->message, "--peer %s: %s", text,
                 problem != NULL ? problem : "it cannot be measured here");
    free(problem);
    return inventory->peer_count > before;
}
