/* The allocator of everything. A call lives for microseconds and each page that it writes to costs time, so memory comes off
 * one end, one piece after the other, and a piece that was freed serves the next of its size. Pieces are never joined: what
 * was freed in one size stays that, which wastes less than half of what a call ever used at once in other sizes. */
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define PAGE_BYTES 65536
#define GROW_PAGES_MIN 16
#define LAST_BYTES (256 << 10)
/* The memory of a snapshot has a size that many connectors share, so that a host finds their functions compiled. */
#define SIZE_UNIT (4 << 20)
#define SMALL_BYTES_MAX 1024
#define STEP_BYTES 16
#define SMALL_SIZES (SMALL_BYTES_MAX / STEP_BYTES + 1)
/* Above the small ones four sizes for each power of two, to the end of the address space. */
#define SIZES (SMALL_SIZES + 4 * 22)

/* What its user has comes after it. */
struct piece {
    size_t size;
    struct piece *next; /* of the free ones of its size */
};
#define HEADER_BYTES sizeof(struct piece)
_Static_assert(HEADER_BYTES == 8, "what users have lies at multiples of 8");

extern char __heap_base;
static char *top = &__heap_base;
/* Above this everything is zero. */
static char *clean = &__heap_base;
static struct piece *freed[SIZES];
/* Whether memory ended and the last of it is in use. */
static bool is_short;

/* How many bytes a piece has that is asked for so many, and the place of that size among all. */
static size_t rounded(size_t bytes, int *place)
{
    if (bytes <= SMALL_BYTES_MAX) {
        size_t steps = (bytes + STEP_BYTES - 1) / STEP_BYTES;
        *place = steps;
        return steps * STEP_BYTES;
    }
    int power = 31 - __builtin_clz(bytes - 1);
    size_t step = (size_t)1 << (power - 2);
    *place = SMALL_SIZES + 4 * (power - 10) + ((bytes - 1) >> (power - 2)) % 4;
    return (bytes + step - 1) & ~(step - 1);
}

static bool grow(size_t pages)
{
    return __builtin_wasm_memory_grow(0, pages) != SIZE_MAX;
}

/* Whether the memory reaches to that end, or could be grown so far. */
static bool has_room(const char *end)
{
    size_t there = __builtin_wasm_memory_size(0), wanted = ((uintptr_t)end + PAGE_BYTES - 1) / PAGE_BYTES;
    if (wanted <= there) return true;
    size_t missing = wanted - there;
    return (missing < GROW_PAGES_MIN && grow(GROW_PAGES_MIN)) || grow(missing);
}

/* Whether the end could be moved. Where memory ends, the first who asks is refused before the last of it is gone: of that the
 * error is made, and what handles it. */
static bool move_top(char *start, size_t bytes)
{
    if (bytes > SIZE_MAX / 2 - (uintptr_t)start) return errno = ENOMEM, false;
    bool has_enough = has_room(start + bytes + LAST_BYTES);
    if (!has_enough && !(is_short && has_room(start + bytes))) {
        if (bytes <= LAST_BYTES) is_short = true;
        return errno = ENOMEM, false;
    }
    is_short = !has_enough;
    top = start + bytes;
    if (clean < top) clean = top;
    return true;
}

static struct piece *piece_of(void *memory)
{
    return (struct piece *)((char *)memory - HEADER_BYTES);
}

static bool is_last(const struct piece *piece, const char *memory)
{
    return memory + piece->size == top;
}

static void *allocate(size_t bytes, bool *is_clean)
{
    int place;
    if (bytes > SIZE_MAX / 2) return errno = ENOMEM, NULL;
    size_t size = rounded(bytes == 0 ? 1 : bytes, &place);
    struct piece *piece = freed[place];
    *is_clean = piece == NULL && top >= clean;
    if (piece != NULL) {
        freed[place] = piece->next;
    } else {
        piece = (struct piece *)top;
        if (!move_top(top, HEADER_BYTES + size)) return NULL;
        piece->size = size;
    }
    return (char *)piece + HEADER_BYTES;
}

void *malloc(size_t bytes)
{
    bool is_clean;
    return allocate(bytes, &is_clean);
}

void *calloc(size_t count, size_t size)
{
    bool is_clean;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return errno = ENOMEM, NULL;
    void *memory = allocate(bytes, &is_clean);
    return memory == NULL || is_clean ? memory : memset(memory, 0, bytes);
}

void free(void *memory)
{
    int place;
    if (memory == NULL) return;
    struct piece *piece = piece_of(memory);
    if (is_last(piece, memory)) {
        top = (char *)piece;
        return;
    }
    rounded(piece->size, &place);
    piece->next = freed[place];
    freed[place] = piece;
}

void *realloc(void *memory, size_t bytes)
{
    int place;
    if (memory == NULL) return malloc(bytes);
    struct piece *piece = piece_of(memory);
    if (bytes <= piece->size) return memory;
    if (bytes <= SIZE_MAX / 2 && is_last(piece, memory)) {
        size_t size = rounded(bytes, &place);
        if (!move_top(memory, size)) return NULL;
        piece->size = size;
        return memory;
    }
    void *larger = malloc(bytes);
    if (larger == NULL) return NULL;
    memcpy(larger, memory, piece->size);
    free(memory);
    return larger;
}

size_t malloc_usable_size(void *memory)
{
    return memory == NULL ? 0 : piece_of(memory)->size;
}

static char *next_multiple(char *end, uintptr_t unit)
{
    return (char *)(((uintptr_t)end + unit - 1) & ~(unit - 1));
}

/* What was freed becomes zero, and is free no longer. */
static void clear_freed(void)
{
    for (int place = 0; place < SIZES; place++) {
        for (struct piece *piece = freed[place]; piece != NULL; piece = piece->next) {
            memset((char *)piece + HEADER_BYTES, 0, piece->size);
        }
        freed[place] = NULL;
    }
    memset(top, 0, clean - top);
}

bool begin_anew(size_t room)
{
    clear_freed();
    char *start = next_multiple(top, PAGE_BYTES);
    uintptr_t there = __builtin_wasm_memory_size(0) * PAGE_BYTES, wanted = (uintptr_t)start + room;
    uintptr_t size = (uintptr_t)next_multiple((char *)(wanted < there ? there : wanted), SIZE_UNIT);
    if (!grow((size - there) / PAGE_BYTES)) return false;
    top = clean = start;
    return true;
}
