/* CSV (RFC 4180, any delimiter): a record's cells are found first, and only if it is good are the
   wanted ones kept, as JSON strings, so that columns hold JSON tokens whatever the format.

   A quoted cell may hold line feeds. Whatever is wrong with the quotes, only the line on which the
   record begins is given up, since what follows may well be good. */

#ifndef CSV_RECORDS_H
#define CSV_RECORDS_H

#include "json_records.h"

/* How reading a record ends. */
typedef enum { GOOD, BLANK, BAD, CUT } Outcome; /* CUT: by the end of the data, more may follow */

typedef struct {
    const byte *start;
    const byte *end;   /* its line feed; of a bad one that of its first line, NULL if not there */
    const byte *wrong; /* the first byte that is not UTF-8 */
    size_t cell_count;
    int64_t feeds;     /* in its cells */
} Record;

/* Bytes that are escaped in JSON strings. */
INLINE uint64_t odd_lanes(Vector v)
{
    return flags((Vector)((v == '"') | (v == '\\') | (v < ' ')));
}

/* A cell without quotes, to its delimiter or line feed; `stop` holds one. */
INLINE const byte *plain_cell_end(const byte *p, byte delimiter, uint64_t *odd, uint64_t *high)
{
    for (;; p += 16) {
        Vector v = load16(p);
        uint64_t stop = flags((Vector)((v == delimiter) | (v == '\n')));
        uint64_t within = stop ? lanes_before(stop) : ~0ull;
        *high |= flags(v) & within;
        *odd |= odd_lanes(v) & within;
        if (LIKELY(stop)) return p + first_lane(stop);
    }
}

/* Reads a quoted cell from its quote on: the byte after its closing one, NULL where that is not
   before `limit`. The quotes of sixteen bytes are looked at one after another: a closing one is not
   followed by another; two are one of the text, and the second may be the next vector's first. */
INLINE const byte *quoted_cell_end(const byte *p, const byte *limit, Cell *cell, uint64_t *high)
{
    cell->start = ++p;
    cell->may_be_odd = true;
    while (p < limit) {
        Vector v = load16(p);
        const byte *next = p + sizeof v;
        for (uint64_t quotes = flags((Vector)(v == '"')); quotes;) {
            const byte *quote = p + first_lane(quotes);
            if (quote >= limit || (quote[1] == '"' && quote + 1 >= limit)) return NULL;
            if (quote[1] != '"') {
                *high |= flags(v) & lanes_before(quotes);
                cell->end = quote;
                return quote + 1;
            }
            cell->has_doubled = true;
            quotes = without_first(quotes);
            if (quote + 1 == next) next++;
            else quotes = without_first(quotes);
        }
        *high |= flags(v);
        p = next;
    }
    return NULL;
}

static int64_t count_feeds(const byte *p, const byte *stop)
{
    int64_t feeds = 0;
    while ((p = line_feed(p, stop))) p++, feeds++;
    return feeds;
}

/* Gives up the line on which the record begins, once its end is there or it is too long.
   `is_whole`: there are more bytes than a record may have. */
static Outcome give_up(Scanner *s, Record *record, const byte *wrong, Reason reason,
                       const byte *stop, bool is_whole)
{
    record->end = line_feed(record->start, stop);
    record->feeds = 0;
    if (!record->end && !is_whole) return CUT;
    bool is_long = !record->end || line_size(record->start, record->end) > MAX_LINE;
    if (is_long) fail(s, record->start, TOO_LONG);
    else fail(s, wrong, reason);
    return BAD;
}

static bool is_blank(const Record *record, const Cell *cells)
{
    if (record->cell_count > 1 || cells[0].is_quoted) return false;
    const byte *p = record->start;
    while (*p == ' ' || *p == '\r') p++;
    return *p == '\n';
}

/* A good record has as many cells as the header, all of them UTF-8. */
static Outcome check_record(Scanner *s, Record *record)
{
    if (UNLIKELY(line_size(record->start, record->end) > MAX_LINE))
        return give_up(s, record, record->start, TOO_LONG, record->end + 1, true);
    if (UNLIKELY(is_blank(record, s->cells))) return BLANK;
    if (UNLIKELY(record->cell_count != s->width)) {
        fail(s, record->start + record->cell_count, WIDTH);
        return BAD;
    }
    if (UNLIKELY(record->wrong != NULL)) {
        fail(s, record->wrong, NOT_UTF8);
        return BAD;
    }
    return GOOD;
}

/* Finds the cells of the record at `record->start`. There is a line feed at `stop` (not counted as
   data unless `is_last`), so that no cell without quotes reaches further. */
static Outcome split_record(Scanner *s, Record *record, byte delimiter, const byte *stop,
                            bool is_last)
{
    const byte *p = record->start;
    bool is_whole = stop - p > MAX_LINE + 1; /* all of it that may be read is there */
    const byte *limit = is_whole ? p + MAX_LINE + 1 : stop;
    for (;;) {
        uint64_t high = 0, odd = 0;
        if (!GROW(s->cells, s->cell_room, record->cell_count + 1))
            return fail(s, p, OUT_OF_MEMORY), BAD;
        Cell *cell = &s->cells[record->cell_count++];
        *cell = (Cell){.start = p, .is_quoted = *p == '"' && p < stop};
        if (cell->is_quoted) {
            const byte *open = p;
            p = quoted_cell_end(p, limit, cell, &high);
            if (p && p == stop && !is_last) return CUT;
            if (!p && !is_whole && !is_last) return CUT;
            if (!p) return give_up(s, record, open, UNCLOSED, stop, is_whole);
            record->feeds += count_feeds(cell->start, cell->end);
            const byte *closed = p;
            if (*p == '\r' && p[1] == '\n') p++;
            if (*p != delimiter && *p != '\n')
                return give_up(s, record, closed, QUOTES, stop, is_whole);
        } else {
            p = plain_cell_end(p, delimiter, &odd, &high);
            cell->end = p;
            cell->may_be_odd = odd != 0;
            if (*p == '\n' && p > cell->start && p[-1] == '\r') cell->end--;
        }
        if (p - record->start > MAX_LINE + 1)
            return give_up(s, record, record->start, TOO_LONG, stop, true);
        if (p >= stop && !is_last) return CUT;
        if (UNLIKELY(high) && !record->wrong) record->wrong = not_utf8(cell->start, cell->end);
        if (*p == '\n') break;
        p++;
    }
    record->end = p;
    return check_record(s, record);
}

/* --- cells as JSON -------------------------------------------------------------------------- */

/* Writes one byte of a JSON string, escaped where it must be. */
static byte *put_escaped(byte *to, byte c)
{
    static const char hex[] = "0123456789abcdef";
    if (c >= ' ') {
        if (c == '"' || c == '\\') *to++ = '\\';
        *to++ = c;
        return to;
    }
    memcpy(to, "\\u00", 4);
    to[4] = (byte)hex[c >> 4], to[5] = (byte)hex[c & 15];
    return to + 6;
}

static bool room_for_cell(Scanner *s, const Cell *cell, size_t room)
{
    if (GROW(s->cell_text, s->cell_text_room, room + PADDING)) return true;
    return fail(s, cell->start, OUT_OF_MEMORY);
}

/* Writes a cell to s->cell_text as a JSON string, which lasts until the cell is kept; its size, 0
   after `fail`. */
static size_t write_string(Scanner *s, const Cell *cell)
{
    if (!room_for_cell(s, cell, 6 * (size_t)(cell->end - cell->start) + 2)) return 0;
    byte *to = s->cell_text;
    *to++ = '"';
    for (const byte *p = cell->start; p < cell->end; p++) {
        to = put_escaped(to, *p);
        if (*p == '"') p += cell->has_doubled;
    }
    *to++ = '"';
    return (size_t)(to - s->cell_text);
}

/* Writes the JSON in a cell to s->cell_text, on one line: a line feed becomes a return, which is
   white space in the same places and wrong in the others. */
static bool write_json(Scanner *s, const Cell *cell)
{
    if (!room_for_cell(s, cell, (size_t)(cell->end - cell->start) + 1)) return false;
    byte *to = s->cell_text;
    for (const byte *p = cell->start; p < cell->end;) {
        Vector v = load16(p);
        uint64_t odd = flags((Vector)((v == '"') | (v == '\n')));
        size_t left = (size_t)(cell->end - p), size = odd ? (size_t)first_lane(odd) : sizeof v;
        memcpy(to, p, sizeof v); /* too much of it is written over */
        if (size >= left) { to += left; break; }
        p += size, to += size;
        if (!odd) continue;
        *to++ = *p == '\n' ? '\r' : '"';
        p += *p == '"' && cell->has_doubled ? 2 : 1;
    }
    *to = '\n';
    return true;
}

/* Whether no byte of a cell must be escaped in a JSON string. */
INLINE bool is_plain(const Cell *cell)
{
    for (const byte *p = cell->start; p < cell->end; p += 16) {
        Vector v = load16(p);
        uint64_t odd = odd_lanes(v);
        if (odd) return p + first_lane(odd) >= cell->end;
    }
    return true;
}

/* Holds a cell as a JSON string. */
INLINE bool hold_cell(Scanner *s, const Node *n, const Cell *cell)
{
    if (n->column < 0 || !(n->kinds & STRING)) return true;
    if (LIKELY(!cell->may_be_odd) || is_plain(cell)) {
        hold(s, n->column, cell->start, (size_t)(cell->end - cell->start), true);
        return true;
    }
    size_t size = write_string(s, cell);
    if (size) hold(s, n->column, s->cell_text, size, false);
    return size > 0;
}

/* Reads a cell that is one whole JSON list or object; if it is not, nothing is left of it. */
static bool read_json_cell(Scanner *s, Node *n, const Cell *cell)
{
    if (!write_json(s, cell)) return false;
    mark_lists(s);
    const byte *end = read_value(s, n, s->cell_text);
    if (end && *skip_space(end) == '\n') return true;
    forget_since_mark(s);
    return false;
}

/* Keeps a cell for a node; where something is wanted within it, a JSON list or object is looked
   into. */
static bool keep_cell(Scanner *s, Node *n, const Cell *cell)
{
    bool may_be_json = (*cell->start == '[' && n->elements) || (*cell->start == '{' && n->children);
    s->reason = NO_REASON;
    bool is_json = may_be_json && read_json_cell(s, n, cell);
    if (!is_json && (ends_scan(s->reason) || !hold_cell(s, n, cell))) return false;
    return keep_held(s, &s->tables[0], 0);
}

/* Keeps the wanted cells of a good record as a row; false after `fail`. */
static bool keep_cells(Scanner *s)
{
    for (size_t i = 0; i < s->width; i++) {
        const Cell *cell = &s->cells[i];
        if (cell->start == cell->end) continue;
        for (int32_t j = s->cell_starts[i]; j < s->cell_starts[i + 1]; j++)
            if (!keep_cell(s, s->nodes[s->cell_nodes[j]], cell)) return false;
    }
    return keep_record(s);
}

/* Whether a record may be something else: a row without a cell, as spreadsheets write them, or the
   header of a file that was put after another, perhaps with its byte order mark. */
INLINE bool is_doubtful(const Scanner *s, const Record *record, Outcome outcome)
{
    const byte *start = record->start, *end = record->end;
    if (UNLIKELY(*start == MARK[0]) && !memcmp(start, MARK, sizeof MARK)) return true;
    if (outcome == BLANK || (outcome == BAD && s->reason != WIDTH)) return false;
    size_t size = (size_t)(end - start) - (end > start && end[-1] == '\r');
    if (UNLIKELY(size + 1 == s->width) && s->width > 1) return true;
    if (s->sign < 0 || (size_t)s->sign >= record->cell_count) return false;
    const Cell *cell = &s->cells[s->sign];
    return (size_t)(cell->end - cell->start) == s->sign_size &&
           !memcmp(cell->start, s->sign_text, s->sign_size);
}

/* Rejects a record. Where its quotes are wrong may be lines below the one that is given up. */
static bool reject_record(Scanner *s, const byte *data, const Record *record)
{
    if (!reject(s, data, record->start, record->end)) return false;
    Rejected *rejected = &s->rejected[s->rejected_count - 1];
    if (rejected->reason != UNCLOSED && rejected->reason != QUOTES) return true;
    const byte *line = record->start, *feed;
    rejected->wrong_line = s->line;
    for (; (feed = line_feed(line, s->wrong)); line = feed + 1) rejected->wrong_line++;
    rejected->wrong_byte = s->wrong - line + 1;
    return true;
}

/* Reads whole records from `p` on; `*rest` is where the first that is not whole begins. */
static bool read_records(Scanner *s, const byte *data, const byte *p, const byte *stop,
                         byte delimiter, bool is_last, const byte **rest)
{
    while (p < stop) {
        Record record = {.start = p};
        *rest = p;
        s->reason = NO_REASON;
        Outcome outcome = split_record(s, &record, delimiter, stop, is_last);
        if (outcome == CUT) return true;
        if (outcome == BAD && ends_scan(s->reason)) return false;
        s->doubtful += is_doubtful(s, &record, outcome);
        mark_lists(s);
        if (outcome == BAD && !record.end) { /* its first line does not end here */
            *rest = stop;
            return begin_skipping(s, data, record.start, stop);
        }
        if (outcome == GOOD && !keep_cells(s)) return false;
        if (outcome == BAD && !reject_record(s, data, &record)) return false;
        s->line += 1 + record.feeds;
        p = record.end + 1;
    }
    *rest = p < stop ? p : stop;
    return true;
}

#endif
