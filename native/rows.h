/* Columns and tables while rows are read: values are held until their row is known to be good,
   then kept; the elements of lists in a record that is rejected are taken back. */

#ifndef ROWS_H
#define ROWS_H

#include "dictionary.h"

/* Holds a value for the row that is being read; `text` must last until the row is kept. */
INLINE void hold(Scanner *s, int32_t column, const byte *text, size_t size, bool is_bare)
{
    Column *c = &s->columns[column];
    c->text = text;
    c->size = size;
    c->is_bare = is_bare;
    s->touched[s->touched_count++] = column;
}

/* Makes room for the codes of `count` rows; what is not written is -1. */
static bool more_codes(Column *c, size_t count)
{
    size_t before = c->code_room;
    if (!GROW(c->codes, c->code_room, count)) return false;
    memset(c->codes + before, 0xFF, (c->code_room - before) * sizeof *c->codes);
    return true;
}

/* Keeps the values that were held since there were `first` of them; false after `fail`. */
INLINE bool keep_held(Scanner *s, const Table *table, size_t first)
{
    for (size_t i = first; i < s->touched_count; i++) {
        Column *c = &s->columns[s->touched[i]];
        if (UNLIKELY(table->count >= c->code_room) && !more_codes(c, table->count + 1))
            return fail(s, c->text, OUT_OF_MEMORY);
        int32_t code = code_of(s, c, c->text, c->size, c->is_bare);
        if (UNLIKELY(code < 0)) return false;
        c->codes[table->count] = code;
    }
    s->touched_count = first;
    return true;
}

/* Ends a row of a table: its lists, if it has any, end with it. */
INLINE bool end_row(Scanner *s, int32_t number)
{
    Table *t = &s->tables[number];
    if (UNLIKELY(t->count >= INT32_MAX - 1)) return fail(s, NULL, FULL);
    t->count++;
    for (size_t i = (size_t)number + 1; i < s->table_count; i++) {
        Table *inner = &s->tables[i];
        if (inner->parent != number || !inner->met) continue;
        if (UNLIKELY(!GROW(inner->offsets, inner->offset_room, t->count + 1)))
            return fail(s, NULL, OUT_OF_MEMORY);
        inner->offsets[t->count] = (int32_t)inner->count;
    }
    return true;
}

/* A list of this table begins; if it is the first, all rows before had empty ones. */
INLINE bool begin_list(Scanner *s, int32_t number)
{
    Table *t = &s->tables[number];
    if (LIKELY(t->met)) return true;
    size_t count = s->tables[t->parent].count;
    if (!GROW(t->offsets, t->offset_room, count + 2)) return fail(s, NULL, OUT_OF_MEMORY);
    memset(t->offsets, 0, (count + 1) * sizeof *t->offsets);
    return t->met = true;
}

/* Where the lists are that may be taken back: at the start of a record, or of JSON in a cell. */
INLINE void mark_lists(Scanner *s)
{
    for (size_t i = 1; i < s->table_count; i++) s->tables[i].count_before = s->tables[i].count;
}

static void clear_codes(Column *c, size_t first, size_t end)
{
    if (end > c->code_room) end = c->code_room;
    if (first < end) memset(c->codes + first, 0xFF, (end - first) * sizeof *c->codes);
}

/* Takes back what was read since `mark_lists`, and is wrong. */
static void forget_since_mark(Scanner *s)
{
    s->touched_count = 0;
    for (size_t i = 1; i < s->table_count; i++) {
        Table *t = &s->tables[i];
        if (t->count == t->count_before) continue;
        for (size_t j = 0; j < s->column_count; j++)
            if (s->columns[j].table == (int32_t)i)
                clear_codes(&s->columns[j], t->count_before, t->count);
        t->count = t->count_before;
    }
}

/* Keeps the record that was read as a row; false after `fail`. */
INLINE bool keep_record(Scanner *s)
{
    Table *records = &s->tables[0];
    if (UNLIKELY(!GROW(s->lines, s->line_room, records->count + 1)))
        return fail(s, NULL, OUT_OF_MEMORY);
    s->lines[records->count] = s->line;
    return keep_held(s, records, 0) && end_row(s, 0);
}

/* Notes a line that is not a record, for the reason of the last failure. */
static bool reject(Scanner *s, const byte *data, const byte *start, const byte *end)
{
    if (!GROW(s->rejected, s->rejected_room, s->rejected_count + 1))
        return fail(s, start, OUT_OF_MEMORY);
    s->rejected[s->rejected_count++] = (Rejected){.line = s->line,
                                                  .start = start - data,
                                                  .size = end - start,
                                                  .at = s->wrong - start,
                                                  .reason = s->reason};
    forget_since_mark(s);
    return true;
}

#endif
