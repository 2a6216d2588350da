/* SPDX-License-Identifier: 0BSD */
/* Modules and built-in programs by name; see programs.h. */
#include "programs.h"

#include <kernel/text.h>

static const struct boot_info *booted;

void programs_start(const struct boot_info *boot)
{
    booted = boot;
}

/* The module's kind and name, from "... KIND=NAME"; false if its string does not end so. */
static bool last_word(const char *words, const char **ret_kind, uint32_t *ret_kind_length,
                      const char **ret_name)
{
    uint32_t begin = 0;
    uint32_t equals = 0;

    for (uint32_t i = 0; words[i] != '\0'; i++) {
        if (words[i] == ' ') {
            begin = i + 1u;
            equals = 0;
        } else if (words[i] == '=') {
            equals = i;
        }
    }
    if (equals == 0)
        return false;
    *ret_kind = words + begin;
    *ret_kind_length = equals - begin;
    *ret_name = words + equals + 1u;
    return true;
}

/* `kind` NULL: any. Modules are where the loader put them; those beyond the direct map have no one
 * address and are not found.
 */
static bool find(const char *kind, const char *name, struct program *ret_module)
{
    uint32_t direct_frames =
        (port_geometry->direct_end - port_geometry->direct_first) >> LA_PAGE_SHIFT;

    for (uint32_t i = 0; i < booted->module_count; i++) {
        const struct boot_module *module = &booted->modules[i];
        const char *its_kind;
        uint32_t kind_length;
        const char *its_name;

        if (!last_word(module->words, &its_kind, &kind_length, &its_name) ||
            (kind != NULL && !text_is(its_kind, kind_length, kind)) || !text_equal(its_name, name))
            continue;
        if (module->frame + la_pages_up(module->bytes) > direct_frames)
            continue;
        ret_module->image =
            la_host(0, port_geometry->direct_first + (module->frame << LA_PAGE_SHIFT));
        ret_module->bytes = module->bytes;
        return true;
    }
    return false;
}

bool program_find(const char *name, struct program *ret_program)
{
    if (find("program", name, ret_program))
        return true;
    for (const struct built_in_program *program = built_in_programs; program->name != NULL;
         program++)
        if (text_equal(program->name, name)) {
            ret_program->image = program->image;
            ret_program->bytes = (uint32_t)(program->end - program->image);
            return true;
        }
    return false;
}

bool module_find(const char *name, struct program *ret_module)
{
    return find(NULL, name, ret_module);
}
