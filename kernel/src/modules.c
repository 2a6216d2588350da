/* SPDX-License-Identifier: 0BSD */
/* Modules: which is which, and their bytes. */
#include <kernel/modules.h>
#include <kernel/space.h>
#include <kernel/text.h>

const char *module_name(const struct boot_module *module, const char *kind)
{
    const char *word = module->words;
    uint32_t length = text_length(kind);

    for (const char *at = module->words; *at != '\0'; at++)
        if (*at == ' ' && at[1] != '\0' && at[1] != ' ')
            word = at + 1;
    if (text_length(word) <= length || memcmp(word, kind, length) != 0 || word[length] != '=')
        return NULL;
    return word + length + 1u;
}

static bool is_direct(const struct boot_module *module, uint32_t pages)
{
    uint32_t frames = (port_geometry->direct_end - port_geometry->direct_first) >> LA_PAGE_SHIFT;

    return module->frame + pages <= frames;
}

const uint8_t *module_open(const struct boot_module *module)
{
    uint32_t pages = la_pages_up(module->bytes);
    const struct vas_request request = { .segments = la_segments_up(module->bytes) };
    va32_t va;

    if (is_direct(module, pages))
        return port_window_open(module->frame);
    if (vas_reserve(&kernel_space.vas, &request, &va) != LA_OK)
        return NULL;
    for (uint32_t i = 0; i < pages; i++)
        LA_ASSERT(port_map(&port_kernel_space, va + (i << LA_PAGE_SHIFT), module->frame + i,
                           PORT_READ) == LA_OK); /* kernel tables exist already */
    return la_host(0, va);
}

void module_close(const struct boot_module *module, const uint8_t *bytes)
{
    va32_t va = (va32_t)(uintptr_t)bytes;
    uint32_t pages = la_pages_up(module->bytes);

    if (is_direct(module, pages))
        return;
    for (uint32_t i = 0; i < pages; i++)
        port_unmap(&port_kernel_space, va + (i << LA_PAGE_SHIFT));
    LA_ASSERT(vas_release(&kernel_space.vas, va) == LA_OK);
}
