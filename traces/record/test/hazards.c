/* SPDX-License-Identifier: 0BSD */
/* One case of hazards.h: `hazards CASE [ARGUMENT...]`. Without a case, a list of all and of what
 * they do.
 */
#include "hazards.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const struct hazard *const all[] = { hazards_plain, hazards_process, hazards_thread };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (const struct hazard *hazard = all[i]; hazard->name; hazard++) {
            if (argc < 2)
                printf("%s\t%s\n", hazard->name, hazard->expected);
            else if (strcmp(argv[1], hazard->name) == 0)
                return hazard->run(argc - 1, argv + 1);
        }
    return argc < 2 ? 0 : 2;
}
