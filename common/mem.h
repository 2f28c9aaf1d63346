/*
 * mem - allocation that cannot fail, and locals that free themselves.
 *
 * Running out of memory ends the process: a crash is a normal path here, and the supervisor
 * starts it again. So nobody checks for NULL.
 */
#ifndef BECKON_MEM_H
#define BECKON_MEM_H

#include <stddef.h>

void *xmalloc(size_t n) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((alloc_size(2), returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* A list of count items with room for one more. It doubles at powers of two, so every item that is
   added must have asked. */
void *xgrow(void *list, size_t count, size_t size) __attribute__((returns_nonnull));

/* Copies s, cut to fit size (at least 1) with its NUL: snprintf's "%s" at a tenth of the price. */
void text_put(char *out, size_t size, const char *s);

/* Frees what a char ** or void ** points at: the function behind autofree. */
void mem_free_at(void *p);

#define autofree __attribute__((cleanup(mem_free_at)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
