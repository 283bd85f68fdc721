/*
 * A client of report items, for the benchmark: client ITEM MODE COUNT. ITEM is made and removed again.
 * MODE "cycles": write inblob, read outblob, read generation. "reads": open, read and close of generation. "preads": on
 * one open file. Prints JSON: seconds on the clock, processor seconds of this process, and what was not as it must be.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[512], blob[1 << 20];
static const char *item;

static const char *in_item(const char *name) {
  snprintf(path, sizeof path, "%s/%s", item, name);
  return path;
}

static long whole(const char *name, char *into, size_t room) {
  int fd = open(in_item(name), O_RDONLY);
  long size = 0, got;
  if (fd < 0) return -1;
  while ((got = read(fd, into + size, room - size)) > 0) size += got;
  close(fd);
  return got < 0 ? -1 : size;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int cycle(long number) {
  char inblob[64] = {0}, text[32] = {0};
  memcpy(inblob, &number, sizeof number);
  int fd = open(in_item("inblob"), O_WRONLY);
  if (fd < 0) return 1;
  long taken = write(fd, inblob, 64);
  close(fd);
  if (taken != 64 || whole("outblob", blob, sizeof blob) < 64) return 1;
  if (whole("generation", text, sizeof text - 1) < 2) return 1;
  return strtol(text, NULL, 10) != number;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  item = argv[1];
  const char *mode = argv[2];
  long count = atol(argv[3]), bad = 0;
  char text[32];
  if (mkdir(item, 0755) != 0) { perror(item); return 1; }
  int fd = open(in_item("generation"), O_RDONLY);
  double begin = now();
  for (long i = 1; i <= count; i++) {
    if (strcmp(mode, "cycles") == 0) bad += cycle(i);
    else if (strcmp(mode, "reads") == 0) bad += whole("generation", text, sizeof text) != 2;
    else bad += pread(fd, text, sizeof text, 0) != 2;
  }
  double seconds = now() - begin;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  close(fd);
  rmdir(item);
  printf("{\"seconds\":%.6f,\"cpu\":%.6f,\"bad\":%ld}\n", seconds,
         used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6, bad);
  return 0;
}
