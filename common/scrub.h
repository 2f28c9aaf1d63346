/*
 * scrub - nothing that a thread frees keeps what stood in it.
 *
 * Libraries free their copies of a letter as they are. Between scrub_begin and scrub_end, which
 * nest, whatever the calling thread frees or lets grow, by whichever library, is written over
 * first: our executables define free() and realloc(), which the libraries then call. A program
 * under a sanitizer keeps the sanitizer's own, which write over what is freed as well (ASan) or
 * need not (TSan).
 */
#ifndef BECKON_SCRUB_H
#define BECKON_SCRUB_H

void scrub_begin(void);
void scrub_end(void);

#endif
