/* JSON lines: each line is one record, an object; its values go to the columns that want them.

   Objects are where time is spent. Exports repeat their keys in the same order, so each key's
   entry points to the one that followed it last time, and comparing with that guess replaces
   finding the key's end, hashing and looking up. What is not wanted is passed over by
   `value_end`, which checks it like everything else. */

#ifndef JSON_RECORDS_H
#define JSON_RECORDS_H

#include "nodes.h"
#include "rows.h"
#include "tokens.h"

static const byte *read_value(Scanner *s, Node *n, const byte *p);

static const byte *read_element(Scanner *s, Node *elements, const byte *p)
{
    size_t first = s->touched_count;
    p = read_value(s, elements, p);
    if (!p || !keep_held(s, &s->tables[elements->table], first)) return NULL;
    return end_row(s, elements->table) ? p : NULL;
}

static const byte *read_list(Scanner *s, Node *n, const byte *p)
{
    if (n->elements->table >= 0 && !begin_list(s, n->elements->table)) return NULL;
    p = skip_space(p + 1);
    if (*p == ']') return p + 1;
    for (;;) {
        p = read_element(s, n->elements, p);
        if (!p) return NULL;
        p = skip_space(p);
        if (*p == ']') return p + 1;
        if (*p != ',') return fail(s, p, NO_COMMA);
        p = skip_space(p + 1);
    }
}

/* The value of a key that some children want: each of them reads it. */
static const byte *read_wanted(Scanner *s, Node *n, const Entry *entry, const byte *written,
                               const byte *value, uint64_t turn)
{
    const byte *end = NULL;
    Kind kind;
    for (size_t i = 0; i < entry->target_count; i++) {
        Node *taker;
        if (!find_taker(s, n, entry->targets[i], written, entry->size, turn, &taker)) return NULL;
        if (!taker) continue;
        end = read_value(s, taker, value);
        if (!end) return NULL;
    }
    return end ? end : value_end(s, value, &kind);
}

/* The key at `p`: after it, and its entry. `guess` is where its entry may be found, and is moved
   to where that of the next key may be. */
INLINE const byte *read_key_entry(Scanner *s, Node *n, const byte *p, Entry ***guess, Entry **entry)
{
    if (*p != '"') return fail(s, p, NO_KEY);
    *entry = **guess;
    const byte *end;
    if (LIKELY(*entry && same(p, (*entry)->text, (*entry)->size))) {
        end = p + (*entry)->size;
    } else {
        end = string_end(s, p);
        if (!end) return NULL;
        *entry = entry_of(s, n, p, (size_t)(end - p), guess);
        if (!*entry) return NULL;
        **guess = *entry;
    }
    *guess = &(*entry)->next;
    return end;
}

static const byte *read_object(Scanner *s, Node *n, const byte *p)
{
    uint64_t turn = ++s->turn;
    Entry **guess = &n->first, *entry;
    Kind kind;
    p = skip_space(p + 1);
    if (*p == '}') return p + 1;
    for (;;) {
        const byte *written = p;
        p = read_key_entry(s, n, p, &guess, &entry);
        if (!p) return NULL;
        p = skip_space(p);
        if (*p != ':') return fail(s, p, NO_COLON);
        p = skip_space(p + 1);
        p = entry->target_count ? read_wanted(s, n, entry, written, p, turn)
                                : value_end(s, p, &kind);
        if (!p) return NULL;
        p = skip_space(p);
        if (*p == '}') return p + 1;
        if (*p != ',') return fail(s, p, NO_COMMA);
        p = skip_space(p + 1);
    }
}

/* The part of a value that its column keeps: of a brief kind only that it is a list or object. */
static const byte EMPTY_LIST[PADDING] = "[]", EMPTY_OBJECT[PADDING] = "{}";

INLINE void hold_value(Scanner *s, const Node *n, const byte *p, const byte *end, Kind kind)
{
    if (n->column < 0) return;
    if (UNLIKELY(n->brief & kind)) hold(s, n->column, kind == LIST ? EMPTY_LIST : EMPTY_OBJECT, 2, false);
    else if (n->kinds & kind) hold(s, n->column, p, (size_t)(end - p), false);
}

static const byte *read_value(Scanner *s, Node *n, const byte *p)
{
    const byte *end;
    Kind kind;
    if (*p == '{' && n->children) {
        kind = OBJECT;
        end = read_object(s, n, p);
    } else if (*p == '[' && n->elements) {
        kind = LIST;
        end = read_list(s, n, p);
    } else {
        end = value_end(s, p, &kind);
    }
    if (!end) return NULL;
    hold_value(s, n, p, end, kind);
    return end;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* After a record, to its line feed. */
static const byte *finish_line(Scanner *s, const byte *p)
{
    const byte *end = skip_outer_space(p);
    return *end == '\n' ? end : fail(s, skip_space(p), EXTRA);
}

static const byte *read_no_object(Scanner *s, const byte *p)
{
    Kind kind;
    const byte *end = value_end(s, p, &kind);
    if (!end || !finish_line(s, end)) return NULL;
    return fail(s, p, NO_OBJECT);
}

/* A record up to its line feed. */
static const byte *read_record(Scanner *s, const byte *p)
{
    if (UNLIKELY(*p != '{')) return read_no_object(s, p);
    p = read_value(s, s->nodes[0], p);
    if (!p || LIKELY(*p == '\n')) return p;
    return finish_line(s, p);
}

/* The number of bytes of a line without its end, CR LF or LF. */
INLINE int64_t line_size(const byte *start, const byte *feed)
{
    return feed - start - (feed > start && feed[-1] == '\r');
}

static const byte *line_feed(const byte *p, const byte *stop)
{
    return p < stop ? memchr(p, '\n', (size_t)(stop - p)) : NULL;
}

/* Rejects the line from `start` to `feed` for the reason of the last failure, unless it is so long,
   or not UTF-8. */
static bool reject_line(Scanner *s, const byte *data, const byte *start, const byte *feed)
{
    const byte *wrong = not_utf8(start, feed);
    if (line_size(start, feed) > MAX_LINE) fail(s, start, TOO_LONG);
    else if (wrong) fail(s, wrong, NOT_UTF8);
    return reject(s, data, start, feed);
}

/* Rejects a line whose end is not there yet but which is too long already. */
static bool begin_skipping(Scanner *s, const byte *data, const byte *start, const byte *stop)
{
    fail(s, start, TOO_LONG);
    s->is_skipping = true;
    return reject(s, data, start, stop);
}

/* The rest of a line that was too long; NULL if it does not end here. */
static const byte *skip_long_line(Scanner *s, const byte *p, const byte *stop)
{
    const byte *feed = line_feed(p, stop);
    if (!feed) return NULL;
    s->is_skipping = false;
    s->line++;
    return feed + 1;
}

static const byte *read_line(Scanner *s, const byte *data, const byte *start, const byte *stop)
{
    const byte *p = skip_outer_space(start);
    bool is_long = stop - start > MAX_LINE && line_size(start, line_feed(start, stop)) > MAX_LINE;
    if (*p == '\n' && !is_long) return p + 1;
    mark_lists(s);
    const byte *feed = is_long ? fail(s, start, TOO_LONG) : read_record(s, p);
    if (LIKELY(feed)) return keep_record(s) ? feed + 1 : NULL;
    if (ends_scan(s->reason)) return NULL;
    feed = line_feed(start, stop);
    return reject_line(s, data, start, feed) ? feed + 1 : NULL;
}

/* Reads the whole lines from `p` to `stop`, before which the last line feed is; false after
   `fail`. */
static bool read_lines(Scanner *s, const byte *data, const byte *p, const byte *stop)
{
    for (; p < stop; s->line++) {
        p = read_line(s, data, p, stop);
        if (!p) return false;
    }
    return true;
}

#endif
