/* The allocator (memory.c) beyond what the C library declares. */
#ifndef PATCHBAY_MEMORY_H
#define PATCHBAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

size_t malloc_usable_size(void *memory);

/* Ends the part of the memory that the snapshot keeps: what was freed in it becomes zero and is never used again, and what is
 * allocated from now on begins after it, on a page of its own. The memory then has at least `room` bytes more. False if it cannot be grown so far. */
bool begin_anew(size_t room);

#endif
