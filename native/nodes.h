/* Nodes: the places in a record where something is wanted, as a tree of keys and list elements.

   For the paths `id`, `company.industry` and `pages[].url`:

       record -- id *
              -- company -- industry *
              -- pages -- [] -- url *          * has a column; [] is a separate table

   A key of an object is for every child whose form it has; it may be spelt exactly as the child's
   key or otherwise. An exact key's value goes to the child itself. The first other spelling in an
   object goes to the child's `other`, the second to the `other` of that, and so on: copies of the
   child with everything below it, made when they are needed. So no value is lost, each column has
   one value a row, and the order child, other, its other is the order of preference. */

#ifndef NODES_H
#define NODES_H

#include "dictionary.h"
#include "tokens.h"

/* --- making them ---------------------------------------------------------------------------- */

static void empty_cache(Node *n)
{
    if (!n->cache) return;
    for (size_t i = 0; i < 2 * MAX_CACHED_KEYS; i++) free(n->cache->buckets[i]);
    memset(n->cache, 0, sizeof *n->cache);
    n->first = NULL;
}

static void free_node(Node *n)
{
    empty_cache(n);
    free(n->cache), free(n->key), free(n->form), free(n);
}

/* A new node below `parent` (NULL for the record) whose values are in the rows of `table`. */
static Node *new_node(Scanner *s, const Node *parent, int32_t table)
{
    if (s->node_count >= MAX_NODES || !GROW(s->nodes, s->node_room, s->node_count + 1)) return NULL;
    Node *n = calloc(1, sizeof *n);
    if (!n) return NULL;
    n->number = (int32_t)s->node_count;
    n->path = n->column = -1;
    n->table = table;
    n->parent = parent ? parent->number : -1;
    s->nodes[s->node_count++] = n;
    return n;
}

static int32_t new_table(Scanner *s, int32_t parent)
{
    if (!GROW(s->tables, s->table_room, s->table_count + 1)) return -1;
    s->tables[s->table_count] = (Table){.parent = parent};
    return (int32_t)s->table_count++;
}

/* Gives a node a column for the values of these kinds. */
static bool add_column(Scanner *s, Node *n, int32_t path, uint32_t kinds, uint32_t brief)
{
    if (!GROW(s->columns, s->column_room, s->column_count + 1) ||
        !GROW(s->touched, s->touched_room, s->column_count + 1))
        return false;
    s->columns[s->column_count] = (Column){.table = n->table, .path = path};
    n->path = path, n->kinds = kinds, n->brief = brief;
    n->column = (int32_t)s->column_count++;
    return true;
}

static byte *copied(const byte *text, size_t size)
{
    byte *copy = malloc(size + 1);
    if (copy && size) memcpy(copy, text, size);
    return copy;
}

static bool name_node(Node *n, const byte *key, size_t size, const byte *form, size_t form_size)
{
    n->key = copied(key, size), n->form = copied(form, form_size);
    n->key_size = size, n->form_size = form_size;
    return n->key && n->form;
}

/* Appends, so that children keep the order in which they were asked for. */
static void adopt(Node *parent, Node *child)
{
    Node **place = &parent->children;
    while (*place) place = &(*place)->next_child;
    *place = child;
}

static Node *child_with_key(const Node *n, const byte *key, size_t size)
{
    for (Node *child = n->children; child; child = child->next_child)
        if (is_equal(child->key, child->key_size, key, size)) return child;
    return NULL;
}

static Node *new_child(Scanner *s, Node *parent, const byte *key, size_t size, const byte *form,
                       size_t form_size)
{
    Node *child = new_node(s, parent, parent->table);
    if (!child || !name_node(child, key, size, form, form_size)) return NULL;
    adopt(parent, child);
    empty_cache(parent); /* which knows nothing of this child */
    return child;
}

/* The elements of the lists at a node, with their own table below that of the list. */
static Node *new_elements(Scanner *s, Node *list, int32_t table)
{
    return list->elements = new_node(s, list, table);
}

static Node *copy_node(Scanner *s, const Node *original, const Node *parent, int32_t table);

static bool copy_inner(Scanner *s, const Node *original, Node *copy)
{
    Node **place = &copy->children;
    for (const Node *child = original->children; child; child = child->next_child) {
        *place = copy_node(s, child, copy, copy->table);
        if (!*place) return false;
        place = &(*place)->next_child;
    }
    const Node *elements = original->elements;
    if (!elements) return true;
    int32_t table = new_table(s, copy->table);
    return table >= 0 && (copy->elements = copy_node(s, elements, copy, table));
}

/* A copy of a node and of all that is wanted below it, with its own columns and tables. */
static Node *copy_node(Scanner *s, const Node *original, const Node *parent, int32_t table)
{
    Node *copy = new_node(s, parent, table);
    if (!copy) return NULL;
    if (!name_node(copy, original->key, original->key_size, original->form, original->form_size))
        return NULL;
    if (original->column >= 0 &&
        !add_column(s, copy, original->path, original->kinds, original->brief))
        return NULL;
    return copy_inner(s, original, copy) ? copy : NULL;
}

/* --- keys ----------------------------------------------------------------------------------- */

typedef struct { const byte *text, *form; size_t size, form_size; } Key;

/* Letters in lower case, without spaces, `_` and `-`: of ASCII. */
static size_t ascii_form(const byte *text, size_t size, byte *form)
{
    byte *to = form;
    for (size_t i = 0; i < size; i++) {
        byte c = text[i];
        if (c == ' ' || c == '_' || c == '-') continue;
        *to++ = c >= 'A' && c <= 'Z' ? c | 32 : c;
    }
    return (size_t)(to - form);
}

static bool is_ascii(const byte *text, size_t size)
{
    byte high = 0;
    for (size_t i = 0; i < size; i++) high |= text[i];
    return high < 0x80;
}

/* The text and form of a key as it is written; both last until the next key. */
static bool read_key(Scanner *s, const byte *written, size_t size, Key *key)
{
    if (!GROW(s->scratch, s->scratch_room, 2 * size) || /* two keys: see is_same_key */
        !GROW(s->other_scratch, s->other_room, 4 * size + PADDING))
        return fail(s, written, OUT_OF_MEMORY);
    key->text = s->scratch, key->form = s->other_scratch;
    key->size = unescape(written, size, s->scratch);
    bool is_plain = !s->form_of_key || is_ascii(key->text, key->size);
    key->form_size = (is_plain ? ascii_form : s->form_of_key)(key->text, key->size,
                                                              s->other_scratch);
    return true;
}

static bool is_exact(const Node *child, const Key *key)
{
    return is_equal(child->key, child->key_size, key->text, key->size);
}

static bool is_for(const Node *child, const Key *key)
{
    return is_equal(child->form, child->form_size, key->form, key->form_size);
}

/* An entry with the node's children of the key's form, not yet in the cache. */
static Entry *new_entry(Scanner *s, const Node *n, const byte *written, size_t size)
{
    Key key;
    if (!read_key(s, written, size, &key)) return NULL;
    size_t count = 0;
    for (const Node *child = n->children; child; child = child->next_child)
        count += is_for(child, &key);
    Entry *entry = malloc(sizeof *entry + count * sizeof *entry->targets + size + PADDING);
    if (!entry) return fail(s, written, OUT_OF_MEMORY), NULL;
    *entry = (Entry){.size = size, .text = (byte *)(entry->targets + count)};
    memcpy(entry->text, written, size);
    memset(entry->text + size, 0, PADDING);
    for (Node *child = n->children; child; child = child->next_child)
        if (is_for(child, &key))
            entry->targets[entry->target_count++] = (Target){child, is_exact(child, &key)};
    return entry;
}

static Entry **bucket_of(Cache *cache, uint32_t hash, const byte *written, size_t size)
{
    size_t mask = 2 * MAX_CACHED_KEYS - 1, i = hash & mask;
    while (cache->buckets[i] &&
           !is_equal(cache->buckets[i]->text, cache->buckets[i]->size, written, size))
        i = (i + 1) & mask;
    return &cache->buckets[i];
}

/* The entry of a key as it is written. Where the cache is full it begins anew; then `*guess`, which
   points into it, is moved to where the node's first key is guessed. */
static Entry *entry_of(Scanner *s, Node *n, const byte *written, size_t size, Entry ***guess)
{
    if (!n->cache && !(n->cache = calloc(1, sizeof *n->cache)))
        return fail(s, written, OUT_OF_MEMORY), NULL;
    uint32_t hash = hash_of(s, written, size);
    Entry **bucket = bucket_of(n->cache, hash, written, size);
    if (*bucket) return *bucket;
    Entry *entry = new_entry(s, n, written, size);
    if (!entry) return NULL;
    if (n->cache->count >= MAX_CACHED_KEYS || n->cache->bytes > MAX_CACHED_BYTES) {
        empty_cache(n);
        *guess = &n->first;
        bucket = bucket_of(n->cache, hash, written, size);
    }
    n->cache->count++;
    n->cache->bytes += size;
    return *bucket = entry;
}

static bool is_same_key(Scanner *s, const Node *n, const byte *written, size_t size)
{
    if (is_equal(n->spelt, n->spelt_size, written, size)) return true;
    if (!memchr(n->spelt, '\\', n->spelt_size) && !memchr(written, '\\', size)) return false;
    size_t first = unescape(n->spelt, n->spelt_size, s->scratch);
    size_t second = unescape(written, size, s->scratch + first);
    return is_equal(s->scratch, first, s->scratch + first, second);
}

static Node *next_spelling(Scanner *s, Node *n, Node *parent)
{
    if (!n->other) n->other = copy_node(s, n, parent, n->table);
    return n->other;
}

/* The node that takes the value of a key of the object `turn`; `*taker` is NULL where the key was
   there before, since of repeated keys the first counts. False after `fail`. */
static bool find_taker(Scanner *s, Node *parent, Target target, const byte *written, size_t size,
                       uint64_t turn, Node **taker)
{
    Node *n = target.node;
    *taker = NULL;
    if (LIKELY(target.is_exact)) {
        if (n->turn != turn) *taker = n;
        n->turn = turn;
        return true;
    }
    for (int spelling = 0; spelling < MAX_SPELLINGS; spelling++) {
        n = next_spelling(s, n, parent);
        if (!n) return fail(s, written, s->node_count >= MAX_NODES ? SPELLINGS : OUT_OF_MEMORY);
        if (n->turn == turn && is_same_key(s, n, written, size)) return true;
        if (n->turn == turn) continue;
        n->turn = turn, n->spelt = written, n->spelt_size = size;
        *taker = n;
        return true;
    }
    return fail(s, written, SPELLINGS);
}

#endif
