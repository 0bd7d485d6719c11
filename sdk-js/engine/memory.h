/* The allocator (memory.c) beyond what the C library declares. */
#ifndef PATCHBAY_MEMORY_H
#define PATCHBAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

size_t malloc_usable_size(void *memory);

/* What was freed is zero, and from now on is never used again; new ones begin on a page of their own, with at least so much room after it. */
void begin_anew(size_t room);

#endif
