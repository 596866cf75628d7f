/* JSON's tokens (RFC 8259) and UTF-8: where each ends, or why it does not.

   Every function gets a pointer to the first byte of a token and returns one to the byte after
   its last, or NULL after `fail`. No loop looks for the end of the line: a line feed can be in no
   JSON string and is not white space here, so that each loop ends at it at the latest. */

#ifndef TOKENS_H
#define TOKENS_H

#include "scan.h"

INLINE bool is_digit(byte c) { return (byte)(c - '0') < 10; }

static bool is_hex(byte c) { return is_digit(c) || (byte)((c | 32) - 'a') < 6; }

/* White space within JSON, but for the line feed, which ends the line. */
INLINE const byte *skip_space(const byte *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r') p++;
    return p;
}

/* White space around a record, where all of ASCII's counts. */
INLINE const byte *skip_outer_space(const byte *p)
{
    while (*p == ' ' || (*p >= '\t' && *p <= '\r' && *p != '\n')) p++;
    return p;
}

/* The first byte that is not UTF-8 (of a sequence that is wrong, its first); NULL if all are. */
static const byte *not_utf8(const byte *p, const byte *end)
{
    while (p < end) {
        if (end - p >= 8 && !(load64(p) & 0x8080808080808080ull)) { p += 8; continue; }
        byte c = *p;
        if (c < 0x80) { p++; continue; }
        size_t more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
        if (c < 0xC2 || c > 0xF4 || (size_t)(end - p) <= more) return p;
        /* Overlong forms, surrogates and what is above U+10FFFF show in the second byte. */
        byte low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
        byte high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        if (p[1] < low || p[1] > high) return p;
        for (size_t i = 2; i <= more; i++)
            if ((p[i] & 0xC0) != 0x80) return p;
        p += more + 1;
    }
    return NULL;
}

static const byte *escape_end(Scanner *s, const byte *p)
{
    switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return p + 2;
    case 'u':
        for (int i = 2; i < 6; i++)
            if (!is_hex(p[i])) return fail(s, p + 1, HEX);
        return p + 6;
    }
    return fail(s, p, ESCAPE);
}

/* Why no string ends at `p`: a line that is cut off in one may still have white space at its end. */
static const byte *not_a_string(Scanner *s, const byte *open, const byte *p)
{
    bool is_cut = *skip_outer_space(p) == '\n' || (*p == '\\' && p[1] == '\n');
    return is_cut ? fail(s, open, UNTERMINATED) : fail(s, p, CONTROL);
}

/* A string, from its opening quote on. Sixteen bytes at a time up to the first that is a quote, a
   backslash or a control character; whether any byte before it is not ASCII is kept in `high`, so
   that UTF-8 is only checked where it occurs. */
INLINE const byte *string_end(Scanner *s, const byte *open)
{
    const byte *p = open + 1;
    uint64_t high = 0;
    for (;;) {
        Vector v = load16(p);
        uint64_t stop = flags((Vector)((v == '"') | (v == '\\') | (v < ' ')));
        if (UNLIKELY(!stop)) { high |= flags(v); p += 16; continue; }
        high |= flags(v) & lanes_before(stop);
        p += first_lane(stop);
        if (LIKELY(*p == '"')) break;
        if (*p != '\\' || p[1] == '\n') return not_a_string(s, open, p);
        p = escape_end(s, p);
        if (!p) return NULL;
    }
    if (UNLIKELY(high)) {
        const byte *wrong = not_utf8(open + 1, p);
        if (wrong) return fail(s, wrong, NOT_UTF8);
    }
    return p + 1;
}

/* The end of a word in lower case, whatever its letters' case here; NULL if it is another. */
static const byte *word_end(const byte *p, const char *word)
{
    for (; *word; p++, word++)
        if ((*p | 32) != *word) return NULL;
    return p;
}

/* NaN, Inf and Infinity in any case, which the standard lacks and exports have. */
static const byte *not_finite_end(Scanner *s, const byte *open)
{
    const byte *p = open + (*open == '-'), *end = word_end(p, "nan");
    if (end) return end;
    end = word_end(p, "inf");
    if (!end) return fail(s, open, NO_VALUE);
    const byte *whole = word_end(end, "inity");
    return whole ? whole : end;
}

/* The longest number from here on, NULL if there is none: of `1.` it is `1`, of `01` it is `0`. */
INLINE const byte *number_end(const byte *open)
{
    const byte *p = open + (*open == '-');
    if (*p == '0') p++;
    else if (is_digit(*p)) do p++; while (is_digit(*p));
    else return NULL;
    if (*p == '.') {
        if (!is_digit(p[1])) return p;
        do p++; while (is_digit(*p));
    }
    if ((*p | 32) == 'e') {
        const byte *digits = p + 1 + (p[1] == '+' || p[1] == '-');
        if (!is_digit(*digits)) return p;
        p = digits;
        do p++; while (is_digit(*p));
    }
    return p;
}

INLINE const byte *scalar_end(Scanner *s, const byte *p, Kind *kind)
{
    const byte *end;
    switch (*p) {
    case '"':
        *kind = STRING;
        return string_end(s, p);
    case 'n':
        *kind = NOTHING;
        if (LIKELY(!memcmp(p, "null", 4))) return p + 4;
        break;
    case 't':
        *kind = BOOLEAN;
        if (LIKELY(!memcmp(p, "true", 4))) return p + 4;
        break;
    case 'f':
        *kind = BOOLEAN;
        if (LIKELY(!memcmp(p, "false", 5))) return p + 5;
        break;
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        *kind = NUMBER;
        end = number_end(p);
        if (LIKELY(end)) return end;
        break;
    }
    *kind = NOT_FINITE;
    return not_finite_end(s, p);
}

/* A key and its colon: the start of its value. */
static const byte *member_value(Scanner *s, const byte *p)
{
    if (*p != '"') return fail(s, p, NO_KEY);
    p = string_end(s, p);
    if (!p) return NULL;
    p = skip_space(p);
    return *p == ':' ? skip_space(p + 1) : fail(s, p, NO_COLON);
}

/* A list or object at any depth, without recursion: `brackets` holds those that are open. */
static const byte *container_end(Scanner *s, const byte *p)
{
    enum { OPEN, VALUE, AFTER, CLOSE } state = OPEN;
    size_t depth = 0;
    bool is_object = false;
    Kind kind;
    for (;;) {
        switch (state) {
        case OPEN:
            if (!GROW(s->brackets, s->bracket_room, depth + 1)) return fail(s, p, OUT_OF_MEMORY);
            s->brackets[depth++] = *p;
            is_object = *p == '{';
            p = skip_space(p + 1);
            state = *p == (is_object ? '}' : ']') ? CLOSE : VALUE;
            break;
        case VALUE:
            if (is_object && !(p = member_value(s, p))) return NULL;
            state = *p == '{' || *p == '[' ? OPEN : AFTER;
            if (state == AFTER && !(p = scalar_end(s, p, &kind))) return NULL;
            break;
        case AFTER:
            p = skip_space(p);
            state = *p == ',' ? VALUE : CLOSE;
            if (state == VALUE) p = skip_space(p + 1);
            else if (*p != (is_object ? '}' : ']')) return fail(s, p, NO_COMMA);
            break;
        case CLOSE:
            p++;
            if (!--depth) return p;
            is_object = s->brackets[depth - 1] == '{';
            state = AFTER;
            break;
        }
    }
}

INLINE const byte *value_end(Scanner *s, const byte *p, Kind *kind)
{
    if (*p != '{' && *p != '[') return scalar_end(s, p, kind);
    *kind = *p == '{' ? OBJECT : LIST;
    return container_end(s, p);
}

/* --- the text of a string ------------------------------------------------------------------- */

static uint32_t four_hex_digits(const byte *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) code = code << 4 | ((p[i] & 15u) + (p[i] > '9' ? 9u : 0u));
    return code;
}

static byte *put_utf8(byte *to, uint32_t code)
{
    if (code < 0x80) { *to++ = (byte)code; return to; }
    static const byte lead[] = {0, 0xC0, 0xE0, 0xF0};
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *to++ = (byte)(lead[more] | code >> 6 * more);
    while (more--) *to++ = (byte)(0x80 | (code >> 6 * more & 0x3F));
    return to;
}

/* The character of `\uXXXX` at `p` (two of them if they are a pair); a lone surrogate is U+FFFD. */
static const byte *escaped_character(const byte *p, const byte *end, uint32_t *code)
{
    *code = four_hex_digits(p + 2);
    p += 6;
    if (*code >= 0xD800 && *code < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        uint32_t low = four_hex_digits(p + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        }
    }
    if (*code >= 0xD800 && *code < 0xE000) *code = 0xFFFD;
    return p;
}

/* Writes the text of a string that `string_end` accepted, given with its quotes; its size. */
static size_t unescape(const byte *string, size_t size, byte *into)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const byte *p = string + 1, *end = string + size - 1;
    byte *to = into;
    while (p < end) {
        if (*p != '\\') { *to++ = *p++; continue; }
        if (p[1] == 'u') {
            uint32_t code;
            p = escaped_character(p, end, &code);
            to = put_utf8(to, code);
            continue;
        }
        *to++ = (byte)meant[strchr(letters, p[1]) - letters];
        p += 2;
    }
    return (size_t)(to - into);
}

#endif
