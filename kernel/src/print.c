/* SPDX-License-Identifier: 0BSD */
/* A small printf over a sink of bytes: the console, or memory. */
#include <kernel/port.h>
#include <kernel/print.h>
#include <kernel/text.h>

struct sink {
    char *to; /* NULL: the console */
    uint32_t size;
    uint32_t length;
};

/* One conversion: what stands between '%' and its letter. */
struct field {
    bool left;
    char fill;
    uint32_t width;
    bool is_long; /* 64 bits */
};

static void put(struct sink *sink, char byte)
{
    if (sink->to == NULL)
        port_console_write(byte);
    else if (sink->length + 1u < sink->size)
        sink->to[sink->length] = byte;
    sink->length++;
}

static void put_text(struct sink *sink, const struct field *field, const char *text,
                     uint32_t length)
{
    uint32_t pad = field->width > length ? field->width - length : 0;

    for (uint32_t i = 0; !field->left && i < pad; i++)
        put(sink, field->fill);
    for (uint32_t i = 0; i < length; i++)
        put(sink, text[i]);
    for (uint32_t i = 0; field->left && i < pad; i++)
        put(sink, ' ');
}

/* Divide *value by `base` (at most 16) and answer the rest, without a 64-bit division, which would
 * be a call of the compiler's library: 16 bits at a time.
 */
static uint32_t divide(uint64_t *value, uint32_t base)
{
    uint32_t rest = 0;
    uint64_t quotient = 0;

    for (uint32_t i = 0; i < 4u; i++) {
        uint32_t part = (rest << 16) | (uint32_t)(*value >> 48);

        *value <<= 16;
        quotient = (quotient << 16) | (part / base);
        rest = part % base;
    }
    *value = quotient;
    return rest;
}

static void put_number(struct sink *sink, const struct field *field, uint64_t value, uint32_t base,
                       bool negative)
{
    char digits[24];
    uint32_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[divide(&value, base)];
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    put_text(sink, field, &digits[at], (uint32_t)sizeof digits - at);
}

static const char *read_field(const char *at, struct field *field)
{
    *field = (struct field){ .fill = ' ' };
    if (*at == '-') {
        field->left = true;
        at++;
    }
    if (*at == '0') {
        field->fill = '0';
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        field->width = 10u * field->width + (uint32_t)(*at - '0');
    if (at[0] == 'l' && at[1] == 'l') {
        field->is_long = true;
        at += 2;
    }
    return at;
}

static void put_all(struct sink *sink, const char *format, va_list arguments)
{
    for (const char *at = format; *at != '\0'; at++) {
        struct field field;

        if (*at != '%') {
            put(sink, *at);
            continue;
        }
        at = read_field(at + 1, &field);
        switch (*at) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            put_text(sink, &field, text, text_length(text));
            break;
        }
        case 'c': put(sink, (char)va_arg(arguments, int)); break;
        case 'u':
        case 'x': {
            uint64_t value = field.is_long ? va_arg(arguments, unsigned long long)
                                           : va_arg(arguments, unsigned int);
            put_number(sink, &field, value, *at == 'u' ? 10u : 16u, false);
            break;
        }
        case 'd': {
            int value = va_arg(arguments, int);
            uint32_t magnitude = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
            put_number(sink, &field, magnitude, 10u, value < 0);
            break;
        }
        case '\0': put(sink, '%'); return;
        default: put(sink, *at); break;
        }
    }
}

void print_arguments(const char *format, va_list arguments)
{
    struct sink sink = { 0 };

    put_all(&sink, format, arguments);
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_arguments(format, arguments);
    va_end(arguments);
}

uint32_t print_to(char *to, uint32_t size, const char *format, ...)
{
    struct sink sink = { .to = to, .size = size };
    va_list arguments;

    va_start(arguments, format);
    put_all(&sink, format, arguments);
    va_end(arguments);
    if (size > 0)
        to[sink.length < size ? sink.length : size - 1u] = '\0';
    return sink.length;
}
