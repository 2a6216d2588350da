/* SPDX-License-Identifier: 0BSD */
/* JSON, distrustfully. */
#include "fields.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

json_t *fields_load(struct fields *fields, const char *path)
{
    FILE *file = fopen(path, "r");
    json_error_t error;
    json_t *root;

    *fields = (struct fields){ .path = path };
    if (file == NULL) {
        fields->bad = true;
        snprintf(fields->message, sizeof fields->message, "%s: %s", path, strerror(errno));
        return NULL;
    }
    root = json_loadf(file, 0, &error);
    if (ferror(file)) {
        fields->bad = true;
        snprintf(fields->message, sizeof fields->message, "%s: cannot be read (expected a file)",
                 path);
        json_decref(root);
        root = NULL;
    }
    fclose(file);
    if (fields->bad)
        return NULL;
    if (root == NULL) {
        fields->bad = true;
        snprintf(fields->message, sizeof fields->message, "%s:%d: %s (expected JSON)", path,
                 error.line > 0 ? error.line : 1, error.text);
    } else if (!json_is_object(root)) {
        fields_complain(fields, "the whole", root, "an object");
        json_decref(root);
        root = NULL;
    }
    return root;
}

void fields_at(struct fields *fields, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fields->where, sizeof fields->where, format, arguments);
    va_end(arguments);
}

/* What stands there, in a word or two. */
static void found_words(const json_t *found, char *words, size_t size)
{
    switch (found == NULL ? -1 : (int)json_typeof(found)) {
    case -1: snprintf(words, size, "nothing"); break;
    case JSON_OBJECT: snprintf(words, size, "an object"); break;
    case JSON_ARRAY: snprintf(words, size, "an array"); break;
    case JSON_STRING: snprintf(words, size, "\"%.40s\"", json_string_value(found)); break;
    case JSON_NULL: snprintf(words, size, "null"); break;
    case JSON_TRUE: snprintf(words, size, "true"); break;
    case JSON_FALSE: snprintf(words, size, "false"); break;
    default: snprintf(words, size, "%g", json_number_value(found)); break;
    }
}

void fields_complain(struct fields *fields, const char *key, const json_t *found,
                     const char *expected)
{
    char words[64];

    if (fields->bad)
        return;
    fields->bad = true;
    found_words(found, words, sizeof words);
    snprintf(fields->message, sizeof fields->message, "%s: %s%s%s: found %s, expected %s",
             fields->path, fields->where, fields->where[0] != '\0' ? "." : "", key, words,
             expected);
}

const char *fields_string(struct fields *fields, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value))
        return json_string_value(value);
    fields_complain(fields, key, value, "a string");
    return "";
}

double fields_number(struct fields *fields, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_number(value) && json_number_value(value) >= 0)
        return json_number_value(value);
    fields_complain(fields, key, value, "a number, 0 or more");
    return NAN;
}

double fields_number_or_null(struct fields *fields, const json_t *object, const char *key)
{
    if (json_is_null(json_object_get(object, key)))
        return NAN;
    return fields_number(fields, object, key);
}

bool fields_boolean(struct fields *fields, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_boolean(value))
        fields_complain(fields, key, value, "true or false");
    return json_is_true(value);
}

const json_t *fields_array(struct fields *fields, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_array(value))
        fields_complain(fields, key, value, "an array");
    return value;
}

const json_t *fields_object(struct fields *fields, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_object(value))
        fields_complain(fields, key, value, "an object");
    return value;
}

const json_t *fields_element(struct fields *fields, const json_t *array, size_t index)
{
    const json_t *value = json_array_get(array, index);

    if (!json_is_object(value)) {
        char key[32];

        snprintf(key, sizeof key, "[%zu]", index);
        fields_complain(fields, key, value, "an object");
    }
    return value;
}
