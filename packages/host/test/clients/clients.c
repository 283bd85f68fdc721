/*
 * Clients of the TSM ABI by their system calls, as an unmodified program makes them. Usage: clients NAME...
 * Prints "ok NAME" for each; a call that answers something else is printed, and ends it with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *at(const char *format, const char *name) {
  static char buffers[8][512];
  static int next;
  char *path = buffers[next++ % 8];
  snprintf(path, 512, format, name);
  return path;
}

static void fail(int line, const char *what, long got) {
  printf("line %d: %s: got %ld, errno %d (%s)\n", line, what, got, errno, strerror(errno));
  exit(1);
}

/* A call that must give a value, and one that must be refused. */
#define GIVES(value, call) do { errno = 0; long got_ = (long)(call); if (got_ != (long)(value)) fail(__LINE__, #call, got_); } while (0)
#define REFUSED(error, call) do { errno = 0; long got_ = (long)(call); if (got_ != -1 || errno != (error)) fail(__LINE__, #call, got_); } while (0)

static int opened(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0220);
  if (fd < 0) fail(__LINE__, path, fd);
  return fd;
}

/* Reads to the end with reads of this size. */
static size_t content(int fd, char *into, size_t room, size_t step) {
  size_t size = 0;
  for (;;) {
    ssize_t got = read(fd, into + size, step < room - size ? step : room - size);
    if (got < 0) fail(__LINE__, "read", got);
    if (got == 0) return size;
    size += got;
  }
}

#define REPORT "/sys/kernel/config/tsm/report/%s"
#define MEASUREMENTS "/sys/class/misc/tdx_guest/measurements/%s"
static char bytes[1 << 20];

/* open, pread, pwrite, ioctl, close on every kind of file. */
static void plain(void) {
  char inblob[65] = {1, 2, 3}, twice[48], once[48];
  struct stat found;
  GIVES(0, mkdir(at(REPORT, "plain"), 0755));
  REFUSED(EEXIST, mkdir(at(REPORT, "plain"), 0755));
  REFUSED(EPERM, mkdir(at(REPORT, "plain/more"), 0755));
  int fd = opened(at(REPORT, "plain/inblob"), O_WRONLY);
  REFUSED(ESPIPE, pwrite(fd, inblob, 64, 0));
  REFUSED(ESPIPE, lseek(fd, 0, SEEK_SET));
  REFUSED(EFBIG, write(fd, inblob, 65));
  GIVES(32, write(fd, inblob, 32));
  GIVES(32, write(fd, inblob + 32, 32));
  GIVES(0, close(fd));
  REFUSED(EACCES, open(at(REPORT, "plain/inblob"), O_RDONLY));
  REFUSED(EACCES, open(at(REPORT, "plain/outblob"), O_WRONLY));
  REFUSED(EACCES, open(at(REPORT, "plain/new"), O_WRONLY | O_CREAT, 0644));
  REFUSED(EPERM, unlink(at(REPORT, "plain/inblob")));
  REFUSED(EPERM, rename(at(REPORT, "plain"), at(REPORT, "other")));
  GIVES(0, stat(at(REPORT, "plain/inblob"), &found));
  GIVES(0, found.st_size);
  GIVES(0100200, found.st_mode);
  fd = opened(at(REPORT, "plain/generation"), O_RDONLY);
  GIVES(2, pread(fd, bytes, 100, 0));
  GIVES(0, memcmp(bytes, "1\n", 2));
  GIVES(1, pread(fd, bytes, 100, 1));
  GIVES(0, close(fd));
  if (access(at("%s", "/dev/tdx_guest"), F_OK) == 0) {
    fd = opened(at(MEASUREMENTS, "rtmr3:sha384"), O_RDWR);
    GIVES(48, pread(fd, once, 48, 0));
    GIVES(24, pread(fd, twice, 48, 24));
    REFUSED(EINVAL, pwrite(fd, inblob, 47, 0));
    REFUSED(EINVAL, pwrite(fd, inblob, 48, 1));
    REFUSED(EFBIG, pwrite(fd, inblob, 48, 48));
    GIVES(48, pwrite(fd, inblob, 65, 0));
    GIVES(48, pread(fd, bytes, 100, 0));
    memcpy(twice, bytes, 48);
    if (memcmp(once, twice, 48) == 0) fail(__LINE__, "the register did not change", 0);
    GIVES(0, close(fd));
    fd = opened(at(MEASUREMENTS, "rtmr3:sha384"), O_WRONLY | O_APPEND);
    GIVES(48, write(fd, inblob, 48));
    GIVES(0, close(fd));
  }
  GIVES(0, rmdir(at(REPORT, "plain")));
  printf("ok plain\n");
}

/* TDX_CMD_GET_REPORT0: report data and report in one argument. */
static void tdx_ioctl(void) {
  int fd = opened(at("%s", "/dev/tdx_guest"), O_RDWR);
  memset(bytes, 0x5a, 64);
  GIVES(0, ioctl(fd, 0xc4405401UL, bytes));
  if (memcmp(bytes + 64 + 128, bytes, 64) != 0) fail(__LINE__, "report data in TDREPORT", 0);
  REFUSED(ENOTTY, ioctl(fd, 0xc4405402UL, bytes));
  GIVES(0, close(fd));
  printf("ok tdx-ioctl\n");
}

struct snp_request { uint8_t version; uint64_t request, response, error; };

/* SNP_GET_REPORT and SNP_GET_EXT_REPORT: request and response through pointers. */
static void snp_ioctl(void) {
  static uint8_t request[112], response[4000], certificates[65536];
  struct snp_request argument = {1, (uintptr_t)request, (uintptr_t)response, 77};
  int fd = opened(at("%s", "/dev/sev-guest"), O_RDWR);
  memset(request, 0xa5, 64);
  GIVES(0, ioctl(fd, 0xc0205300UL, &argument));
  GIVES(0, argument.error);
  GIVES(0, memcmp(response + 32 + 0x50, request, 64));
  uint64_t address = (uintptr_t)certificates;
  uint32_t size = 4096;
  memcpy(request + 96, &address, 8);
  memcpy(request + 104, &size, 4);
  REFUSED(EIO, ioctl(fd, 0xc0205302UL, &argument));
  memcpy(&size, request + 104, 4);
  GIVES(8192, size);
  GIVES(0, ioctl(fd, 0xc0205302UL, &argument));
  GIVES(0x63, certificates[0]);
  argument.request = 8;
  REFUSED(EFAULT, ioctl(fd, 0xc0205300UL, &argument));
  argument.version = 0;
  REFUSED(EINVAL, ioctl(fd, 0xc0205300UL, &argument));
  GIVES(0, close(fd));
  printf("ok snp-ioctl\n");
}

/* A read of Go's os package: the descriptor goes to the poller, and reads until there is nothing. */
static size_t go_read(const char *path, char *into, size_t room) {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  int fd = opened(path, O_RDONLY);
  struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.fd = fd}};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0) GIVES(0, fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK));
  size_t size = content(fd, into, room, 512);
  GIVES(0, close(fd));
  GIVES(0, close(poller));
  return size;
}

static void go_write(const char *path, const void *data, size_t size) {
  int fd = opened(path, O_WRONLY | O_CREAT | O_TRUNC);
  GIVES(size, write(fd, data, size));
  GIVES(0, close(fd));
}

static void go_generation(const char *path, unsigned expected) {
  char text[32] = {0};
  go_read(path, text, sizeof text - 1);
  GIVES(expected, strtoul(text, NULL, 10));
}

/* go-configfs-tsm, report.Get: each option raises the generation by one, and each read is checked against it. */
static void go_configfs(void) {
  struct stat found;
  GIVES(0, stat(at("%s", "/sys/kernel/config/tsm/report"), &found));
  GIVES(0, mkdir(at(REPORT, "entry4711"), 0700));
  const char *generation = at(REPORT, "entry4711/generation");
  const char *auxblob = at(REPORT, "entry4711/auxblob");
  unsigned expected = 0;
  go_generation(generation, expected);
  memset(bytes, 7, 64);
  go_write(at(REPORT, "entry4711/inblob"), bytes, 64);
  go_generation(generation, ++expected);
  if (access(at(REPORT, "entry4711/privlevel"), F_OK) == 0) {
    go_write(at(REPORT, "entry4711/privlevel"), "0", 1);
    go_generation(generation, ++expected);
  }
  if (access(auxblob, F_OK) == 0) {
    go_read(auxblob, bytes, sizeof bytes);
    go_generation(generation, expected);
  }
  if (go_read(at(REPORT, "entry4711/outblob"), bytes, sizeof bytes) < 1000) fail(__LINE__, "outblob", 0);
  go_generation(generation, expected);
  size_t size = go_read(at(REPORT, "entry4711/provider"), bytes, 100);
  if (size < 10 || memcmp(bytes + size - 6, "guest\n", 6) != 0) fail(__LINE__, "provider", size);
  int fd = opened(at(REPORT, "entry4711/inblob"), O_WRONLY | O_CREAT | O_TRUNC);
  REFUSED(EFBIG, write(fd, bytes, 65));
  GIVES(0, close(fd));
  go_generation(generation, ++expected);
  REFUSED(EISDIR, unlink(at(REPORT, "entry4711")));
  GIVES(0, rmdir(at(REPORT, "entry4711")));
  printf("ok go-configfs\n");
}

/* go-tdx-guest, rtmr.ExtendDigest: the register files where there is no tsm/rtmrs. */
static void go_rtmr(void) {
  struct stat found;
  char before[48], after[48], digest[48] = {9};
  REFUSED(ENOENT, stat(at("%s", "/sys/kernel/config/tsm/rtmrs"), &found));
  for (int i = 0; i < 4; i++) {
    char name[32];
    snprintf(name, sizeof name, "rtmr%d:sha384", i);
    GIVES(48, go_read(at(MEASUREMENTS, name), before, 48));
    int fd = opened(at(MEASUREMENTS, name), O_WRONLY);
    GIVES(48, pwrite(fd, digest, 48, 0));
    GIVES(0, close(fd));
    GIVES(48, go_read(at(MEASUREMENTS, name), after, 48));
    if (memcmp(before, after, 48) == 0) fail(__LINE__, name, i);
  }
  printf("ok go-rtmr\n");
}

#define RTMRS "/sys/kernel/config/tsm/rtmrs/%s"

/* go-configfs-tsm, rtmr.ExtendDigest: directories that are made for an index. */
static void go_rtmrs(void) {
  char digest[48] = {9}, text[8] = {0};
  GIVES(0, mkdir(at(RTMRS, "rtmr3-42"), 0700));
  go_write(at(RTMRS, "rtmr3-42/index"), "3", 1);
  go_write(at(RTMRS, "rtmr3-42/digest"), digest, 48);
  GIVES(48, go_read(at(RTMRS, "rtmr3-42/digest"), bytes, 100));
  GIVES(2, go_read(at(RTMRS, "rtmr3-42/index"), text, 8));
  go_read(at(RTMRS, "rtmr3-42/tcg_map"), bytes, 100);
  GIVES(0, mkdir(at(RTMRS, "rtmr3-43"), 0700));
  int fd = opened(at(RTMRS, "rtmr3-43/index"), O_WRONLY);
  REFUSED(EINVAL, write(fd, "3", 1));
  GIVES(0, close(fd));
  printf("ok go-rtmrs\n");
}

/* Rust's fs::read of a file whose size says nothing: reads that grow. */
static size_t rust_read(const char *path, char *into, size_t room) {
  int fd = opened(path, O_RDONLY);
  struct stat found;
  GIVES(0, fstat(fd, &found));
  size_t size = 0;
  for (size_t step = 32;; step *= 2) {
    ssize_t got = read(fd, into + size, step < room - size ? step : room - size);
    if (got < 0) fail(__LINE__, path, got);
    if (got == 0) break;
    size += got;
  }
  GIVES(0, close(fd));
  return size;
}

/* guest-components, tsm_report: a temporary directory whose generation may be 1 at most. */
static void rust(void) {
  GIVES(0, mkdir(at(REPORT, ".tmpAbCdEf"), 0777));
  if (rust_read(at(REPORT, ".tmpAbCdEf/provider"), bytes, 100) < 2) fail(__LINE__, "provider", 0);
  go_write(at(REPORT, ".tmpAbCdEf/inblob"), bytes, 64);
  if (rust_read(at(REPORT, ".tmpAbCdEf/outblob"), bytes, sizeof bytes) < 1000) fail(__LINE__, "outblob", 0);
  GIVES(2, rust_read(at(REPORT, ".tmpAbCdEf/generation"), bytes, 100));
  GIVES(0, memcmp(bytes, "1\n", 2));
  GIVES(0, rmdir(at(REPORT, ".tmpAbCdEf")));
  if (access(at("%s", "/dev/tdx_guest"), F_OK) == 0) {
    GIVES(48, rust_read(at(MEASUREMENTS, "mrconfigid"), bytes, 100));
    memset(bytes, 3, 48);
    go_write(at(MEASUREMENTS, "rtmr2:sha384"), bytes, 48);
    if (rust_read(at("%s", "/sys/firmware/acpi/tables/data/CCEL"), bytes, sizeof bytes) != 65536) fail(__LINE__, "CCEL", 0);
  }
  printf("ok rust\n");
}

static const struct { const char *name; void (*run)(void); } CLIENTS[] = {
  {"plain", plain}, {"tdx-ioctl", tdx_ioctl}, {"snp-ioctl", snp_ioctl}, {"go-configfs", go_configfs},
  {"go-rtmr", go_rtmr}, {"go-rtmrs", go_rtmrs}, {"rust", rust},
};

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    size_t k = 0, count = sizeof CLIENTS / sizeof *CLIENTS;
    while (k < count && strcmp(argv[i], CLIENTS[k].name) != 0) k++;
    if (k == count) { fprintf(stderr, "no client %s\n", argv[i]); return 2; }
    CLIENTS[k].run();
  }
  return argc > 1 ? 0 : 2;
}
