/*
 * Reads the permanent memory of a running process, and appends to it. It is written from docs/permanent-format.md alone,
 * and refuses what that does not allow: exit status 1, and why on the standard error.
 *
 *     cc -std=c11 -O2 -o append_permanent append_permanent.c
 *     ./append_permanent list PROCESS                   prints all buffers, tables and records
 *     ./append_permanent find PROCESS TEXT              prints where the text is first, of what is taken of the buffers
 *     ./append_permanent append PROCESS TEXT ALIGNMENT  appends the text to the first buffer with room: its address
 *     ./append_permanent record PROCESS TABLE TEXT      adds a record to the table: its number
 *     ./append_permanent hold [OFFSET=VALUE]...         has a registry itself, that of the document's example, with other
 *                                                       words where these say so, until the standard input ends
 *
 * Addresses are those of the process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are little-endian");

#define NAME "leasehold.permanent.1"
#define LINK "/memfd:" NAME " (deleted)"

static const char MAGIC[8] = {'L', 'E', 'A', 'S', 'E', 'P', 'R', 'M'};

enum { VERSION = 1, HEADER = 128, ENTRY = 64, LEAST_PART = 16384 };
enum { MAGIC_AT = 0, VERSION_AT = 8, BYTES = 16, ADDRESS = 24, OFFSET = 32, NEXT_ADDRESS = 40, NEXT_OFFSET = 48 };
enum { PROCESS = 56, STARTED = 64, DESCRIPTOR = 72, DECISION = 80, MEMORY_END = 88, TABLES = 96 };
enum { STATE = 0, ENTRY_ADDRESS = 8, ENTRY_SIZE = 16, POSITION = 24, MARK = 32, ENTRY_OFFSET = 40 };
enum { FREE = 0, WHOLE = 2, CHOSEN = 1 };
enum { OLDER = 0, FIRST_BLOCK = 8, NAME_BYTES = 16, TABLE_HEADER = 24, MOST_NAME = 1024, MOST_TABLES = 1 << 20 };
enum { NEXT_BLOCK = 0, PLACES = 8, FILLED = 16, BLOCK_HEADER = 24, LEAST_PLACES = 29, MOST_PLACES = 16384 };

typedef struct {
    uint64_t address, size;
    uint8_t *bytes, *entry;
} Buffer;

static uint64_t page;
static int memory;
static uint8_t *first_part;
static uint64_t part_bytes;
static Buffer *buffers;
static size_t buffer_count;

static void refuse(const char *what, ...) {
    va_list values;
    va_start(values, what);
    fflush(stdout);
    fprintf(stderr, "refused: ");
    vfprintf(stderr, what, values);
    fprintf(stderr, "\n");
    va_end(values);
    exit(1);
}

static uint64_t up(uint64_t value, uint64_t unit) { return (value + unit - 1) & ~(unit - 1); }

/* ---- words: each one is read and stored as a whole ---- */

static uint64_t *word_at(uint8_t *bytes, uint64_t at) { return (uint64_t *)(void *)(bytes + at); }

static uint64_t load(uint8_t *bytes, uint64_t at) { return __atomic_load_n(word_at(bytes, at), __ATOMIC_ACQUIRE); }

static void store(uint8_t *bytes, uint64_t at, uint64_t value) {
    __atomic_store_n(word_at(bytes, at), value, __ATOMIC_RELEASE);
}

static int compare_and_set(uint8_t *bytes, uint64_t at, uint64_t seen, uint64_t next) {
    return __atomic_compare_exchange_n(word_at(bytes, at), &seen, next, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* ---- the process ---- */

static uint64_t number(const char *text, const char *what, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    int is_number = *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
    if (!is_number || value < least || value > most) refuse("'%s' is no %s", text, what);
    return value;
}

/* The file of the folder of the process that is called what, or an empty text. */
static char *text_of(const char *process, const char *what) {
    static char text[8192];
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", process, what);
    FILE *file = fopen(path, "r");
    size_t length = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    if (file != NULL) fclose(file);
    text[length] = '\0';
    return text;
}

/* When the process was started. The name of the program, in brackets, may have anything in it. */
static uint64_t start_of(const char *process) {
    char *field = strrchr(text_of(process, "stat"), ')');
    if (field == NULL) refuse("there is no process %s", process);
    for (int skipped = 2; skipped < 22 && field != NULL; skipped++) field = strchr(field + 1, ' ');
    if (field == NULL) refuse("the start of process %s is not to be seen", process);
    return strtoull(field + 1, NULL, 10);
}

/* The number that the process has for itself: in a container, another one than for those outside. */
static uint64_t own_number_of(const char *process) {
    char *line = strstr(text_of(process, "status"), "\nNSpid:");
    if (line == NULL) refuse("the number of process %s is not to be seen", process);
    line++;
    char *end = strchr(line, '\n');
    if (end != NULL) *end = '\0';
    char *last = strrchr(line, '\t');
    return last == NULL ? 0 : strtoull(last + 1, NULL, 10);
}

/* ---- finding the registry ---- */

static uint64_t length_of_memory(void) {
    struct stat status;
    if (fstat(memory, &status) != 0) refuse("the length of the memory is not to be seen");
    return (uint64_t)status.st_size;
}

/* Why the memory is not the registry of the process; NULL if it is. */
static const char *objection(uint64_t process, uint64_t started) {
    uint8_t head[HEADER];
    uint64_t words[HEADER / 8];
    if (pread(memory, head, HEADER, 0) != HEADER) return "it is too short";
    memcpy(words, head, HEADER);
    if (memcmp(head, MAGIC, sizeof MAGIC) != 0) return "it does not begin with LEASEPRM";
    if (words[VERSION_AT / 8] != VERSION) return "it has another version";
    if (words[PROCESS / 8] != process || words[STARTED / 8] != started) return "it is another process's";
    if (words[DECISION / 8] != CHOSEN) return "it is not chosen";
    int seals = fcntl(memory, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return "it could become shorter";
    return NULL;
}

/* Opens the memory that the registry of the process lies in. */
static void open_memory(const char *process) {
    uint64_t started = start_of(process), own_number = own_number_of(process);
    char path[PATH_MAX], target[sizeof LINK + 1];
    snprintf(path, sizeof path, "/proc/%s/fd", process);
    DIR *links = opendir(path);
    if (links == NULL) refuse("process %s does not permit this: %s", process, strerror(errno));
    const char *why = "it has no memory of that name";
    for (struct dirent *link = readdir(links); link != NULL; link = readdir(links)) {
        ssize_t length = readlinkat(dirfd(links), link->d_name, target, sizeof target);
        if (length != (ssize_t)strlen(LINK) || memcmp(target, LINK, strlen(LINK)) != 0) continue;
        memory = openat(dirfd(links), link->d_name, O_RDWR | O_CLOEXEC);
        if (memory < 0) continue;
        const char *found = objection(own_number, started);
        if (found == NULL) {
            closedir(links);
            return;
        }
        why = found;
        close(memory);
    }
    refuse("process %s has no registry: %s", process, why);
}

/* ---- parts and buffers ---- */

/* Maps a part of the memory, wherever the system likes. */
static uint8_t *map(const char *what, uint64_t offset, uint64_t bytes) {
    uint64_t length = length_of_memory();
    int is_inside = bytes > 0 && bytes <= length && offset <= length - bytes;
    if (!is_inside || offset % page != 0 || bytes % page != 0) {
        refuse("%s of %" PRIu64 " bytes at %" PRIu64 " of %" PRIu64, what, bytes, offset, length);
    }
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, (off_t)offset);
    if (mapped == MAP_FAILED) refuse("%s could not be mapped: %s", what, strerror(errno));
    return mapped;
}

static void add_buffer(uint8_t *entry) {
    Buffer buffer = {.address = load(entry, ENTRY_ADDRESS), .size = load(entry, ENTRY_SIZE), .entry = entry};
    buffer.bytes = map("a buffer", load(entry, ENTRY_OFFSET), buffer.size);
    if (load(entry, POSITION) > buffer.size) {
        refuse("a buffer with %" PRIu64 " of %" PRIu64 " bytes taken", load(entry, POSITION), buffer.size);
    }
    buffers = realloc(buffers, (buffer_count + 1) * sizeof buffer);
    if (buffers == NULL) refuse("there is no memory for %zu buffers", buffer_count + 1);
    buffers[buffer_count++] = buffer;
}

/* Finds the buffers of a part; 0 when there are none behind it. */
static int read_part(uint8_t *part) {
    for (uint64_t at = HEADER; at + ENTRY <= part_bytes; at += ENTRY) {
        uint64_t state = load(part, at + STATE);
        if (state == FREE) return 0;
        if (state > WHOLE) refuse("an entry of the state %" PRIu64, state);
        if (state == WHOLE) add_buffer(part + at);
    }
    return 1;
}

static void read_parts(void) {
    uint8_t *head = map("a header", 0, page);
    part_bytes = load(head, BYTES);
    munmap(head, page);
    if (part_bytes < HEADER + ENTRY) refuse("a part of %" PRIu64 " bytes", part_bytes);
    first_part = map("a part", 0, part_bytes);
    uint64_t left = length_of_memory() / part_bytes;
    for (uint8_t *part = first_part; read_part(part);) {
        uint64_t next = load(part, NEXT_OFFSET);
        if (next == 0) return;
        if (--left == 0) refuse("more parts than the memory has room for");
        part = map("a part", next, part_bytes);
        if (memcmp(part, MAGIC, sizeof MAGIC) != 0 || load(part, VERSION_AT) != VERSION || load(part, OFFSET) != next) {
            refuse("no part at %" PRIu64, next);
        }
    }
}

/* The buffer that has all of these bytes of the process; NULL for none. */
static Buffer *holder(uint64_t address, uint64_t size) {
    for (size_t index = 0; index < buffer_count; index++) {
        Buffer *buffer = &buffers[index];
        uint64_t start = address - buffer->address;
        if (address >= buffer->address && start <= buffer->size && size <= buffer->size - start) return buffer;
    }
    return NULL;
}

/* Where words of the process, and what is behind them, can be read here. */
static uint8_t *follow(const char *what, uint64_t address, uint64_t size) {
    Buffer *buffer = address % 8 == 0 ? holder(address, size) : NULL;
    if (buffer == NULL) refuse("%s of %" PRIu64 " bytes at 0x%" PRIx64, what, size, address);
    return buffer->bytes + (address - buffer->address);
}

/* ---- appending ---- */

/* Takes some bytes of a buffer: where they begin in the process; 0 when they do not fit. */
static uint64_t claim_of(Buffer *buffer, uint64_t size, uint64_t alignment) {
    for (;;) {
        uint64_t seen = load(buffer->entry, POSITION);
        if (seen > buffer->size) refuse("a buffer with %" PRIu64 " of %" PRIu64 " bytes taken", seen, buffer->size);
        uint64_t start = up(buffer->address + seen, alignment) - buffer->address;
        if (start > buffer->size || size > buffer->size - start) return 0;
        if (compare_and_set(buffer->entry, POSITION, seen, start + size)) return buffer->address + start;
    }
}

static uint64_t claim(uint64_t size, uint64_t alignment) {
    for (size_t index = 0; index < buffer_count; index++) {
        uint64_t address = claim_of(&buffers[index], size, alignment);
        if (address != 0) return address;
    }
    refuse("no buffer has room for %" PRIu64 " bytes", size);
    return 0;
}

static uint64_t append(const void *bytes, uint64_t size, uint64_t alignment) {
    uint64_t address = claim(size, alignment);
    Buffer *buffer = holder(address, size);
    memcpy(buffer->bytes + (address - buffer->address), bytes, size);
    return address;
}

/* ---- tables and records ---- */

static uint8_t *table_at(uint64_t address) {
    uint8_t *table = follow("a table", address, TABLE_HEADER);
    uint64_t bytes = load(table, NAME_BYTES);
    if (bytes < 1 || bytes > MOST_NAME) refuse("a name of %" PRIu64 " bytes", bytes);
    return follow("a table", address, TABLE_HEADER + bytes);
}

static int is_named_alike(uint8_t *table, const void *name, uint64_t bytes) {
    return load(table, NAME_BYTES) == bytes && memcmp(table + TABLE_HEADER, name, bytes) == 0;
}

/* The table of a name: of several it is the oldest, which is the last in the list. NULL for none. */
static uint8_t *find_table(const void *name, uint64_t bytes) {
    uint8_t *found = NULL;
    uint64_t left = MOST_TABLES;
    for (uint64_t at = load(first_part, TABLES); at != 0; at = load(table_at(at), OLDER)) {
        if (left-- == 0) refuse("more than %d tables", MOST_TABLES);
        if (is_named_alike(table_at(at), name, bytes)) found = table_at(at);
    }
    return found;
}

static uint8_t *block_at(uint64_t address) {
    uint64_t places = load(follow("a block", address, BLOCK_HEADER), PLACES);
    if (places < 1 || places > MOST_PLACES) refuse("a block with %" PRIu64 " places", places);
    uint8_t *block = follow("a block", address, BLOCK_HEADER + 8 * places);
    if (load(block, FILLED) > places) refuse("a block with %" PRIu64 " places filled", load(block, FILLED));
    return block;
}

static uint64_t record_at(uint8_t *block, uint64_t place) { return load(block, BLOCK_HEADER + 8 * place); }

static void print_record(uint64_t index, uint64_t address) {
    uint64_t bytes = load(follow("a record", address, 8), 0);
    if (bytes > INT_MAX) refuse("a record of %" PRIu64 " bytes", bytes);
    uint8_t *record = follow("a record", address, 8 + bytes);
    printf("    %" PRIu64 " at 0x%" PRIx64 ": %.*s\n", index, address + 8, (int)bytes, (char *)record + 8);
}

static void print_records(uint8_t *table) {
    uint64_t index = 0, most = length_of_memory() / 8;
    for (uint64_t at = load(table, FIRST_BLOCK); at != 0; at = load(block_at(at), NEXT_BLOCK)) {
        uint64_t places = load(block_at(at), PLACES);
        if (index + places > most) refuse("blocks with more places than the memory has room for");
        for (uint64_t place = 0; place < places; place++, index++) {
            uint64_t record = record_at(block_at(at), place);
            if (record == 0) return;
            print_record(index, record);
        }
    }
}

static void print_tables(void) {
    uint64_t left = MOST_TABLES;
    for (uint64_t at = load(first_part, TABLES); at != 0; at = load(table_at(at), OLDER)) {
        if (left-- == 0) refuse("more than %d tables", MOST_TABLES);
        uint8_t *table = table_at(at);
        uint64_t bytes = load(table, NAME_BYTES);
        /* A newer one of the same name is nobody's. */
        if (find_table(table + TABLE_HEADER, bytes) != table) continue;
        printf("table %.*s\n", (int)bytes, (char *)table + TABLE_HEADER);
        print_records(table);
    }
}

/* Puts a block behind the word at link of bytes, if no other has done so meanwhile: the one that is there. */
static uint8_t *add_block(uint8_t *bytes, uint64_t link, uint64_t places) {
    uint64_t address = claim(BLOCK_HEADER + 8 * places, 8);
    store(follow("a block", address, BLOCK_HEADER), PLACES, places);
    compare_and_set(bytes, link, 0, address);
    return block_at(load(bytes, link));
}

/* Gives the record at the address the next number of the table. */
static uint64_t publish(uint8_t *table, uint64_t address) {
    uint64_t before = 0, next = load(table, FIRST_BLOCK), most = length_of_memory() / 8;
    uint8_t *block = next != 0 ? block_at(next) : add_block(table, FIRST_BLOCK, LEAST_PLACES);
    for (;;) {
        uint64_t places = load(block, PLACES);
        if (before + places > most) refuse("blocks with more places than the memory has room for");
        for (uint64_t place = load(block, FILLED); place < places; place++) {
            if (record_at(block, place) != 0) continue;
            if (!compare_and_set(block, BLOCK_HEADER + 8 * place, 0, address)) continue;
            store(block, FILLED, place + 1);
            return before + place;
        }
        before += places;
        next = load(block, NEXT_BLOCK);
        uint64_t more = places * 2 < MOST_PLACES ? places * 2 : MOST_PLACES;
        block = next != 0 ? block_at(next) : add_block(block, NEXT_BLOCK, more);
    }
}

static uint64_t add_record(uint8_t *table, const char *record, uint64_t bytes) {
    uint64_t address = claim(8 + bytes, 8);
    uint8_t *place = follow("a record", address, 8 + bytes);
    store(place, 0, bytes);
    memcpy(place + 8, record, bytes);
    return publish(table, address);
}

static void make_table(const char *name, uint64_t bytes) {
    uint64_t address = claim(TABLE_HEADER + bytes, 8), newest;
    uint8_t *table = follow("a table", address, TABLE_HEADER + bytes);
    store(table, NAME_BYTES, bytes);
    memcpy(table + TABLE_HEADER, name, bytes);
    do {
        newest = load(first_part, TABLES);
        store(table, OLDER, newest);
    } while (!compare_and_set(first_part, TABLES, newest, address));
}

/* ---- what it can do ---- */

static void list(void) {
    for (size_t index = 0; index < buffer_count; index++) {
        Buffer *buffer = &buffers[index];
        uint64_t used = load(buffer->entry, POSITION);
        printf("buffer 0x%" PRIx64 ": %" PRIu64 " of %" PRIu64 " bytes\n", buffer->address, used, buffer->size);
    }
    print_tables();
}

static void find(const char *text) {
    for (size_t index = 0; index < buffer_count; index++) {
        Buffer *buffer = &buffers[index];
        uint8_t *found = memmem(buffer->bytes, load(buffer->entry, POSITION), text, strlen(text));
        if (found == NULL) continue;
        printf("0x%" PRIx64 "\n", buffer->address + (uint64_t)(found - buffer->bytes));
        return;
    }
    refuse("no buffer has '%s'", text);
}

/*
 * Makes a registry of this process, with one buffer. No other thread and no library does so here, so there is nobody to
 * hold an election with, and the candidate is chosen right away.
 */
static void make_registry(void) {
    uint64_t bytes = up(LEAST_PART, page);
    memory = memfd_create(NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0) refuse("no memory: %s", strerror(errno));
    /* Longer than need be, as after a growth by one who died. */
    if (ftruncate(memory, (off_t)(3 * bytes)) != 0) refuse("no memory: %s", strerror(errno));
    uint8_t *part = map("a part", 0, bytes), *buffer = map("a buffer", bytes, page);
    store(part, PROCESS, (uint64_t)getpid());
    store(part, STARTED, start_of("self"));
    store(part, DESCRIPTOR, (uint64_t)memory);
    store(part, MEMORY_END, bytes + page);
    store(part, VERSION_AT, VERSION);
    store(part, BYTES, bytes);
    store(part, ADDRESS, (uint64_t)(uintptr_t)part);
    uint64_t magic;
    memcpy(&magic, MAGIC, sizeof magic);
    store(part, MAGIC_AT, magic);
    store(part, DECISION, CHOSEN);
    store(part, HEADER + ENTRY_ADDRESS, (uint64_t)(uintptr_t)buffer);
    store(part, HEADER + ENTRY_SIZE, page);
    store(part, HEADER + ENTRY_OFFSET, bytes);
    store(part, HEADER + STATE, WHOLE);
    read_parts();
    make_table("words", 5);
    add_record(find_table("words", 5), "lease", 5);
}

static void hold(int count, char **changes) {
    make_registry();
    uint8_t *all = map("the memory", 0, length_of_memory());
    for (int index = 0; index < count; index++) {
        char *value = strchr(changes[index], '=');
        if (value == NULL) refuse("'%s' is no OFFSET=VALUE", changes[index]);
        *value++ = '\0';
        uint64_t at = number(changes[index], "offset", 0, length_of_memory() - 8);
        if (at % 8 != 0) refuse("'%s' is no offset of a word", changes[index]);
        store(all, at, number(value, "value", 0, UINT64_MAX));
    }
    printf("holding 0x%" PRIx64 "\n", buffers[0].address);
    fflush(stdout);
    while (getchar() != EOF) continue;
}

static void run(char **words, int count) {
    const char *what = words[0];
    if (strcmp(what, "list") == 0 && count == 2) {
        list();
    } else if (strcmp(what, "find") == 0 && count == 3) {
        find(words[2]);
    } else if (strcmp(what, "append") == 0 && count == 4) {
        uint64_t alignment = number(words[3], "alignment", 1, UINT64_C(1) << 30);
        if ((alignment & (alignment - 1)) != 0) refuse("'%s' is no alignment", words[3]);
        printf("0x%" PRIx64 "\n", append(words[2], strlen(words[2]), alignment));
    } else if (strcmp(what, "record") == 0 && count == 4) {
        uint8_t *table = find_table(words[2], strlen(words[2]));
        if (table == NULL) refuse("there is no table '%s'", words[2]);
        printf("%" PRIu64 "\n", add_record(table, words[3], strlen(words[3])));
    } else {
        refuse("'%s' with %d words", what, count - 1);
    }
}

int main(int count, char **words) {
    page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (count >= 2 && strcmp(words[1], "hold") == 0) {
        hold(count - 2, words + 2);
        return 0;
    }
    if (count < 3) refuse("list, find, append, record or hold, and a process");
    char process[16];
    snprintf(process, sizeof process, "%" PRIu64, number(words[2], "number of a process", 1, INT_MAX));
    open_memory(process);
    read_parts();
    run(words + 1, count - 1);
    return 0;
}
