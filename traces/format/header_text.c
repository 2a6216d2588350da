/* SPDX-License-Identifier: 0BSD */
/* The header's text: what may be in it. It is strict, so that the text twin can carry it without
 * loss: a line that is not "key: value" would come back as a comment.
 */
#include "layout.h"

static bool is_key_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

static bool is_control(uint8_t byte)
{
    return byte < 0x20u || byte == 0x7fu;
}

enum text_state text_step(enum text_state state, uint8_t byte)
{
    switch (state) {
    case TEXT_LINE: return is_key_byte(byte) ? TEXT_KEY : TEXT_BAD;
    case TEXT_KEY: return is_key_byte(byte) ? TEXT_KEY : byte == ':' ? TEXT_COLON : TEXT_BAD;
    case TEXT_COLON: return byte == ' ' ? TEXT_SPACE : TEXT_BAD;
    case TEXT_SPACE: return is_control(byte) ? TEXT_BAD : TEXT_VALUE;
    case TEXT_VALUE: return byte == '\n' ? TEXT_LINE : is_control(byte) ? TEXT_BAD : TEXT_VALUE;
    default: return TEXT_BAD;
    }
}

bool trace_text_valid(const char *text, uint32_t bytes)
{
    enum text_state state = TEXT_LINE;

    if (bytes > TRACE_TEXT_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < bytes; i++)
        state = text_step(state, (uint8_t)text[i]);
    return state == TEXT_LINE;
}
