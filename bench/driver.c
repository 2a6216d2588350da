/* SPDX-License-Identifier: 0BSD */
/* lookaside-bench-driver: runs cases under Google Benchmark. A case is a question to a measuring
 * process (cost/serve.h); one turn of the loop is one answer, and its time is the "ns" in it, CPU
 * time of one op in that process. So everything is measured outside of this process, which only
 * decides when, and does the books.
 *
 * usage: lookaside-bench-driver CASES PROGRESS [--benchmark_...]
 * CASES is a file with a case a line, its parts separated by tabs:
 *   NAME  REPETITIONS  warm|fresh  COMMAND  PROGRAM  ARGUMENT...
 * PROGRESS, if it is not empty, is said on stderr, and then how many repetitions are done. SIGINT
 * and SIGTERM end the measuring process that is asked and skip what is left, so that what was done
 * is reported.
 *
 * Cases with the same program and arguments share a process, unless they want a fresh one.
 */
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "gbench.h"

#define CASES_MAX     1024u
#define ARGUMENTS_MAX 32u

extern char **environ;

struct server {
    char *const *argv;
    pid_t pid; /* 0: not started */
    FILE *to;
    FILE *from;
    char *dead; /* why it is not asked any more, or NULL */
};

struct one_case {
    char *line; /* what the parts point into */
    const char *name;
    int repetitions;
    bool fresh;
    const char *command;
    char *argv[ARGUMENTS_MAX];
    struct server own;      /* of a fresh case */
    struct server *servers; /* of a warm one: the first case's with the same argv */
};

static struct one_case cases[CASES_MAX];
static uint32_t case_count;

static const char *progress = "";
static uint32_t repetitions_done;
static uint32_t repetitions_all;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

/* -- Servers ----------------------------------------------------------------------------------- */

/* NULL, or what went wrong. */
static const char *take_answer(struct server *server, char *line)
{
    if (fgets(line, ANSWER_LINE_BYTES, server->from) == NULL)
        return "the measuring process died";
    line[strcspn(line, "\n")] = '\0';
    return answer_problem(line);
}

static const char *start(struct server *server, char *line)
{
    posix_spawn_file_actions_t actions;
    int to[2];
    int from[2];
    int error;

    if (pipe2(to, O_CLOEXEC) != 0)
        return strerror(errno);
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]);
        close(to[1]);
        return "no pipe";
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    error = posix_spawn(&server->pid, server->argv[0], &actions, NULL, server->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    server->to = fdopen(to[1], "w");
    server->from = fdopen(from[0], "r");
    if (error != 0 || server->to == NULL || server->from == NULL)
        return error != 0 ? strerror(error) : "no memory";
    return take_answer(server, line);
}

/* The end of its input ends it. */
static void stop(struct server *server)
{
    if (server->to != NULL)
        fclose(server->to);
    if (server->from != NULL)
        fclose(server->from);
    if (server->pid > 0 && stopped)
        (void)kill(server->pid, SIGTERM);
    if (server->pid > 0)
        waitpid(server->pid, NULL, 0);
    *server = (struct server){ .argv = server->argv, .dead = server->dead };
}

/* What did not start or died will do so again: it is asked once. */
static const char *ask(struct server *server, const char *command, char *line)
{
    const char *problem = server->dead;
    bool started = server->to != NULL;

    if (problem != NULL)
        return problem;
    if (!started)
        problem = start(server, line);
    started = problem == NULL;
    if (started) {
        fprintf(server->to, "%s\n", command);
        fflush(server->to);
        problem = take_answer(server, line);
    }
    if (problem != NULL && (!started || feof(server->from)))
        server->dead = strdup(problem);
    return problem;
}

/* -- Cases ------------------------------------------------------------------------------------- */

/* A digest has more bits than a counter. */
static void set_counter(void *context, const char *key, double value)
{
    if (strcmp(key, "ns") != 0 && strcmp(key, "digest") != 0)
        gb_counter(context, key, value, GB_COUNTER);
}

/* Google Benchmark 1.7 aborts if some repetitions of a case failed and others did not, so this is
 * one that went well, with a mark.
 */
static void say_problem(struct gb_state *state, const char *problem)
{
    gb_counter(state, ANSWER_MARK, 1, GB_COUNTER);
    gb_set_label(state, problem);
}

static void tell_progress(void)
{
    repetitions_done++;
    if (*progress != '\0' && !stopped)
        fprintf(stderr, "\r\033[K%s  %u/%u", progress, repetitions_done, repetitions_all);
}

static void run_case(struct gb_state *state, void *context)
{
    static char line[ANSWER_LINE_BYTES];
    struct one_case *one = context;
    struct server *server = one->fresh ? &one->own : one->servers;
    const char *problem = stopped ? ANSWER_STOPPED : NULL;
    double ns = 0;

    tell_progress();
    while (gb_keep_running(state)) {
        if (problem == NULL)
            problem = ask(server, one->command, line);
        if (problem != NULL || !answer_number(line, "ns", &ns))
            ns = 0; /* the answer is its other figures */
        gb_set_iteration_time(state, ns * 1e-9);
    }
    if (problem != NULL)
        say_problem(state, stopped ? ANSWER_STOPPED : problem);
    else
        answer_each(line, set_counter, state);
    if (one->fresh || server->dead != NULL)
        stop(server);
}

static bool same_arguments(char *const *left, char *const *right)
{
    for (; *left != NULL && *right != NULL; left++, right++)
        if (strcmp(*left, *right) != 0)
            return false;
    return *left == *right;
}

/* False: the line is not a case. */
static bool take_case(struct one_case *one)
{
    char *rest = one->line;
    uint32_t arguments = 0;

    rest[strcspn(rest, "\n")] = '\0';
    one->name = strsep(&rest, "\t");

    const char *repetitions = strsep(&rest, "\t");
    const char *fresh = strsep(&rest, "\t");

    one->command = strsep(&rest, "\t");
    while (rest != NULL && arguments + 1u < ARGUMENTS_MAX)
        one->argv[arguments++] = strsep(&rest, "\t");
    if (repetitions == NULL || fresh == NULL || one->command == NULL || arguments == 0 ||
        rest != NULL)
        return false;
    one->repetitions = atoi(repetitions);
    one->fresh = strcmp(fresh, "fresh") == 0;
    one->own.argv = one->argv;
    one->servers = &one->own;
    for (uint32_t i = 0; i < case_count; i++)
        if (!cases[i].fresh && same_arguments(cases[i].argv, one->argv))
            one->servers = cases[i].servers;
    return one->repetitions > 0;
}

static bool read_cases(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0;
    bool good = file != NULL;

    while (good && case_count < CASES_MAX) {
        struct one_case *one = &cases[case_count];

        if (getline(&one->line, &room, file) < 0)
            break;
        room = 0;
        good = take_case(one);
        case_count += good;
    }
    if (file != NULL)
        fclose(file);
    return good && case_count > 0;
}

int main(int argc, char **argv)
{
    const struct sigaction action = { .sa_handler = on_signal }; /* reading is interrupted */
    int status;

    signal(SIGPIPE, SIG_IGN); /* a process that died is an answer that does not come */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (argc < 3 || !read_cases(argv[1])) {
        fprintf(stderr, "lookaside-bench-driver: expected a file of cases and a text\n");
        return 2;
    }
    progress = argv[2];
    for (uint32_t i = 0; i < case_count; i++) {
        struct gb_case *one = gb_register(cases[i].name, run_case, &cases[i]);

        gb_repetitions(gb_iterations_fixed(gb_use_manual_time(one), 1), cases[i].repetitions);
        gb_time_unit(one, GB_NANOSECONDS);
        repetitions_all += (uint32_t)cases[i].repetitions;
    }
    argv[2] = argv[0];
    status = gb_main(argc - 2, argv + 2);
    for (uint32_t i = 0; i < case_count; i++)
        stop(&cases[i].own);
    return status;
}
