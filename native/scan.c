/* Reads JSON lines and CSV into columns of dictionary codes: exactly, in one pass, without a copy.

   What goes in: blocks of bytes, in order, and the paths that are wanted. What comes out: for each
   path a column, which has for each record the code of a JSON token (the text of a value, exactly
   as it is written) and each distinct token once; for the elements of lists separate tables;
   the line of each record; and for each line that is not a record its number, the byte where it is
   wrong, and the reason. Whoever evaluates the columns does so once per distinct token.

   The parts, each of which knows only those before it:

       platform.h       the compiler and the machine; sixteen bytes at once
       scan.h           what the scanner holds; limits, kinds and reasons
       tokens.h         where a JSON token ends; UTF-8; the text of a string
       dictionary.h     the code of a token
       nodes.h          the tree of wanted places; which key is for which of them
       rows.h           values held, kept, and taken back
       json_records.h   objects, lists, lines
       csv_records.h    cells, records
       scan.c           the functions that are called from outside

   They are one translation unit, so that the compiler can put the small functions into the loops
   that use them. Three conventions hold throughout:

   - A function that reads gets a pointer to the first byte and returns one to the byte after the
     last; NULL (or false) after `fail`, which notes the reason and the place.
   - Every block has PADDING writable bytes after its end, and a line feed at its end if it had
     none. No loop looks for an end: in JSON a line feed is in no token, in CSV it ends a cell.
   - A line that is rejected leaves nothing but its entry in `rejected` (and perhaps tokens that no
     code refers to). When memory runs out, or 31 bits are not enough, scanning ends for good:
     only `scan_free` may follow.

   A scanner is used by one thread at a time; there is no other state. Nothing here knows of files,
   of visitors, or of the program that loads this library. NOTES.md says which of its tricks pay. */

#include "csv_records.h"

/* --- making a scanner ------------------------------------------------------------------------ */

API void scan_free(Scanner *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->node_count; i++) free_node(s->nodes[i]);
    for (size_t i = 0; i < s->column_count; i++) free_column(&s->columns[i]);
    for (size_t i = 0; i < s->table_count; i++) free(s->tables[i].offsets);
    free(s->nodes), free(s->columns), free(s->tables), free(s->touched), free(s->brackets);
    free(s->scratch), free(s->other_scratch), free(s->lines), free(s->rejected), free(s->cells);
    free(s->cell_text), free(s->cell_starts), free(s->cell_nodes), free(s->sign_text), free(s);
}

/* A scanner that wants nothing yet. Two random numbers seed its hashes; `form_of_key` may be NULL,
   then keys that are not ASCII are compared without ASCII's letter case only. NULL if there is no
   memory. */
API Scanner *scan_new(uint64_t seed, uint64_t other_seed, FormOfKey form_of_key)
{
    Scanner *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->seed[0] = seed, s->seed[1] = other_seed;
    s->form_of_key = form_of_key;
    s->line = 1;
    s->at_start = true;
    if (new_table(s, -1) == 0 && new_node(s, NULL, 0)) return s;
    scan_free(s);
    return NULL;
}

/* The number of the node of a key in the objects at a node; -1 if there is no memory. The record
   is node 0. `form` is how spellings of the key are compared. */
API int32_t scan_key(Scanner *s, int32_t node, const byte *key, size_t size, const byte *form,
                     size_t form_size)
{
    Node *parent = s->nodes[node], *child = child_with_key(parent, key, size);
    if (!child) child = new_child(s, parent, key, size, form, form_size);
    return child ? child->number : -1;
}

/* The number of the node of the elements of the lists at a node; -1 if there is no memory. */
API int32_t scan_elements(Scanner *s, int32_t node)
{
    Node *list = s->nodes[node];
    if (list->elements) return list->elements->number;
    int32_t table = new_table(s, list->table);
    return table >= 0 && new_elements(s, list, table) ? list->elements->number : -1;
}

/* Makes a column, which reports itself as that of `path`, of a node's values of the given kinds.
   Of the `brief` kinds only `[]` or `{}` is kept. */
API bool scan_want(Scanner *s, int32_t node, int32_t path, uint32_t kinds, uint32_t brief)
{
    return add_column(s, s->nodes[node], path, kinds, brief);
}

/* The number of the node that takes the value of the `count`-th other spelling of a node's key. */
API int32_t scan_spelling(Scanner *s, int32_t node, int32_t count)
{
    Node *n = s->nodes[node], *parent = n->parent >= 0 ? s->nodes[n->parent] : NULL;
    for (; n && count; count--) n = next_spelling(s, n, parent);
    return n ? n->number : -1;
}

/* Says whom each of `width` cells of a CSV record is for: cell i for the nodes from starts[i] to
   starts[i + 1] of `nodes`. Cell number `sign` of the header, -1 for none of them, is `text`, without
   quotes: records with the same there are counted as doubtful. */
API bool scan_header(Scanner *s, size_t width, const int32_t *starts, const int32_t *nodes,
                     int64_t sign, const byte *text, size_t size)
{
    size_t count = (size_t)starts[width];
    free(s->cell_starts), free(s->cell_nodes), free(s->sign_text);
    s->cell_starts = malloc((width + 1) * sizeof *starts);
    s->cell_nodes = malloc((count + 1) * sizeof *nodes);
    s->sign_text = malloc(size + 1);
    s->width = width, s->sign = sign, s->sign_size = size;
    if (!s->cell_starts || !s->cell_nodes || !s->sign_text) return false;
    memcpy(s->cell_starts, starts, (width + 1) * sizeof *starts);
    if (count) memcpy(s->cell_nodes, nodes, count * sizeof *nodes);
    if (size) memcpy(s->sign_text, text, size);
    return true;
}

/* --- scanning -------------------------------------------------------------------------------- */

/* After a byte order mark at the start of the stream, and after the rest of a line that is being
   skipped; NULL if more is needed to know. */
static const byte *begin_block(Scanner *s, const byte *data, const byte *stop, bool is_last)
{
    size_t size = (size_t)(stop - data);
    if (s->at_start) {
        size_t compared = size < sizeof MARK ? size : sizeof MARK;
        bool is_mark = !memcmp(data, MARK, compared);
        if (is_mark && compared < sizeof MARK && !is_last) return NULL;
        s->at_start = false;
        if (is_mark && compared == sizeof MARK) data += sizeof MARK;
    }
    if (!s->is_skipping) return data;
    const byte *p = skip_long_line(s, data, stop);
    return p ? p : stop;
}

static int finish(Scanner *s, bool is_good)
{
    s->has_failed = !is_good;
    return is_good ? 0 : (int)s->reason;
}

static const byte *last_feed(const byte *p, const byte *stop)
{
    while (stop > p && stop[-1] != '\n') stop--;
    return stop;
}

/* Reads the whole lines of a block as JSON; with `is_last` what follows its last line feed too.
   `*used` is how much was read: the next block begins with what was not. A block needs PADDING
   writable bytes after its end. 0, or OUT_OF_MEMORY or FULL. */
API int scan_json(Scanner *s, byte *data, size_t size, bool is_last, size_t *used)
{
    *used = 0;
    if (s->has_failed) return s->reason;
    data[size] = '\n';
    const byte *end = data + size, *p = begin_block(s, data, end, is_last);
    if (!p) return 0;
    const byte *stop = is_last && p < end && end[-1] != '\n' ? end + 1 : last_feed(p, end);
    bool is_good = read_lines(s, data, p, stop);
    if (stop < end) {
        bool is_long = is_good && end - stop > MAX_LINE + 1;
        if (is_long) is_good = begin_skipping(s, data, stop, end), stop = end;
    }
    *used = (size_t)((stop < end ? stop : end) - data);
    return finish(s, is_good);
}

/* Reads the whole records of a block as CSV, whose header `scan_header` got; otherwise as
   `scan_json`. */
API int scan_csv(Scanner *s, byte *data, size_t size, byte delimiter, bool is_last, size_t *used)
{
    *used = 0;
    if (s->has_failed) return s->reason;
    data[size] = '\n';
    const byte *end = data + size, *p = begin_block(s, data, end, is_last);
    if (!p) return 0;
    const byte *stop = is_last && p < end && end[-1] != '\n' ? end + 1 : end, *rest = p;
    bool is_good = read_records(s, data, p, stop, delimiter, is_last, &rest);
    *used = (size_t)((rest < end ? rest : end) - data);
    return finish(s, is_good);
}

/* Forgets all rows and rejected lines, and the tokens of plain columns and of those whose tokens
   have more than `max_bytes` bytes. The next line is number `line`; at the start of a stream a
   byte order mark may be. */
API void scan_clear(Scanner *s, int64_t line, bool at_start, int64_t max_bytes)
{
    for (size_t i = 0; i < s->column_count; i++) {
        Column *c = &s->columns[i];
        clear_codes(c, 0, s->tables[c->table].count);
        if (c->plain || (c->entries && c->offsets[c->entries] > max_bytes)) forget_tokens(c);
    }
    for (size_t i = 0; i < s->table_count; i++) s->tables[i].count = 0, s->tables[i].met = false;
    s->rejected_count = 0;
    s->doubtful = 0;
    s->line = line;
    if (at_start) s->at_start = true, s->is_skipping = false;
}

/* --- results; all pointers are good until the next call but these ---------------------------- */

typedef struct {
    int64_t rows, next_line, rejected, doubtful;
    const int64_t *lines;
    const Rejected *rejects;
} RecordsView;

typedef struct {
    int64_t rows, entries, bytes;
    const int32_t *codes, *offsets; /* codes is NULL if no row has a value */
    const byte *data;
    int32_t path, table, plain, generation;
} ColumnView;

typedef struct { int64_t rows; const int32_t *offsets; int32_t parent, unused; } TableView;

API void scan_records(const Scanner *s, RecordsView *view)
{
    *view = (RecordsView){(int64_t)s->tables[0].count, s->line, (int64_t)s->rejected_count,
                          s->doubtful, s->lines, s->rejected};
}

API int64_t scan_column_count(const Scanner *s) { return (int64_t)s->column_count; }

static int32_t *put_columns(const Node *n, int32_t *to)
{
    if (n->column >= 0) *to++ = n->column;
    for (const Node *child = n->children; child; child = child->next_child)
        for (const Node *taker = child; taker; taker = taker->other) to = put_columns(taker, to);
    return n->elements ? put_columns(n->elements, to) : to;
}

/* Writes the numbers of all columns [scan_column_count], those of one path in order of
   preference. */
API void scan_column_order(const Scanner *s, int32_t *columns)
{
    put_columns(s->nodes[0], columns);
}

/* False if there is no memory. */
API bool scan_column(Scanner *s, int64_t column, ColumnView *view)
{
    Column *c = &s->columns[column];
    size_t rows = s->tables[c->table].count;
    if (c->codes && rows > c->code_room && !more_codes(c, rows)) return false;
    *view = (ColumnView){(int64_t)rows, (int64_t)c->entries,
                         c->entries ? c->offsets[c->entries] : 0, c->codes, c->offsets, c->data,
                         c->path, c->table, c->plain, c->generation};
    return true;
}

/* The offsets [rows of the parent + 1] are NULL if no list was met. */
API void scan_table(const Scanner *s, int32_t table, TableView *view)
{
    const Table *t = &s->tables[table];
    *view = (TableView){(int64_t)t->count, t->met ? t->offsets : NULL, t->parent, 0};
}
