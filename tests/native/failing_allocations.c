/* Makes every allocation of the scanner fail in turn: alone, and with all that follow.

   A run either says that memory ran out, or answers as if nothing had happened. Built with
   AddressSanitizer it also shows that nothing leaks. Usage: failing_allocations JSON CSV, two files
   whose lines and records are to be read. */

#include <stdio.h>
#include <stdlib.h>

static long until_failure = -1; /* allocations that still succeed; -1: all */
static int fails_on;            /* whether those after it fail too */

static int fails(void)
{
    if (until_failure < 0) return 0;
    if (until_failure > 0) return until_failure--, 0;
    if (!fails_on) until_failure = -1;
    return 1;
}

static void *failing_malloc(size_t size) { return fails() ? NULL : malloc(size); }
static void *failing_calloc(size_t count, size_t size) { return fails() ? NULL : calloc(count, size); }
static void *failing_realloc(void *p, size_t size) { return fails() ? NULL : realloc(p, size); }

#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
#include "../../native/scan.c"
#undef malloc
#undef calloc
#undef realloc

enum { PATHS = 6, ROOM = 1 << 20 };
static byte json[ROOM + PADDING], csv[ROOM + PADDING], block[ROOM + PADDING];
static size_t json_size, csv_size;

static size_t read_file(const char *name, byte *into)
{
    FILE *file = fopen(name, "rb");
    if (!file) { perror(name); exit(2); }
    size_t size = fread(into, 1, ROOM, file);
    fclose(file);
    return size;
}

static int32_t key(Scanner *s, int32_t node, const char *text)
{
    byte form[64];
    size_t size = strlen(text);
    if (node < 0) return -1;
    return scan_key(s, node, (const byte *)text, size, form,
                    ascii_form((const byte *)text, size, form));
}

static bool want_paths(Scanner *s, int32_t *nodes)
{
    nodes[0] = key(s, 0, "a");
    nodes[1] = key(s, key(s, 0, "c"), "d");
    nodes[2] = key(s, 0, "company_size");
    nodes[3] = key(s, 0, "p");
    nodes[4] = nodes[3] < 0 ? -1 : scan_elements(s, nodes[3]);
    nodes[5] = key(s, nodes[4], "url");
    for (int32_t path = 0; path < PATHS; path++)
        if (nodes[path] < 0 || !scan_want(s, nodes[path], path, 63, 0)) return false;
    return true;
}

static bool set_header(Scanner *s, const int32_t *nodes)
{
    int32_t starts[] = {0, 1, 2, 3, 4, 4, 4, 4, 4};
    int32_t takers[] = {nodes[0], scan_spelling(s, nodes[2], 1), nodes[3], nodes[1]};
    return takers[1] >= 0 && scan_header(s, 8, starts, takers, 1, (const byte *)"b", 1);
}

static bool scan_file(Scanner *s, const byte *data, size_t size, bool is_csv)
{
    size_t used;
    memcpy(block, data, size);
    scan_clear(s, 1, true, 0);
    int code = is_csv ? scan_csv(s, block, size, ',', true, &used)
                      : scan_json(s, block, size, true, &used);
    if (code && code != OUT_OF_MEMORY) { printf("code %d\n", code); exit(1); }
    if (code && scan_json(s, block, size, true, &used) != code) { puts("goes on"); exit(1); }
    return !code;
}

/* A hash of all that was read, the same on all machines; 0 if there is no memory. */
static uint64_t digest(Scanner *s)
{
    uint64_t sum = 1 + s->tables[0].count;
    for (size_t i = 0; i < s->rejected_count; i++)
        sum = sum * 31 + (uint64_t)(s->rejected[i].at * 32 + s->rejected[i].reason);
    for (int64_t i = 0; i < scan_column_count(s); i++) {
        ColumnView view;
        if (!scan_column(s, i, &view)) return 0;
        for (int64_t row = 0; view.codes && row < view.rows; row++)
            sum = sum * 31 + (uint64_t)(view.codes[row] + 2);
        for (int64_t j = 0; j < view.bytes; j++) sum = sum * 31 + view.data[j];
    }
    return sum;
}

/* The digest of a whole run, 0 if memory ran out. */
static uint64_t run(void)
{
    int32_t nodes[PATHS];
    uint64_t sum = 0;
    Scanner *s = scan_new(1, 2, NULL);
    if (s && want_paths(s, nodes) && set_header(s, nodes) && scan_file(s, json, json_size, false)) {
        sum = digest(s);
        sum = sum && scan_file(s, csv, csv_size, true) ? sum * 31 + digest(s) : 0;
    }
    scan_free(s);
    return sum;
}

static void fail_in_turn(void)
{
    uint64_t expected = run(), sum;
    long failed = 0, recovered = 0, first = 0;
    if (!expected) { puts("a run without failures fails"); exit(1); }
    for (bool is_done = false; !is_done; first++) {
        until_failure = first;
        sum = run();
        is_done = until_failure > 0; /* there were fewer allocations */
        until_failure = -1;
        if (sum && sum != expected) { printf("wrong after %ld\n", first); exit(1); }
        sum ? recovered++ : failed++;
    }
    printf("%016llx after %ld allocations: %ld runs ended, %ld did not need it\n",
           (unsigned long long)expected, first, failed, recovered);
    if (failed < 20) { puts("too few failures to be a test"); exit(1); }
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    json_size = read_file(argv[1], json), csv_size = read_file(argv[2], csv);
    for (int i = 0; i < 2; i++) {
        fails_on = i;
        fail_in_turn();
    }
    return 0;
}
