#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/mman.h>

static _Thread_local void *current_loop;

void *clinux_current_loop(void) { return current_loop; }
void clinux_set_current_loop(void *loop) { current_loop = loop; }

int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
