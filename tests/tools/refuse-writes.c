/* Makes a disk full, or broken, at the moment at which a file says so: preloaded into the server by the tests of faults.
 * REFUSE_BELOW: the folder that it is about. REFUSE_WHEN: while this file is there, whatever would write below the folder fails
 * with the error number that the file holds. Syncs fail too, unless the disk is only full (28, ENOSPC). Where the number is
 * negative, syncs alone fail. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *below, *when;

__attribute__((constructor)) static void begin(void) {
    below = getenv("REFUSE_BELOW");
    when = getenv("REFUSE_WHEN");
}

static int refusal(void) {
    char digits[8] = {0};
    if (!when) return 0;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, when, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    long length = syscall(SYS_read, fd, digits, sizeof digits - 1);
    syscall(SYS_close, fd);
    return length > 0 ? atoi(digits) : 0;
}

static int is_below(const char *path) { return below && !strncmp(path, below, strlen(below)); }

static int is_file_below(int fd) {
    char link[64], path[4096];
    struct stat found;
    if (!below || fd <= 2 || fstat(fd, &found) || !(S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static int refused(int is_ours) {
    int error = is_ours ? refusal() : 0;
    if (error <= 0) return 0;
    errno = error;
    return error;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return refused(is_file_below(fd)) ? -1 : syscall(SYS_write, fd, bytes, length);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return refused(is_file_below(fd)) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

static int synced(int fd, long call) {
    int error = is_file_below(fd) ? refusal() : 0;
    if (!error || error == ENOSPC) return (int)syscall(call, fd);
    errno = abs(error);
    return -1;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int opened(const char *path, int flags, mode_t mode) {
    struct stat found;
    int makes = (flags & O_CREAT) && stat(path, &found);
    return makes && refused(is_below(path)) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags | O_LARGEFILE, mode);
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opened(path, flags, mode);
}

int rename(const char *from, const char *to) {
    return refused(is_below(from)) ? -1 : (int)syscall(SYS_rename, from, to);
}
int mkdir(const char *path, mode_t mode) { return refused(is_below(path)) ? -1 : (int)syscall(SYS_mkdir, path, mode); }
