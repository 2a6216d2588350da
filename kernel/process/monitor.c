/* SPDX-License-Identifier: 0BSD */
/* The commands of the monitor. Other threads run while it waits for a key. */
#include <kernel/monitor.h>
#include <kernel/print.h>
#include <kernel/text.h>

#define LINE_BYTES  80u
#define WORDS_MAX   4u
#define KEY_WAIT_MS 10u
#define WATCH_MS    500u

#define PICTURE_SHIFT 22u /* 4 MiB a character: 12 rows of 64 are 3 GiB */
#define PICTURE_ROWS  12u
#define ZOOM_SHIFT    16u /* a segment a character */
#define ZOOM_ROWS     16u

struct command {
    const char *name;
    const char *what;
    void (*run)(char **words);
};

static bool leaving;

/* -- Keys -------------------------------------------------------------------------------------- */

/* Children of the kernel that have ended are told of, once. */
static void tell_ended(void)
{
    struct uabi_exit end;

    while (process_wait(0, UABI_ANY, 0, &end) == UABI_OK)
        print("process %u ended: %s, status %u\n", end.number, process_end_name(end.end),
              end.status);
}

/* The next key, or -1 after `wait_ms`. */
static int read_key(uint32_t wait_ms)
{
    uint32_t begin = time_now_ms();
    int key;

    while ((key = port_console_read()) < 0 && time_now_ms() - begin < wait_ms)
        (void)thread_block(WAIT_NOTHING, 0, KEY_WAIT_MS);
    return key;
}

static void read_line(char line[LINE_BYTES])
{
    uint32_t length = 0;

    for (;;) {
        int key = read_key(WATCH_MS);

        if (key == '\r' || key == '\n')
            break;
        if ((key == '\b' || key == 0x7f) && length > 0) {
            length--;
            print("\b \b");
        } else if (key >= ' ' && key < 0x7f && length < LINE_BYTES - 1u) {
            line[length++] = (char)key;
            port_console_write((char)key);
        }
    }
    line[length] = '\0';
    print("\n");
}

/* Split in place; the last word has the rest of the line. */
static void split(char *line, char **words)
{
    for (uint32_t i = 0; i < WORDS_MAX; i++) {
        while (*line == ' ')
            line++;
        words[i] = line;
        while (*line != '\0' && *line != ' ' && i < WORDS_MAX - 1u)
            line++;
        if (*line == ' ')
            *line++ = '\0';
    }
}

static uint32_t number_of(const char *text, uint32_t base)
{
    uint32_t number = 0;

    for (; *text != '\0'; text++) {
        uint32_t digit = *text >= 'a' ? (uint32_t)(*text - 'a') + 10u : (uint32_t)(*text - '0');

        if (digit >= base)
            return 0;
        number = base * number + digit;
    }
    return number;
}

/* The process of that number; says so if there is none. */
static struct process *process_of(const char *word)
{
    struct process *process = process_find(number_of(word, 10));

    if (process == NULL || process->ended) {
        print("no process has the number \"%s\"; ps shows them\n", word);
        return NULL;
    }
    return process;
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void do_ps(char **words)
{
    (void)words;
    view_processes();
}

static void do_maps(char **words)
{
    const struct process *process = process_of(words[1]);

    if (process != NULL)
        view_maps(process);
}

static void do_picture(char **words)
{
    const struct process *process = process_of(words[1]);

    if (process != NULL)
        view_picture(process, 0, PICTURE_SHIFT, PICTURE_ROWS);
}

static void do_zoom(char **words)
{
    const struct process *process = process_of(words[1]);
    va32_t first = number_of(words[2], 16) & ~(LA_SEGMENT_BYTES - 1u);

    if (process != NULL)
        view_picture(process, first, ZOOM_SHIFT, ZOOM_ROWS);
}

static void do_heap(char **words)
{
    (void)words;
    view_heap();
}

static void do_frames(char **words)
{
    (void)words;
    view_frames();
}

static void do_faults(char **words)
{
    (void)words;
    view_faults();
}

static void do_run(char **words)
{
    char argument[LINE_BYTES];
    uint32_t number = 0;
    int status;

    (void)print_to(argument, sizeof argument, "%s%s%s", words[2], words[3][0] != '\0' ? " " : "",
                   words[3]);
    status = text_length(words[1]) < UABI_NAME_BYTES ? process_spawn(0, words[1], argument, &number)
                                                     : UABI_NOT_FOUND;
    if (status == UABI_OK)
        print("process %u\n", number);
    else
        print("\"%s\" does not start: error %d%s\n", words[1], status,
              status == UABI_NOT_FOUND ? ", no such program" : "");
}

static void do_kill(char **words)
{
    const struct uabi_exit end = { .end = UABI_KILLED };
    struct process *process = process_of(words[1]);

    if (process != NULL)
        process_end(process, &end);
}

static void do_sleep(char **words)
{
    (void)thread_block(WAIT_NOTHING, 0, number_of(words[1], 10));
}

/* Redraw until a key is pressed. */
static void do_watch(char **words)
{
    const struct process *process = process_of(words[1]);
    uint32_t number = process == NULL ? 0 : process->number;

    while (process != NULL) {
        print("\033[H\033[J"); /* home, clear */
        view_processes();
        view_picture(process, 0, PICTURE_SHIFT, PICTURE_ROWS);
        print("any key ends this\n");
        if (read_key(WATCH_MS) >= 0)
            return;
        process = process_find(number);
        if (process != NULL && process->ended)
            return;
    }
}

static void do_quit(char **words)
{
    (void)words;
    leaving = true;
}

static void do_help(char **words);

static const struct command commands[] = {
    { "help", "this list", do_help },
    { "run", "NAME [ARGUMENT]: start a program; grow shows stacks and heaps at work", do_run },
    { "ps", "processes", do_ps },
    { "maps", "N: the regions of a process", do_maps },
    { "picture", "N: its 3 GiB in characters", do_picture },
    { "zoom", "N ADDRESS: 64 MiB from there, a character a segment of 64 KiB", do_zoom },
    { "watch", "N: ps and picture, again and again, until a key is pressed", do_watch },
    { "kill", "N: end a process", do_kill },
    { "heap", "the kernel's heap by buckets", do_heap },
    { "frames", "memory by zone", do_frames },
    { "faults", "what was served and counted", do_faults },
    { "sleep", "MS: wait, for scripts", do_sleep },
    { "quit", "leave", do_quit },
};

static void do_help(char **words)
{
    (void)words;
    for (uint32_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        print("  %-8s %s\n", commands[i].name, commands[i].what);
}

static void obey(char **words)
{
    if (words[0][0] == '\0')
        return;
    for (uint32_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (text_equal(words[0], commands[i].name)) {
            commands[i].run(words);
            return;
        }
    print("no command is called \"%s\"; help lists them\n", words[0]);
}

void monitor_run(const struct boot_info *boot)
{
    static char line[LINE_BYTES];
    char *words[WORDS_MAX];

    processes_start(boot);
    print("Lookaside monitor; help lists the commands\n");
    while (!leaving) {
        tell_ended();
        print("> ");
        read_line(line);
        split(line, words);
        obey(words);
    }
}
