/* SPDX-License-Identifier: 0BSD */
/* The words for what is wrong with a trace. docs/trace-format.md lists them with their causes. */
#include <lookaside/trace.h>

const char *trace_error_text(enum trace_error error)
{
    switch (error) {
    case TRACE_OK: return "no error";
    case TRACE_DONE: return "the end of the trace";
    case TRACE_E_EMPTY: return "the file is empty";
    case TRACE_E_MAGIC: return "this is not a trace";
    case TRACE_E_VERSION: return "the trace is of another major version";
    case TRACE_E_HEADER: return "the header is damaged";
    case TRACE_E_CHUNK: return "no chunk begins where one must";
    case TRACE_E_CHECKSUM: return "the chunk's checksum does not match";
    case TRACE_E_OP: return "the chunk holds a malformed op";
    case TRACE_E_TRUNCATED: return "the trace is cut short";
    case TRACE_E_COUNT: return "the totals do not match the ops";
    case TRACE_E_READ: return "reading failed";
    default: return "unknown error";
    }
}
