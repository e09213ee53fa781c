#include "CVips.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct cvips_source cvips_source;
typedef struct cvips_region cvips_region;
typedef struct {
    int left, top, width, height;
} cvips_area;
typedef void *object;

// libvips promises that these stay as they are for as long as its library is called libvips.so.42.
#define FUNCTIONS(X) \
    X(int, vips_init, (const char *program)) \
    X(void, vips_concurrency_set, (int threads)) \
    X(void, vips_block_untrusted_set, (int blocked)) \
    X(void, vips_cache_set_max, (int operations)) \
    X(void, vips_cache_set_max_mem, (size_t bytes)) \
    X(void, vips_cache_set_max_files, (int files)) \
    X(void, vips_error_clear, (void)) \
    X(void, vips_thread_shutdown, (void)) \
    X(cvips_source *, vips_source_new_from_descriptor, (int descriptor)) \
    X(int, vips_pngload_source, (cvips_source *, cvips_image **, ...)) \
    X(int, vips_jpegload_source, (cvips_source *, cvips_image **, ...)) \
    X(int, vips_webpload_source, (cvips_source *, cvips_image **, ...)) \
    X(int, vips_gifload_source, (cvips_source *, cvips_image **, ...)) \
    X(int, vips_thumbnail_image, (cvips_image *, cvips_image **, int width, ...)) \
    X(cvips_image *, vips_image_new_from_memory, (const void *, size_t, int width, int height, int bands, int format)) \
    X(int, vips_copy, (cvips_image *, cvips_image **, ...)) \
    X(int, vips_image_get_width, (const cvips_image *)) \
    X(int, vips_image_get_height, (const cvips_image *)) \
    X(int, vips_image_get_page_height, (cvips_image *)) \
    X(int, vips_image_get_orientation_swap, (cvips_image *)) \
    X(size_t, vips_image_get_typeof, (const cvips_image *, const char *field)) \
    X(int, vips_image_hasalpha, (cvips_image *)) \
    X(cvips_region *, vips_region_new, (cvips_image *)) \
    X(int, vips_region_prepare, (cvips_region *, const cvips_area *)) \
    X(int, vips_pngsave_buffer, (cvips_image *, void **, size_t *, ...)) \
    X(int, vips_jpegsave_buffer, (cvips_image *, void **, size_t *, ...)) \
    X(int, vips_webpsave_buffer, (cvips_image *, void **, size_t *, ...)) \
    X(void, g_object_unref, (object)) \
    X(void, g_free, (void *))

#define POINTER(result, name, arguments) static result(*name) arguments;
FUNCTIONS(POINTER)

// Values of libvips' enumerations.
enum { no, yes };
enum { uchar = 0, sRGB = 22, sequential = 1, exact_size = 3, fail_on_error = 2 };
enum { filter_average = 0x40 };
// As libvips' own sequential readers.
enum { strip_height = 16 };

static const char *problem;
static int threads_a_picture = 1;
static bool is_prepared;

void cvips_prepare(int threads) {
    threads_a_picture = threads;
    is_prepared = true;
    // No modules are found here: they are decoders we never want, and cost another 6 MB.
    setenv("VIPSHOME", "/nonexistent", 1);
    // Whatever value: no warnings of decoders on our standard error.
    setenv("VIPS_WARNING", "0", 1);
}

static void load(void) {
    void *library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        problem = "libvips is missing (Debian's package libvips42)";
        return;
    }
#define FIND(result, name, arguments) \
    if (!(name = (result(*) arguments)dlsym(library, #name))) { \
        problem = "libvips is too old: it has no " #name; \
        return; \
    }
    FUNCTIONS(FIND)
    if (!is_prepared) cvips_prepare(1);
    if (vips_init("atelier")) {
        problem = "libvips does not start";
        return;
    }
    vips_concurrency_set(threads_a_picture);
    vips_block_untrusted_set(yes);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
}

const char *cvips_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem;
}

cvips_image *cvips_open(int descriptor, cvips_format format, bool all_frames, int shrink) {
    cvips_source *source = vips_source_new_from_descriptor(descriptor);
    if (!source) return NULL;
    cvips_image *image = NULL;
    int failure = -1, frames = all_frames ? -1 : 1;
    switch (format) {
    case cvips_png:
        failure = vips_pngload_source(source, &image, "access", sequential, "fail_on", fail_on_error, NULL);
        break;
    case cvips_jpeg:
        failure = vips_jpegload_source(
            source, &image, "access", sequential, "fail_on", fail_on_error, "shrink", shrink, NULL);
        break;
    case cvips_webp:
        failure = vips_webpload_source(
            source, &image, "access", sequential, "fail_on", fail_on_error, "n", frames, NULL);
        break;
    case cvips_gif:
        failure = vips_gifload_source(
            source, &image, "access", sequential, "fail_on", fail_on_error, "n", frames, NULL);
        break;
    }
    g_object_unref(source);
    return failure ? NULL : image;
}

// Pixels worked on since the heap was last trimmed.
static atomic_size_t untrimmed;
static const size_t trim_after = 1 << 20;

static void note_pixels(cvips_image *image) {
    atomic_fetch_add(&untrimmed, (size_t)vips_image_get_width(image) * (size_t)vips_image_get_height(image));
}

cvips_image *cvips_thumbnail(cvips_image *picture, int width, int height) {
    note_pixels(picture);
    cvips_image *image = NULL;
    // Without a profile of its own a picture is sRGB already, and converting would only cost time.
    const char *profile = vips_image_get_typeof(picture, "icc-profile-data") ? "srgb" : NULL;
    int failure = vips_thumbnail_image(
        picture, &image, width, "height", height, "size", exact_size, "export_profile", profile, NULL);
    return failure ? NULL : image;
}

cvips_image *cvips_from_pixels(const void *pixels, int width, int height) {
    size_t count = (size_t)width * (size_t)height * 3;
    cvips_image *plain = vips_image_new_from_memory(pixels, count, width, height, 3, uchar), *image = NULL;
    if (!plain) return NULL;
    int failure = vips_copy(plain, &image, "interpretation", sRGB, NULL);
    g_object_unref(plain);
    return failure ? NULL : image;
}

int cvips_width(cvips_image *image) { return vips_image_get_width(image); }
int cvips_height(cvips_image *image) { return vips_image_get_page_height(image); }
int cvips_frames(cvips_image *image) { return vips_image_get_height(image) / vips_image_get_page_height(image); }
bool cvips_has_alpha(cvips_image *image) { return vips_image_hasalpha(image); }
bool cvips_is_sideways(cvips_image *image) { return vips_image_get_orientation_swap(image); }

bool cvips_decode(cvips_image *image) {
    note_pixels(image);
    // Strip by strip on this thread: libvips' own ways to read all pixels start a thread for each picture, which takes
    // longer than reading a small one.
    cvips_region *region = vips_region_new(image);
    if (!region) return false;
    int width = vips_image_get_width(image), height = vips_image_get_height(image), failure = 0;
    for (int top = 0; top < height && !failure; top += strip_height) {
        int rest = height - top;
        cvips_area strip = {0, top, width, rest < strip_height ? rest : strip_height};
        failure = vips_region_prepare(region, &strip);
    }
    g_object_unref(region);
    return !failure;
}

cvips_encoded cvips_encode(cvips_image *image, cvips_format format, int quality, bool lossless) {
    note_pixels(image);
    cvips_encoded encoded = {NULL, 0};
    int failure = -1;
    switch (format) {
    case cvips_png:
        // Measured on drawings of 1024 x 1024: level 6 is a tenth smaller and takes seven times as long.
        failure = vips_pngsave_buffer(
            image, &encoded.bytes, &encoded.count, "compression", 2, "filter", filter_average, "strip", yes, NULL);
        break;
    case cvips_jpeg:
        failure = vips_jpegsave_buffer(
            image, &encoded.bytes, &encoded.count, "Q", quality, "optimize_coding", yes, "strip", yes, NULL);
        break;
    case cvips_webp:
        // libvips 8.14.1 writes metadata even so; Media removes it.
        // Lossless, quality is effort too, and effort beyond 0 takes ten times as long for a fifth of the size.
        failure = vips_webpsave_buffer(
            image, &encoded.bytes, &encoded.count, "Q", lossless ? 0 : quality, "lossless", (int)lossless,
            "effort", lossless ? 0 : 2, "strip", yes, NULL);
        break;
    case cvips_gif:
        break;
    }
    if (failure) encoded = (cvips_encoded){NULL, 0};
    return encoded;
}

void cvips_release(cvips_image *image) { g_object_unref(image); }
void cvips_free(cvips_encoded encoded) { g_free(encoded.bytes); }

void cvips_finish(void) {
    vips_error_clear();
    vips_thread_shutdown();
    // Large pictures leave the heap full of holes. Measured: 1 ms, and 20 MB less for a process that rests; small
    // pictures must not pay for it each time.
    if (atomic_load(&untrimmed) < trim_after) return;
    atomic_store(&untrimmed, 0);
    malloc_trim(0);
}
