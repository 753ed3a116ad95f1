/* Makes one call on a checkpoint's files fail, or kills the process there.
 *
 * Loaded with LD_PRELOAD. The environment says what happens:
 *   FAULTS_FILE    the checkpoint's name: calls on all files whose names begin with it count
 *   FAULTS_FOLDER  the name of its folder: calls that sync it count
 *   FAULTS_KIND    enospc, eio, short, read, kill-before, kill-after
 *   FAULTS_AT      the number of the call that fails, from 1
 *   FAULTS_FOREVER if it is set, all later calls fail too
 *   FAULTS_LOG     a file that gets a line for each call that fails, and a line "sent" for each
 *                  call that sends something after a sync has failed (a sync of the folder: if
 *                  a file has been made since the last one, until the next one)
 *
 * "read" is about the calls that read; all other kinds are about those that change a file. With
 * "short" a write stores half of its bytes, and the next call finds no room. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, ENOSPC_, EIO_, SHORT, READ, KILL_BEFORE, KILL_AFTER };

static enum kind kind;
static const char *file, *folder, *log_path;
static long at;
static int forever;
static atomic_long count;
static atomic_int sync_failed, folder_sync_failed, folder_has_news;

__attribute__((constructor)) static void begin(void) {
  static const char *names[] = {"", "enospc", "eio", "short", "read", "kill-before", "kill-after"};
  const char *name = getenv("FAULTS_KIND"), *number = getenv("FAULTS_AT");
  file = getenv("FAULTS_FILE");
  folder = getenv("FAULTS_FOLDER");
  log_path = getenv("FAULTS_LOG");
  if (!name || !number || !file || !folder || !log_path) return;
  at = atol(number);
  forever = getenv("FAULTS_FOREVER") != NULL;
  for (int i = 1; i <= KILL_AFTER; i++)
    if (!strcmp(name, names[i])) kind = i;
}

static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void note(const char *call, const char *name) {
  char line[PATH_MAX + 64];
  int length = snprintf(line, sizeof line, "%s %s\n", call, name);
  int log = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (log < 0 || syscall(SYS_write, log, line, length) != length) abort();
  syscall(SYS_close, log);
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts a call and says whether it fails. */
static int strikes(const char *call, const char *path, int reads) {
  const char *name = name_of(path);
  int is_sync = !strcmp(call, "fsync") || !strcmp(call, "fdatasync");
  if (kind == NONE || (kind == READ) != reads) return 0;
  if (strncmp(name, file, strlen(file)) && !(is_sync && !strcmp(name, folder))) return 0;
  long number = atomic_fetch_add(&count, 1) + 1;
  long last = kind == SHORT ? at + 1 : at;
  if (number < at || (number > last && !forever)) return 0;
  note(call, name);
  if (kind == KILL_BEFORE) die();
  int is_folder = !strcmp(name, folder);
  if (is_sync && kind != KILL_AFTER && !is_folder) sync_failed = 1;
  if (is_sync && is_folder && folder_has_news) folder_sync_failed = 1;
  return 1;
}

/* Whether it is the first of the calls that fail. */
static int is_first(void) { return count == at; }

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int saved = errno;
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  errno = saved;
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static int strikes_fd(const char *call, int fd, int reads) {
  char path[PATH_MAX];
  return kind != NONE && path_of(fd, path) && strikes(call, path, reads);
}

static void note_sent(int fd) {
  char path[PATH_MAX];
  if ((sync_failed || folder_sync_failed) && path_of(fd, path) && !strncmp(path, "socket:", 7)) note("sent", path);
}

static int fails(void) { errno = kind == ENOSPC_ || kind == SHORT ? ENOSPC : EIO; return -1; }

/* What a struck call does: `real` is the call itself. */
#define STRUCK(type, real) { \
  if (kind == KILL_AFTER) { type result = real; (void)result; die(); } \
  return fails(); }

#define NEXT(type, name, ...) \
  static type (*next)(__VA_ARGS__); \
  if (!next) next = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

/* Half of the bytes are written; there is no room for the rest. */
#define WRITER(name, offset_parameter, offset, more) \
  ssize_t name(int fd, const void *bytes, size_t length offset_parameter) { \
    NEXT(ssize_t, name, int, const void *, size_t more) \
    if (strikes_fd(#name, fd, 0)) { \
      if (kind == SHORT && length > 1 && is_first()) return next(fd, bytes, length / 2 offset); \
      STRUCK(ssize_t, next(fd, bytes, length offset)) \
    } \
    return next(fd, bytes, length offset); \
  }
#define COMMA ,
WRITER(write, , , )
WRITER(pwrite, COMMA off_t place, COMMA place, COMMA off_t)
WRITER(pwrite64, COMMA off64_t place, COMMA place, COMMA off64_t)

#define READER(name, offset_parameter, offset, more) \
  ssize_t name(int fd, void *bytes, size_t length offset_parameter) { \
    NEXT(ssize_t, name, int, void *, size_t more) \
    if (strikes_fd(#name, fd, 1)) return fails(); \
    return next(fd, bytes, length offset); \
  }
READER(read, , , )
READER(pread, COMMA off_t place, COMMA place, COMMA off_t)
READER(pread64, COMMA off64_t place, COMMA place, COMMA off64_t)

#define ON_FD(name, parameters, arguments, types) \
  int name parameters { \
    NEXT(int, name, types) \
    if (strikes_fd(#name, fd, 0)) STRUCK(int, next arguments) \
    return next arguments; \
  }
ON_FD(fdatasync, (int fd), (fd), int)

int fsync(int fd) {
  NEXT(int, fsync, int)
  char path[PATH_MAX];
  if (strikes_fd("fsync", fd, 0)) STRUCK(int, next(fd))
  int result = next(fd);
  if (!result && folder && path_of(fd, path) && !strcmp(name_of(path), folder))
    folder_has_news = folder_sync_failed = 0;
  return result;
}

ON_FD(ftruncate, (int fd, off_t length), (fd, length), int COMMA off_t)
ON_FD(ftruncate64, (int fd, off64_t length), (fd, length), int COMMA off64_t)
ON_FD(fallocate, (int fd, int mode, off_t from, off_t length), (fd, mode, from, length),
      int COMMA int COMMA off_t COMMA off_t)
ON_FD(fallocate64, (int fd, int mode, off64_t from, off64_t length), (fd, mode, from, length),
      int COMMA int COMMA off64_t COMMA off64_t)

/* These give the error instead of setting it. */
#define ALLOCATES(name, type) \
  int name(int fd, type from, type length) { \
    NEXT(int, name, int, type, type) \
    if (strikes_fd(#name, fd, 0)) { \
      if (kind == KILL_AFTER) { next(fd, from, length); die(); } \
      fails(); \
      return errno; \
    } \
    return next(fd, from, length); \
  }
ALLOCATES(posix_fallocate, off_t)
ALLOCATES(posix_fallocate64, off64_t)

int unlink(const char *path) {
  NEXT(int, unlink, const char *)
  if (kind != NONE && !access(path, F_OK) && strikes("unlink", path, 0))
    STRUCK(int, next(path))
  return next(path);
}

int rename(const char *from, const char *to) {
  NEXT(int, rename, const char *, const char *)
  if (strikes("rename", to, 0)) STRUCK(int, next(from, to))
  if (file && !strncmp(name_of(to), file, strlen(file))) folder_has_news = 1;
  return next(from, to);
}

/* Only an opening that makes a file needs room. */
#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    NEXT(int, name, const char *, int, ...) \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    if (kind != NONE && flags & O_CREAT && access(path, F_OK)) { \
      if (strikes(#name, path, 0)) STRUCK(int, next(path, flags, mode)) \
      if (!strncmp(name_of(path), file, strlen(file))) folder_has_news = 1; \
    } \
    return next(path, flags, mode); \
  }
OPENS(open)
OPENS(open64)

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  NEXT(ssize_t, send, int, const void *, size_t, int)
  note_sent(fd);
  return next(fd, bytes, length, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  NEXT(ssize_t, writev, int, const struct iovec *, int)
  note_sent(fd);
  return next(fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  NEXT(ssize_t, sendmsg, int, const struct msghdr *, int)
  note_sent(fd);
  return next(fd, message, flags);
}
