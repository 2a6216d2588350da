/* SPDX-License-Identifier: 0BSD */
/* `lookaside record --kernel` in a build without the libraries that it needs. */
#include "record.h"

#include <stdio.h>

int record_kernel(const struct record_job *job)
{
    fprintf(stderr,
            "%s: this build cannot record the kernel (expected the package libtracefs-dev, or its "
            "like, when it was configured)\n",
            job->name);
    return 3;
}
