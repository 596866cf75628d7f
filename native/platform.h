/* What depends on the machine and the compiler: exports, branch hints, unaligned loads, and
   sixteen bytes at once.

   A vector of sixteen bytes is GCC's and Clang's own type, so comparing and combining are written
   once for all machines. Only `flags`, which turns a comparison into an integer, has a version a
   machine: SSE2 (all x86-64), NEON (all 64-bit ARM), and a plain loop for everything else. */

#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(_WIN32)
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define INLINE static inline __attribute__((always_inline))

typedef uint8_t byte;
typedef byte Vector __attribute__((vector_size(16)));

/* Bytes that may be read past the end of every text that is loaded by vector. */
enum { PADDING = 64 };

INLINE Vector load16(const byte *p) { Vector v; memcpy(&v, p, 16); return v; }
INLINE uint64_t load64(const byte *p) { uint64_t v; memcpy(&v, p, 8); return v; }

/* `flags(v)`: for each byte of `v` whose top bit is set, the bits of its lane; lane i is the
   1 << LANE bits from bit i << LANE on. So the first such byte is at
   `__builtin_ctzll(flags(v)) >> LANE`. */
#if defined(__SSE2__)
enum { LANE = 0 };
typedef char SignedVector __attribute__((vector_size(16)));
INLINE uint64_t flags(Vector v)
{
    return (uint32_t)__builtin_ia32_pmovmskb128((SignedVector)v);
}
#elif defined(__aarch64__)
/* NEON has no such instruction. Shifting each pair of bytes (0xFF or 0x00 each) right by four and
   keeping the low byte leaves four bits of each: bytes FF 00 become 0F, in lanes of four bits. */
enum { LANE = 2 };
INLINE uint64_t flags(Vector v)
{
    uint8x16_t top = vcltzq_s8(vreinterpretq_s8_u8((uint8x16_t)v));
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(top), 4)), 0);
}
#else
enum { LANE = 0 };
INLINE uint64_t flags(Vector v)
{
    uint64_t set = 0;
    for (int i = 0; i < 16; i++) set |= (uint64_t)(v[i] >> 7) << i;
    return set;
}
#endif

INLINE int first_lane(uint64_t set) { return __builtin_ctzll(set) >> LANE; }

/* All lanes but the first that is set; one has 1 or, of NEON, 4 bits. */
INLINE uint64_t without_first(uint64_t set)
{
    const uint64_t lane = LANE ? 15 : 1;
    return set & ~(lane << (first_lane(set) << LANE));
}

/* The lanes before the first that is set: 0b0100 -> 0b0011. */
INLINE uint64_t lanes_before(uint64_t set) { return (set & -set) - 1; }

/* Whether two texts of `size` > 0 bytes are equal; both may be read up to 15 bytes further. */
INLINE bool same(const byte *a, const byte *b, size_t size)
{
    const uint64_t all = LANE ? ~0ull : 0xFFFF;
    for (; size > 16; a += 16, b += 16, size -= 16)
        if (flags((Vector)(load16(a) == load16(b))) != all) return false;
    uint64_t differ = flags((Vector)(load16(a) != load16(b)));
    /* Shifts out the lanes from `size` on: for size 3 of 16 one-bit lanes, by 61. */
    return !(differ << (63 - ((size << LANE) - 1)));
}

INLINE bool is_equal(const byte *a, size_t a_size, const byte *b, size_t b_size)
{
    return a_size == b_size && !memcmp(a, b, a_size);
}

/* Makes room for `needed` items, at least twice as many as before; false if there is no memory. */
static bool grow(void **items, size_t *room, size_t needed, size_t item_size)
{
    if (LIKELY(needed <= *room)) return true;
    size_t more = *room * 2 > needed ? *room * 2 : needed;
    if (more < 16) more = 16;
    void *moved = more > SIZE_MAX / item_size ? NULL : realloc(*items, more * item_size);
    if (!moved) return false;
    *items = moved;
    *room = more;
    return true;
}
#define GROW(items, room, needed) grow((void **)&(items), &(room), needed, sizeof *(items))

#endif
