#pragma once
// What Swift's Glibc module does not show: epoll, eventfd, signalfd, sendfile, accept4, memfd_create, and one thread-local pointer.
// Not with _GNU_SOURCE: it changes structures that Swift's Glibc module has already described.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

// The event loop whose thread this is, or NULL.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

// accept4(2): the accepted socket, non-blocking and close-on-exec, or -1 with errno.
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);

// memfd_create(2): an empty file that is only in memory, close-on-exec, or -1 with errno. The name is for /proc.
int clinux_memory_file(const char *name);

// epoll's data is a union that Swift imports awkwardly; both directions as the 64-bit value.
static inline int clinux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events};
    event.data.u64 = data;
    return epoll_ctl(epoll, operation, fd, &event);
}
static inline uint64_t clinux_epoll_data(const struct epoll_event *event) { return event->data.u64; }
