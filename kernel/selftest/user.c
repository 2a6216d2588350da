/* SPDX-License-Identifier: 0BSD */
/* Running a program from a test; see user.h. */
#include "user.h"

#define RUN_MS_MAX 3600000u /* a soak may take as long as the runner waits */

static bool run(const char *program, const char *argument, struct uabi_exit *ret_end)
{
    const struct uabi_exit killed = { .end = UABI_KILLED };
    uint32_t number = 0;
    int status;

    status = process_spawn(0, program, argument, &number);
    if (status != UABI_OK) {
        selftest_fail(__FILE__, __LINE__, "%s does not start: %d", program, status);
        return false;
    }
    status = process_wait(0, number, RUN_MS_MAX, ret_end);
    if (status == UABI_OK)
        return true;
    selftest_fail(__FILE__, __LINE__, "%s %s does not end: %d", program, argument, status);
    if (process_find(number) != NULL)
        process_end(process_find(number), &killed);
    (void)process_wait(0, number, 0, ret_end);
    return false;
}

/* Children a program left behind are the kernel's to end. */
static void end_all(void)
{
    const struct uabi_exit killed = { .end = UABI_KILLED };
    struct process *process;

    while ((process = process_next(NULL)) != NULL) {
        uint32_t parent = process->parent;
        uint32_t number = process->number;
        struct uabi_exit end;

        process_end(process, &killed);
        (void)process_wait(parent, number, 0, &end); /* an orphan is forgotten already */
    }
}

bool user_run(const char *program, const char *argument, struct uabi_exit *ret_end)
{
    processes_start(selftest_boot());
    bool good = run(program, argument, ret_end);
    end_all();
    processes_stop();
    return good;
}

void user_check(const char *program, const char *argument)
{
    uint32_t before = selftest_free_frames();
    struct uabi_exit end;

    if (!user_run(program, argument, &end))
        return;
    if (end.end == UABI_EXITED && end.status == USER_TOO_SMALL)
        selftest_skip("too little or too much memory");
    else if (end.end != UABI_EXITED || end.status != 0)
        selftest_fail(__FILE__, __LINE__, "%s %s: %s, status %u, address %08x, instruction %08x",
                      program, argument, process_end_name(end.end), end.status, end.address,
                      end.instruction);
    CHECK_EQUAL(selftest_free_frames(), before);
    CHECK_EQUAL(process_ledger()->promised_pages, 0);
    CHECK_EQUAL(process_counts()->processes, 0);
    CHECK_EQUAL(process_counts()->threads, 0);
}
