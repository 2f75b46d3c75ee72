/* Preloaded into a process: lets calls that change files of one name fail.
 *
 * FAIL_NAME   part of the paths of those files
 * FAIL_AT     which call fails, from 1; 0 for none
 * FAIL_ERRNO  what it fails with
 * FAIL_ON     whether all later calls fail, too (1) or none (0)
 * FAIL_COUNT  a file that is told how many calls there were
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int fails(int fd) {
    static const char *name;
    static long at;
    static int code, on;
    if (!name) {
        const char *text = getenv("FAIL_AT");
        at = text ? atol(text) : 0;
        text = getenv("FAIL_ERRNO");
        code = text ? atoi(text) : EIO;
        text = getenv("FAIL_ON");
        on = text ? atoi(text) : 0;
        text = getenv("FAIL_NAME");
        name = text ? text : "";
    }
    if (!*name) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, name)) return 0;
    long n = atomic_fetch_add(&calls, 1) + 1;
    if (at && (n == at || (on && n > at))) {
        errno = code;
        return 1;
    }
    return 0;
}

#define REAL(result, name, ...)                                         \
    static result (*real)(__VA_ARGS__);                                 \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    int before = errno;
    if (fails(fd)) return -1;
    errno = before;
    return real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    int before = errno;
    if (fails(fd)) return -1;
    errno = before;
    return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    int before = errno;
    if (fails(fd)) return -1;
    errno = before;
    return real(fd, data, size, at);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    return fails(fd) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    return fails(fd) ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    return fails(fd) ? -1 : real(fd, size);
}

__attribute__((destructor)) static void tell(void) {
    const char *file = getenv("FAIL_COUNT");
    long n = atomic_load(&calls);
    if (!file || !n) return;
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
        dprintf(fd, "%ld\n", n);
        close(fd);
    }
}
