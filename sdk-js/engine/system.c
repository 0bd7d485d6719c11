/* What the C library would ask of a system that is not there. The time comes from the host; there are no files, and what the
 * engine prints about itself before it gives up goes nowhere. */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#include "engine.h"

int clock_gettime(clockid_t clock, struct timespec *time)
{
    wasi_clocks_wall_clock_datetime_t now;
    (void)clock;
    wasi_clocks_wall_clock_now(&now);
    *time = (struct timespec){ now.seconds, now.nanoseconds };
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}

/* The ends of the C library's standard streams. */
size_t __stdio_write(FILE *stream, const unsigned char *text, size_t length) { return (void)stream, (void)text, (void)length, 0; }
size_t __stdout_write(FILE *stream, const unsigned char *text, size_t length) { return (void)stream, (void)text, (void)length, 0; }
off_t __stdio_seek(FILE *stream, off_t by, int from) { return (void)stream, (void)by, (void)from, -1; }
int __stdio_close(FILE *stream) { return (void)stream, 0; }
