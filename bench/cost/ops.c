/* SPDX-License-Identifier: 0BSD */
/* Files of ops. */
#define _GNU_SOURCE /* MAP_POPULATE */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "laops 1";

/* -- Reading ----------------------------------------------------------------------------------- */

const char *ops_map(struct ops *ret_ops, const char *path, enum ops_kind kind)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct ops ops = { .mapping = MAP_FAILED };
    struct stat facts;

    if (file < 0)
        return strerror(errno);
    if (fstat(file, &facts) == 0 && facts.st_size >= (off_t)sizeof ops.facts &&
        facts.st_size <= PTRDIFF_MAX) {
        ops.mapping_bytes = (size_t)facts.st_size;
        ops.mapping = mmap(NULL, ops.mapping_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    }
    close(file);
    if (ops.mapping == MAP_FAILED)
        return "cannot be mapped (expected a file of ops)";
    memcpy(&ops.facts, ops.mapping, sizeof ops.facts);
    if (memcmp(ops.facts.magic, magic, sizeof magic) != 0 || ops.facts.kind != (uint32_t)kind ||
        ops.facts.count != (ops.mapping_bytes - sizeof ops.facts) / sizeof(uint64_t)) {
        (void)munmap(ops.mapping, ops.mapping_bytes);
        return "is no such file of ops (lookaside bench writes them)";
    }
    ops.heap = (const void *)((const char *)ops.mapping + sizeof ops.facts);
    *ret_ops = ops;
    return NULL;
}

void ops_unmap(struct ops *ops)
{
    (void)munmap(ops->mapping, ops->mapping_bytes);
    *ops = (struct ops){ .mapping = NULL };
}

/* -- Writing ----------------------------------------------------------------------------------- */

bool ops_append(struct ops_list *list, const void *op)
{
    if (list->facts.count == list->room) {
        uint32_t room = list->room ? list->room * 2u : 4096u;
        uint64_t *ops = room > list->room ? realloc(list->ops, room * sizeof *ops) : NULL;

        if (ops == NULL)
            return false;
        list->ops = ops;
        list->room = room;
    }
    memcpy(&list->ops[list->facts.count++], op, sizeof *list->ops);
    return true;
}

void ops_free(struct ops_list *list)
{
    free(list->ops);
    *list = (struct ops_list){ .ops = NULL };
}

bool ops_write(const struct ops_list *list, enum ops_kind kind, const char *path)
{
    struct ops_facts facts = list->facts;
    FILE *file = fopen(path, "wb");
    bool good = file != NULL;

    memcpy(facts.magic, magic, sizeof magic);
    facts.kind = kind;
    good = good && fwrite(&facts, sizeof facts, 1, file) == 1 &&
           fwrite(list->ops, sizeof *list->ops, facts.count, file) == facts.count;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good;
}
