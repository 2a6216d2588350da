/* SPDX-License-Identifier: 0BSD */
/* A lock that asks the kernel only when it must wait. Source: Drepper 2005, "Futexes Are Tricky".
 */
#include "user.h"

void user_lock(struct user_mutex *mutex)
{
    uint32_t seen = 0;

    if (__atomic_compare_exchange_n(&mutex->word, &seen, 1u, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&mutex->word, 2u, __ATOMIC_ACQUIRE) != 0)
        (void)user_wait(&mutex->word, 2u, UABI_FOREVER);
}

void user_unlock(struct user_mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->word, 0u, __ATOMIC_RELEASE) == 2u)
        (void)user_wake(&mutex->word, 1);
}
