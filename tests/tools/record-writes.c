/* Writes down what a process does to the files below one folder: every write, every sync and every change of a name,
 * in order. Preloaded into the server by the power-cut test, which rebuilds from it what a disk may hold after the power
 * has failed. Changes nothing of what the process sees.
 *
 * RECORD_ROOT: the folder. RECORD_LOG: the file to append to, outside of it.
 * A record: kind, inode, offset, length of what follows (four numbers of 8 bytes), then that many bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC_BEGIN, SYNC_END, CREATE, RENAME, UNLINK, MKDIR, SYNC_FOLDER_BEGIN, SYNC_FOLDER_END };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static dev_t device;
static int record = -1;

__attribute__((constructor)) static void begin(void) {
    struct stat found;
    const char *log = getenv("RECORD_LOG");
    root = getenv("RECORD_ROOT");
    if (!root || !log || stat(root, &found)) return;
    device = found.st_dev;
    record = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void note(uint64_t kind, uint64_t inode, uint64_t offset, const void *bytes, size_t length) {
    uint64_t head[4] = {kind, inode, offset, length};
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
    if (syscall(SYS_writev, record, parts, 2) != (long)(sizeof head + length)) abort();
}

static int is_below(const char *path) {
    size_t length = strlen(root);
    return !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

/* Whether a file is one that counts: what the standard streams are bound to never does. */
static int is_ours(int fd, struct stat *found) {
    return record >= 0 && fd > 2 && !fstat(fd, found) && found->st_dev == device && S_ISREG(found->st_mode);
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t offset, int is_at) {
    struct stat found;
    if (!is_ours(fd, &found))
        return is_at ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    pthread_mutex_lock(&turn);
    ssize_t done = is_at ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    int error = errno;
    if (done > 0) {
        if (!is_at) offset = lseek(fd, 0, SEEK_CUR) - done;
        note(WRITE, found.st_ino, (uint64_t)offset, bytes, (size_t)done);
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return written(fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return written(fd, bytes, length, offset, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return written(fd, bytes, length, offset, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct stat found;
    if (!is_ours(fd, &found)) return syscall(SYS_writev, fd, parts, count);
    /* A short write is allowed: the first part that is not empty. */
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len) return written(fd, parts[part].iov_base, parts[part].iov_len, 0, 0);
    return 0;
}

static int truncated(int fd, off_t length) {
    struct stat found;
    if (!is_ours(fd, &found)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(SYS_ftruncate, fd, length);
    if (!failed) note(TRUNCATE, found.st_ino, (uint64_t)length, 0, 0);
    pthread_mutex_unlock(&turn);
    return failed;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

/* What was written before the sync began is on disk when it has ended; of what was written meanwhile nobody knows. */
static int synced(int fd, long call) {
    static uint64_t last = 0;
    struct stat found;
    char link[64], path[4096];
    ssize_t length = 0;
    if (record < 0 || fstat(fd, &found) || found.st_dev != device) return (int)syscall(call, fd);
    int is_folder = S_ISDIR(found.st_mode);
    if (is_folder) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        length = readlink(link, path, sizeof path - 1);
        if (length < 0) abort();
        path[length] = 0;
    }
    if (is_folder ? !is_below(path) : !S_ISREG(found.st_mode)) return (int)syscall(call, fd);
    pthread_mutex_lock(&turn);
    uint64_t number = ((uint64_t)getpid() << 32) + ++last;
    note(is_folder ? SYNC_FOLDER_BEGIN : SYNC_BEGIN, found.st_ino, number, path, (size_t)length);
    pthread_mutex_unlock(&turn);
    int failed = (int)syscall(call, fd);
    int error = errno;
    if (!failed) {
        pthread_mutex_lock(&turn);
        note(is_folder ? SYNC_FOLDER_END : SYNC_END, found.st_ino, number, path, (size_t)length);
        pthread_mutex_unlock(&turn);
    }
    errno = error;
    return failed;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int opened(const char *path, int flags, mode_t mode) {
    struct stat before, after;
    if (record < 0 || !(flags & (O_CREAT | O_TRUNC)) || !is_below(path))
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    pthread_mutex_lock(&turn);
    int was_there = !stat(path, &before);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    int error = errno;
    if (fd >= 0 && !fstat(fd, &after)) {
        if (!was_there) note(CREATE, after.st_ino, 0, path, strlen(path));
        else if (flags & O_TRUNC) note(TRUNCATE, after.st_ino, 0, 0, 0);
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags | O_LARGEFILE, mode);
}

int rename(const char *from, const char *to) {
    if (record < 0 || !is_below(from)) return (int)syscall(SYS_rename, from, to);
    char both[8192];
    int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(SYS_rename, from, to);
    int error = errno;
    if (!failed) note(RENAME, 0, 0, both, (size_t)length);
    pthread_mutex_unlock(&turn);
    errno = error;
    return failed;
}

static int named(long call, uint64_t kind, const char *path, mode_t mode) {
    if (record < 0 || !is_below(path)) return (int)syscall(call, path, mode);
    pthread_mutex_lock(&turn);
    int failed = (int)syscall(call, path, mode);
    int error = errno;
    if (!failed) note(kind, 0, 0, path, strlen(path));
    pthread_mutex_unlock(&turn);
    errno = error;
    return failed;
}

int unlink(const char *path) { return named(SYS_unlink, UNLINK, path, 0); }
int mkdir(const char *path, mode_t mode) { return named(SYS_mkdir, MKDIR, path, mode); }
