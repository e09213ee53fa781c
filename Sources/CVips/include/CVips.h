#pragma once
// The few functions of libvips 8.14 that Media uses, without its variadic arguments.
//
// libvips is opened at the first call of cvips_start(), not linked: with the hundred libraries behind it, linking
// costs every process 20 MB of memory and 20 ms, also the one that never sees a picture.
#include <stdbool.h>
#include <stddef.h>

// What libvips calls VipsImage; released by cvips_release().
typedef struct cvips_image cvips_image;

typedef enum { cvips_png, cvips_jpeg, cvips_webp, cvips_gif } cvips_format;

// An encoded picture; released by cvips_free().
typedef struct {
    void *bytes;
    size_t count;
} cvips_encoded;

// Sets the environment that libvips reads, and the threads it may use for one picture. Before there are other threads.
void cvips_prepare(int threads);
// Opens libvips without its modules (ImageMagick, poppler, ...) and without caches. NULL, or why it cannot be used.
// Harmless to call again.
const char *cvips_start(void);

// Reads the header only. The descriptor is duplicated and read from its start. NULL when it cannot be read.
// A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size (`shrink`), in a fraction of the time.
cvips_image *cvips_open(int descriptor, cvips_format format, bool all_frames, int shrink);
// Exactly width x height, upright, in sRGB. The pixels are computed when they are asked for.
cvips_image *cvips_thumbnail(cvips_image *picture, int width, int height);
// Three bytes a pixel, which must stay where they are until the image is released.
cvips_image *cvips_from_pixels(const void *pixels, int width, int height);

int cvips_width(cvips_image *image);
int cvips_height(cvips_image *image);
int cvips_frames(cvips_image *image);
bool cvips_has_alpha(cvips_image *image);
// Whether width and height change places when the picture is turned upright.
bool cvips_is_sideways(cvips_image *image);

// Decodes every pixel and forgets it. False when something is missing or damaged.
bool cvips_decode(cvips_image *image);
// `bytes` is NULL when it failed.
cvips_encoded cvips_encode(cvips_image *image, cvips_format format, int quality, bool lossless);

void cvips_release(cvips_image *image);
void cvips_free(cvips_encoded encoded);
// Forgets errors and gives back the memory that is kept for this thread.
void cvips_finish(void);
