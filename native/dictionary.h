/* A column's dictionary: the code of a token, given the first time the token is met.

   Hashing is seeded, and a search stops after MAX_PROBES, so that keys made to collide cost no
   more than others: a token that is not met again within that many slots gets a second code,
   which is slower for whoever works once per code, but never wrong.

   Where nearly all tokens differ, a dictionary costs time and saves none. Each WINDOW of lookups
   decides: if fewer than one in sixteen were known, the column turns plain for good, and each row
   gets its own code. The window is long, since tokens of which there are 100,000 say little
   about themselves in the first few thousand rows, and a dictionary of them still pays. */

#ifndef DICTIONARY_H
#define DICTIONARY_H

#include "scan.h"

enum { MAX_PROBES = 64, WINDOW = 1 << 15, FIRST_SLOTS = 256 };

/* Both halves of a product, folded: every bit of the result depends on all of both. */
INLINE uint64_t mix(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & 0xFFFFFFFF) * (b | 1), high = (a >> 32) * ((b >> 32) | 1);
    return low ^ (high << 32 | high >> 32);
#endif
}

/* The first `size` < 8 bytes at `p`, of which eight may be read. */
INLINE uint64_t load_some(const byte *p, size_t size)
{
    if (!size) return 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return load64(p) >> (64 - 8 * size);
#else
    return load64(p) << (64 - 8 * size);
#endif
}

INLINE uint32_t hash_of(const Scanner *s, const byte *p, size_t size) /* may read 7 bytes more */
{
#ifdef SCAN_COLLIDE /* for tests: as if an attacker knew the seeds */
    return 7;
#endif
    uint64_t sum = s->seed[1] ^ size, a, b = 0;
    if (size > 16) {
        const byte *last = p + size - 16;
        for (; p < last; p += 16) sum = mix(load64(p) ^ s->seed[0], load64(p + 8) ^ sum);
        a = load64(last), b = load64(last + 8);
    } else if (size >= 8) {
        a = load64(p), b = load64(p + size - 8);
    } else {
        a = load_some(p, size);
    }
    sum = mix(a ^ s->seed[0], b ^ sum);
    return (uint32_t)(sum ^ sum >> 32);
}

static void put_slot(Column *c, uint32_t hash, int32_t code)
{
    size_t mask = c->slot_count - 1;
    for (size_t i = hash & mask, probes = 0; probes < MAX_PROBES; i = (i + 1) & mask, probes++)
        if (c->slots[i].code < 0) {
            c->slots[i] = (Slot){hash, code};
            return;
        }
}

static void empty_slots(Column *c)
{
    if (c->slots) memset(c->slots, 0xFF, c->slot_count * sizeof *c->slots); /* codes of -1 */
}

static bool more_slots(Column *c)
{
    Slot *old = c->slots;
    size_t old_count = c->slot_count, count = old_count ? old_count * 4 : FIRST_SLOTS;
    Slot *slots = malloc(count * sizeof *slots);
    if (!slots) return false;
    c->slots = slots;
    c->slot_count = count;
    empty_slots(c);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].code >= 0) put_slot(c, old[i].hash, old[i].code);
    free(old);
    return true;
}

/* Keeps a token under a new code, with quotes around it where it is bare; -2 after `fail`. */
static int32_t add_token(Scanner *s, Column *c, const byte *p, size_t size, bool is_bare)
{
    size_t end = c->entries ? (size_t)c->offsets[c->entries] : 0, whole = size + 2 * is_bare;
    if (end + whole > INT32_MAX - PADDING || c->entries > INT32_MAX / 2)
        return fail(s, p, FULL), -2;
    if (!GROW(c->offsets, c->offset_room, c->entries + 2) ||
        !GROW(c->data, c->data_room, end + whole + PADDING))
        return fail(s, p, OUT_OF_MEMORY), -2;
    c->offsets[0] = 0;
    if (is_bare) c->data[end] = c->data[end + size + 1] = '"';
    memcpy(c->data + end + is_bare, p, size);
    c->offsets[c->entries + 1] = (int32_t)(end + whole);
    return (int32_t)c->entries++;
}

static void close_window(Column *c)
{
    c->plain = c->added > WINDOW - WINDOW / 16;
    c->lookups = c->added = 0;
}

/* The code of a token that is not in the dictionary. */
static int32_t add_entry(Scanner *s, Column *c, uint32_t hash, const byte *p, size_t size,
                         bool is_bare)
{
    int32_t code = add_token(s, c, p, size, is_bare);
    if (code < 0) return code;
    if (c->entries * 2 > c->slot_count && !more_slots(c)) return fail(s, p, OUT_OF_MEMORY), -2;
    put_slot(c, hash, code);
    c->added++;
    return code;
}

INLINE bool is_entry(const Column *c, int32_t code, const byte *p, size_t size, bool is_bare)
{
    const byte *token = c->data + c->offsets[code];
    if ((size_t)(c->offsets[code + 1] - c->offsets[code]) != size + 2 * is_bare) return false;
    return same(token + is_bare, p, size) && (!is_bare || *token == '"');
}

/* The code of a token, -2 after `fail`. A bare one is a JSON string without its quotes. (With
   them, a string has another code, unless only one of the two kinds is met.) */
INLINE int32_t code_of(Scanner *s, Column *c, const byte *p, size_t size, bool is_bare)
{
    if (c->plain) return add_token(s, c, p, size, is_bare);
    uint32_t hash = hash_of(s, p, size);
    if (UNLIKELY(++c->lookups > WINDOW)) close_window(c);
    size_t mask = c->slot_count - 1, probes = c->slot_count ? MAX_PROBES : 0;
    for (size_t i = hash & mask; probes; i = (i + 1) & mask, probes--) {
        Slot slot = c->slots[i];
        if (slot.code < 0) break;
        if (slot.hash == hash && is_entry(c, slot.code, p, size, is_bare)) return slot.code;
    }
    return add_entry(s, c, hash, p, size, is_bare);
}

/* Forgets all tokens: their codes are given anew, which `generation` says. */
static void forget_tokens(Column *c)
{
    if (!c->entries) return;
    c->entries = 0;
    c->generation++;
    empty_slots(c);
}

static void free_column(Column *c)
{
    free(c->codes), free(c->offsets), free(c->data), free(c->slots);
}

#endif
