/* What the scanner holds: nodes (where something is wanted), columns, tables, and its state. */

#ifndef SCAN_H
#define SCAN_H

#include "platform.h"

enum {
    MAX_LINE = 16 << 20,    /* bytes of a line, or of a CSV record, without its end */
    MAX_SPELLINGS = 8,      /* of one key in one object, besides the exact one */
    MAX_NODES = 1 << 16,    /* wanted places, copies for other spellings included */
    MAX_CACHED_KEYS = 1024, /* of a node; when they are more, the cache begins anew */
    MAX_CACHED_BYTES = 1 << 20,
};

/* The kinds of a JSON value; null is none of them. A set of kinds is their sum. */
typedef enum {
    NOTHING = 0, STRING = 1, NUMBER = 2, BOOLEAN = 4, LIST = 8, OBJECT = 16, NOT_FINITE = 32
} Kind;

/* Why a line or record is rejected. The numbers are part of the interface. */
typedef enum {
    NO_REASON = 0,
    NO_OBJECT = 1,     /* a whole JSON value, but not an object */
    NO_VALUE = 2,      /* expecting a value */
    NO_KEY = 3,        /* expecting a key in quotes */
    NO_COLON = 4,
    NO_COMMA = 5,
    UNTERMINATED = 6,  /* a string without its closing quote */
    CONTROL = 7,       /* a control character in a string */
    ESCAPE = 8,        /* a backslash before a letter that means nothing */
    HEX = 9,           /* \u without four hexadecimal digits */
    NOT_UTF8 = 10,
    EXTRA = 11,        /* something follows the value */
    TOO_LONG = 12,
    SPELLINGS = 13,    /* too many spellings of one key in one object */
    WIDTH = 14,        /* CSV: another number of cells than the header; `at` is that number */
    UNCLOSED = 15,     /* CSV: a quote is never closed */
    QUOTES = 16,       /* CSV: something follows a closing quote */
    OUT_OF_MEMORY = 17, /* these two are not the line's fault: scanning ends */
    FULL = 18           /* a column's texts, or a table's rows, do not fit 31 bits */
} Reason;

typedef struct { uint32_t hash; int32_t code; } Slot;

/* A column has, for each row of its table, the code of a JSON token, or -1. Code c stands for the
   bytes from offsets[c] to offsets[c + 1] of `data`. */
typedef struct {
    int32_t *codes;
    size_t code_room;
    int32_t *offsets; /* [entries + 1] */
    byte *data;
    Slot *slots;      /* the hash table from tokens to codes; its size is a power of two */
    size_t entries, offset_room, data_room, slot_count;
    uint32_t lookups, added; /* in the window that decides whether the dictionary pays */
    bool plain;       /* it does not: nearly all tokens differ, and each row has its own code */
    int32_t generation; /* counts how often the codes were given anew */
    int32_t table, path;
    const byte *text; /* of the row that is being read */
    size_t size;
    bool is_bare;     /* a string without its quotes */
} Column;

/* The rows of table 0 are records; those of another table are the elements of a list, in order.
   offsets[r] to offsets[r + 1] are the rows of the list in row r of the parent table. */
typedef struct {
    int32_t parent;
    bool met;           /* a list was met; before that there are no offsets */
    size_t count;
    size_t count_before; /* at the last mark_lists */
    int32_t *offsets;
    size_t offset_room;
} Table;

typedef struct Node Node;
typedef struct Entry Entry;

typedef struct { Node *node; bool is_exact; } Target;

/* A key as it is written in the data (quotes and escapes included), and whom it is for. */
struct Entry {
    Entry *next; /* the key that followed it last time */
    size_t size, target_count;
    byte *text;
    Target targets[];
};

typedef struct { /* keys by their hash, with open addressing */
    Entry *buckets[2 * MAX_CACHED_KEYS];
    size_t count, bytes;
} Cache;

/* A place in a record: the record itself, a key of an object, or the elements of a list. */
struct Node {
    byte *key, *form; /* the key, and the form in which spellings are compared */
    size_t key_size, form_size;
    Node *children, *next_child;
    Node *elements;
    Node *other;      /* takes the value of the next spelling of the key in the same object */
    int32_t number, path, column; /* path: the caller's number; -1 if not wanted */
    int32_t table;    /* whose rows its values are in */
    uint32_t kinds, brief;
    int32_t parent;
    uint64_t turn;    /* the object in which the key was met last, and how it was spelt there */
    const byte *spelt;
    size_t spelt_size;
    Cache *cache;
    Entry *first;     /* the key with which the last object began */
};

/* UTF-8's byte order mark. */
static const byte MARK[] = {0xEF, 0xBB, 0xBF};

/* A line or record that is rejected: its number and its bytes in the block; the offset in it of the
   byte that is wrong, and, for the quotes of CSV, the line of that byte and its number therein. */
typedef struct {
    int64_t line, start, size, at, wrong_line, wrong_byte;
    int32_t reason, unused;
} Rejected;

/* A cell of CSV. `may_be_odd`: a byte of it, or the return behind it, is escaped in JSON strings. */
typedef struct { const byte *start, *end; bool is_quoted, has_doubled, may_be_odd; } Cell;

/* The form of a key that is not ASCII: writes it to `form`, which has room for four times as many
   bytes as the key and 64 more, and returns its size. */
typedef size_t (*FormOfKey)(const byte *key, size_t size, byte *form);

typedef struct {
    Node **nodes; size_t node_count, node_room; /* the first is the record */
    Column *columns; size_t column_count, column_room;
    Table *tables; size_t table_count, table_room;
    int32_t *touched; size_t touched_count, touched_room; /* columns with a value in this row */
    byte *brackets; size_t bracket_room;
    byte *scratch; size_t scratch_room;
    byte *other_scratch; size_t other_room;
    int64_t *lines; size_t line_room;
    Rejected *rejected; size_t rejected_count, rejected_room;
    Cell *cells; size_t cell_room;
    byte *cell_text; size_t cell_text_room; /* of one cell, as JSON */
    int32_t *cell_starts, *cell_nodes; size_t width; /* whom each cell of a CSV record is for */
    int64_t sign; byte *sign_text; size_t sign_size; /* the cell by which the header is known */
    int64_t doubtful;   /* records of CSV that may be empty rows, or the header once more */
    FormOfKey form_of_key;
    uint64_t seed[2];
    uint64_t turn;      /* numbers the objects that are read */
    int64_t line;       /* the number of the line that comes next */
    bool at_start;      /* of the stream: a byte order mark may follow */
    bool is_skipping;   /* the rest of a line that is too long */
    bool has_failed;    /* out of memory or full: only scan_free is left */
    Reason reason; const byte *wrong; /* of the last failure, and where */
} Scanner;

/* Notes why and where reading failed; returns NULL for the caller to return. */
INLINE const byte *fail(Scanner *s, const byte *wrong, Reason reason)
{
    s->reason = reason;
    s->wrong = wrong;
    return NULL;
}

INLINE bool ends_scan(Reason reason) { return reason == OUT_OF_MEMORY || reason == FULL; }

#endif
