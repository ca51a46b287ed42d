/*
 * Reads a file of Leasehold's mapped memory, version 1, and prints its roots and what its spans hold. It is written from
 * docs/mapped-format.md alone, and refuses what that does not allow: exit status 1, and why on the standard error.
 *
 *     cc -std=c11 -O2 -o read_mapped read_mapped.c && ./read_mapped FILE
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, SPAN = 65536, ROOTS = 1024, LARGE = 55, LAST_CLASS = 34, RUN_HEAD = 64 };
enum { SPAN_OWNED = 2, SPAN_ABANDONED = 3, BLOCK_LINKED = 3 };

static uint8_t *bytes;
static uint64_t length, max_spans, max_sessions, spans;
static uint64_t lanes, roots, span_table, first_span;

static void refuse(const char *what, ...) {
    va_list values;
    va_start(values, what);
    fprintf(stderr, "refused: ");
    vfprintf(stderr, what, values);
    fprintf(stderr, "\n");
    va_end(values);
    exit(1);
}

static uint64_t word(uint64_t at) {
    if (at % 8 != 0 || at > length || length - at < 8) refuse("no word at %" PRIu64, at);
    uint64_t value = 0;
    for (int byte = 7; byte >= 0; byte--) value = value << 8 | bytes[at + byte];
    return value;
}

static uint64_t part(uint64_t value, int shift, int bits) { return value >> shift & ((UINT64_C(1) << bits) - 1); }

static uint64_t up(uint64_t value, uint64_t unit) { return (value + unit - 1) & ~(unit - 1); }

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) refuse("%s cannot be opened", path);
    uint64_t room = 1 << 20;
    bytes = malloc(room);
    while (bytes != NULL) {
        length += fread(bytes + length, 1, room - length, file);
        if (length < room) break;
        bytes = realloc(bytes, room *= 2);
    }
    if (bytes == NULL) refuse("%s is too long for the memory", path);
    fclose(file);
}

/* ---- header ---- */

static uint32_t crc32c(uint64_t from, uint64_t until) {
    uint32_t crc = UINT32_MAX;
    for (uint64_t at = from; at < until; at++) {
        crc ^= bytes[at];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82F63B78) : 0);
    }
    return ~crc;
}

static int is_whole(uint64_t at) {
    return memcmp(bytes + at, "LHMAPPED", 8) == 0 && word(at + 4088) == crc32c(at + 8, at + 4088);
}

static void read_header(void) {
    if (length < 3 * PAGE) refuse("the file is too short");
    uint64_t at = is_whole(0) ? 0 : PAGE;
    if (!is_whole(at)) refuse("neither header is whole");
    if (is_whole(PAGE) && word(PAGE + 64) > word(at + 64)) at = PAGE;
    if (word(at + 8) != 1) refuse("version %" PRIu64, word(at + 8));
    if (word(at + 16) != PAGE) refuse("pages of %" PRIu64 " bytes", word(at + 16));
    max_spans = word(at + 24);
    max_sessions = word(at + 32);
    if (max_spans < 1 || max_spans > 1 << 24) refuse("%" PRIu64 " spans at most", max_spans);
    if (max_sessions < 1 || max_sessions > 254) refuse("%" PRIu64 " sessions at most", max_sessions);
    lanes = up(12288 + max_sessions * 128, PAGE);
    roots = lanes + max_sessions * (20992 + 32768);
    span_table = up(roots + ROOTS * 128, PAGE) + 65536;
    first_span = up(span_table + max_spans * 8, SPAN);
    spans = word(8192);
    if (spans > max_spans) refuse("%" PRIu64 " spans", spans);
    if (length < first_span + spans * SPAN) refuse("the file is shorter than it says");
}

/* What a dead session had committed to one of its logs and not stored yet; stored in this copy only. */
static void replay_log(uint64_t log, uint64_t most) {
    uint64_t count = word(log);
    if (count > most) refuse("%" PRIu64 " words in the log at %" PRIu64, count, log);
    for (uint64_t entry = log + 64; entry < log + 64 + count * 16; entry += 16) {
        uint64_t offset = word(entry);
        int user = offset >= 10240 && offset < 12288;
        int root = offset >= roots && offset < roots + ROOTS * 128;
        int journal = offset >= 8512 && offset < 8576;
        int block = offset >= first_span && offset < first_span + spans * SPAN;
        if (offset % 8 != 0 || !(user || root || journal || block)) refuse("a change at %" PRIu64, offset);
        memcpy(bytes + offset, bytes + entry + 8, 8);
    }
}

static void replay(void) {
    for (uint64_t session = 1; session <= max_sessions; session++) {
        if (word(12288 + (session - 1) * 128) == 0) continue;
        uint64_t log = lanes + (session - 1) * 20992;
        replay_log(log, 1020);
        for (uint64_t small = log + 16384; small < log + 20992; small += 512) replay_log(small, 28);
    }
}

/* ---- runs ---- */

typedef struct {
    uint64_t at, spans, count, first, block_bytes;
} run;

static uint64_t class_bytes(uint64_t code) {
    if (code < 4) return (code + 1) * 16;
    if (code < 7) return (code - 2) * 64;
    uint64_t doubling = UINT64_C(256) << ((code - 7) / 4);
    return doubling + doubling / 4 * ((code - 7) % 4 + 1);
}

/* The run whose first span is this; false for other spans. */
static int read_run(uint64_t span, run *run) {
    uint64_t seen = word(span_table + span * 8);
    uint64_t state = part(seen, 0, 4), code = part(seen, 4, 6);
    if (state != SPAN_OWNED && state != SPAN_ABANDONED) return 0;
    run->at = first_span + span * SPAN;
    run->spans = word(run->at + 8);
    if (run->spans < 1 || run->spans > spans - span) refuse("%" PRIu64 " spans from %" PRIu64, run->spans, span);
    if (code == LARGE) {
        run->count = 1;
        run->first = PAGE;
        run->block_bytes = run->spans * SPAN - PAGE;
        return 1;
    }
    if (code > LAST_CLASS) refuse("blocks of the code %" PRIu64 " in span %" PRIu64, code, span);
    uint64_t size = class_bytes(code);
    uint64_t alignment = (size & -size) < PAGE ? (size & -size) : PAGE;
    uint64_t all = size <= 4096 ? 1 : 4;
    if (run->spans != all) refuse("%" PRIu64 " spans from %" PRIu64, run->spans, span);
    run->block_bytes = size;
    run->count = all * SPAN / (size + 8);
    while (up(RUN_HEAD + run->count * 8, alignment) + run->count * size > all * SPAN) run->count--;
    run->first = up(RUN_HEAD + run->count * 8, alignment);
    return 1;
}

static uint64_t size_of(const run *run, uint64_t index, uint64_t state) {
    uint64_t slack = part(state, 4, 4), end = run->at + run->first + (index + 1) * run->block_bytes;
    uint64_t size = slack == 15 ? word(end - 8) : run->block_bytes - slack;
    if (size > run->block_bytes) refuse("%" PRIu64 " bytes in a block of %" PRIu64, size, run->block_bytes);
    return size;
}

/* ---- what is printed ---- */

static void print_root(uint64_t slot) {
    uint64_t at = roots + slot * 128, ref = word(at), name = word(at + 8);
    if (ref == 0) return;
    if (name < 1 || name > 112) refuse("a name of %" PRIu64 " bytes", name);
    uint64_t span = ref >> 40, index = part(ref, 28, 12), generation = part(ref, 0, 28);
    run run;
    if (span >= spans || !read_run(span, &run) || index >= run.count) refuse("root %" PRIu64 " leads nowhere", slot);
    uint64_t state = word(run.at + RUN_HEAD + index * 8);
    if (part(state, 0, 4) != BLOCK_LINKED || part(state, 32, 28) != generation) refuse("root %" PRIu64 " is stale", slot);
    uint64_t size = size_of(&run, index, state), from = run.at + run.first + index * run.block_bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint64_t byte = 0; byte < size; byte++) hash = (hash ^ bytes[from + byte]) * UINT64_C(0x100000001b3);
    printf("root %.*s: span %" PRIu64 ", index %" PRIu64 ", generation %" PRIu64 ", size %" PRIu64 ", fnv %016" PRIx64 "\n",
           (int)name, (char *)bytes + at + 16, span, index, generation, size, hash);
}

static void print_spans(void) {
    uint64_t blocks = 0, sum = 0, step;
    for (uint64_t span = 0; span < spans; span += step) {
        run run;
        step = 1;
        if (!read_run(span, &run)) continue;
        step = run.spans;
        for (uint64_t index = 0; index < run.count; index++) {
            uint64_t state = word(run.at + RUN_HEAD + index * 8);
            if (part(state, 0, 4) != BLOCK_LINKED) continue;
            blocks++;
            sum += size_of(&run, index, state);
        }
    }
    printf("spans %" PRIu64 ", linked blocks %" PRIu64 ", bytes %" PRIu64 "\n", spans, blocks, sum);
}

int main(int count, char **arguments) {
    if (count != 2) refuse("usage: read_mapped FILE");
    load(arguments[1]);
    read_header();
    replay();
    for (uint64_t slot = 0; slot < ROOTS; slot++) print_root(slot);
    print_spans();
    return 0;
}
