/* SPDX-License-Identifier: 0BSD */
/* Leaving one family out, on made-up programs: each has one size of its own, so whether a table has
 * seen a program shows at once.
 */
#include "../crossval.h"
#include "../improve.h"
#include "../outcome.h"
#include "../tuning.h"

#include "../../tests/check.h"

#define OPS 20000u

/* A program that keeps 1,000 blocks of `bytes` bytes and some of 64 live. */
static void plant(struct corpus *corpus, const char *name, uint32_t bytes, bool training)
{
    struct tune_trace trace = { .block_slots = 2000, .heap_slots = 1 };
    char family[64];

    for (uint32_t i = 0; i < OPS; i++) {
        struct trace_op op = { .kind = TRACE_ALLOC, .slot = i % 2000, .bytes = i % 2 ? bytes : 64 };
        if (i >= 2000 && i % 3 == 0)
            op = (struct trace_op){ .kind = TRACE_FREE, .slot = i % 2000 };
        CHECK(tune_trace_append(&trace, &op));
    }
    corpus_family_of_name(name, family, sizeof family);
    trace.name = strdup(name);
    trace.family = strdup(family);
    CHECK(corpus_add_trace(corpus, &trace, training));
}

static const struct tune_rules plain_rules = { .largest_bytes = 32768 };

static bool has(const struct judge_table *table, uint32_t bytes)
{
    for (uint32_t i = 0; i < table->count; i++) {
        if (table->bytes[i] == bytes)
            return true;
    }
    return false;
}

static void a_family_is_held_out_with_all_its_traces(void)
{
    const struct setting setting = { 6, OPTIMUM_NO_GUARD, 0, TUNE_MEAN };
    struct corpus corpus = { 0 };
    struct crossval crossval;

    plant(&corpus, "user/redis", 1000, true);
    plant(&corpus, "user32/redis32", 1000, true);
    plant(&corpus, "user/perl", 200, true);
    plant(&corpus, "user/cc1", 3000, true);
    CHECK_EQ(corpus.family_count, 3);
    CHECK(crossval_init(&crossval, &corpus, &plain_rules, &setting, 1, UINT32_MAX));
    for (uint32_t i = 0; i < corpus.count; i++) {
        static const uint32_t sizes[] = { 1008, 1008, 200, 3120 }; /* grains and candidates */
        const struct judge_table *held_out =
            crossval_table(&crossval, 0, crossval_fold(&corpus, i));
        CHECK_EQ(held_out->count, 6);
        CHECK(!has(held_out, sizes[i]));
        CHECK(has(crossval_table(&crossval, 0, corpus.family_count), sizes[i]));
        CHECK(waste_ppm(&corpus, i, held_out) >
              waste_ppm(&corpus, i, crossval_table(&crossval, 0, corpus.family_count)));
    }
    CHECK(crossval_judge(&crossval, NULL));
    for (uint32_t i = 0; i < corpus.count; i++)
        CHECK(crossval_judged(&crossval, 0, i)->done);
    crossval_free(&crossval);
    corpus_free(&corpus);
}

/* The fold's table must not change when the held-out traces do: not a byte of them may matter. */
static void the_held_out_traces_do_not_matter(void)
{
    const struct setting settings[] = { { 8, 1600, 128, TUNE_MEAN }, { 9, 2000, 0, TUNE_PEAK } };
    struct judge_table tables[2][2];

    for (uint32_t variant = 0; variant < 2; variant++) {
        struct corpus corpus = { 0 };
        struct crossval crossval;
        plant(&corpus, "a/one", variant ? 5000 : 40, true);
        plant(&corpus, "b/two", 333, true);
        plant(&corpus, "b/three", 777, true);
        CHECK(crossval_init(&crossval, &corpus, &plain_rules, settings, 2, UINT32_MAX));
        for (uint32_t s = 0; s < 2; s++)
            tables[variant][s] = *crossval_table(&crossval, s, corpus.traces[0]->family);
        crossval_free(&crossval);
        corpus_free(&corpus);
    }
    CHECK_EQ(memcmp(tables[0], tables[1], sizeof tables[0]), 0);
}

static void names_say_which_traces_belong_together(void)
{
    static const char *const names[][2] = {
        { "user/redis", "redis" },       { "user32/redis32", "redis" },
        { "kernel-kmalloc/k1a", "k1a" }, { "kernel-slab/k1a", "k1a" },
        { "user/pyraw", "python" },      { "user32/py32", "python" },
        { "user/python", "python" },     { "user32/cc132", "cc1" },
        { "user/CC1", "cc1" },           { "32", "32" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char family[64];
        corpus_family_of_name(names[i][0], family, sizeof family);
        CHECK_STR(family, names[i][1]);
    }
}

static void seen_programs_do_not_pose_as_unseen(void)
{
    struct corpus corpus = { 0 };

    plant(&corpus, "mine/redis", 1000, true);
    plant(&corpus, "user/redis", 1000, false);
    plant(&corpus, "user/perl", 200, false);
    CHECK_EQ(corpus_drop_seen(&corpus), 1);
    CHECK_EQ(corpus.count, 2);
    CHECK_STR(corpus.traces[1]->ops.name, "user/perl");
    corpus_free(&corpus);
}

/* With kmalloc's classes as anchors no trace can be rounded up further than kmalloc does. */
static void anchors_are_in_every_table_and_keep_the_promise(void)
{
    static struct tuning tuning;
    const struct tuning_options options = { .largest_bytes = 32768,
                                            .quick = true,
                                            .improve_budget = 6 };
    struct corpus corpus = { 0 };

    plant(&corpus, "kernel/a", 128, true);
    plant(&corpus, "kernel/b", 120, true);
    plant(&corpus, "user/c", 136, true);
    for (uint32_t i = 0; i < corpus.count; i++)
        corpus.traces[i]->ops.kernel = true;
    CHECK(tuning_run(&tuning, &corpus, &options));
    CHECK(tuning.front_count > 0);
    for (uint32_t row = 0; row < tuning.front_count; row++) {
        struct promise promise = tuning_promise(&tuning, &tuning.front[row]);
        CHECK_EQ(promise.waste_worse, 0);
        for (uint32_t f = 0; f <= corpus.family_count; f++) {
            const struct class_set *kmalloc = &class_sets[CLASS_SET_KMALLOC];
            for (uint32_t i = 0; i < kmalloc->count; i++)
                CHECK(has(&tuning.front[row].tables[f], kmalloc->bytes[i]));
        }
    }
    CHECK(tuning.improved.tables != NULL);
    for (uint32_t i = 0; i < class_sets[CLASS_SET_KMALLOC].count; i++)
        CHECK(
            has(outcome_table(&tuning.improved, &corpus), class_sets[CLASS_SET_KMALLOC].bytes[i]));
    tuning_free(&tuning);
    corpus_free(&corpus);
}

/* A move is only kept if replay says so: on the training traces it never makes things worse. */
static void improving_never_harms_the_training_traces(void)
{
    const struct setting setting = { 5, OPTIMUM_NO_GUARD, 0, TUNE_MEAN };
    struct corpus corpus = { 0 };
    struct crossval crossval;
    struct outcome before, after;
    bool found;

    plant(&corpus, "user/a", 1000, true);
    plant(&corpus, "user/b", 500, true);
    plant(&corpus, "user/c", 2500, true);
    CHECK(crossval_init(&crossval, &corpus, &plain_rules, &setting, 1, UINT32_MAX));
    CHECK(crossval_judge(&crossval, NULL));
    CHECK(outcome_choose(&before, &crossval, 5, &found));
    CHECK(found);
    CHECK(outcome_copy(&after, &before, &corpus));
    CHECK(improve_tables(&after, &corpus, &plain_rules, 30, UINT32_MAX));
    CHECK(outcome_replay(&after, &corpus, &plain_rules, UINT32_MAX, NULL));
    CHECK(after.trained_ppm <= before.trained_ppm);
    outcome_free(&before, &corpus);
    outcome_free(&after, &corpus);
    crossval_free(&crossval);
    corpus_free(&corpus);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_family_is_held_out_with_all_its_traces),
        CASE(the_held_out_traces_do_not_matter),
        CASE(names_say_which_traces_belong_together),
        CASE(seen_programs_do_not_pose_as_unseen),
        CASE(anchors_are_in_every_table_and_keep_the_promise),
        CASE(improving_never_harms_the_training_traces),
    };
    return check_run(cases, sizeof cases / sizeof cases[0]);
}
