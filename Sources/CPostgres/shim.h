#pragma once
#include <libpq-fe.h>
#include <stdint.h>
#include <time.h>

// The wall clock in nanoseconds since 1970. Swift finds `struct timespec` in more than one module here, and takes none.
static inline int64_t cpostgres_wall_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
