#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES 4096

static int read_all(int fd, const char *path, struct buf *out, struct err *e)
{
	char chunk[CHUNK_BYTES];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_FATAL, "cannot read %s: %s", path, strerror(errno));
		buf_add(out, chunk, (size_t)n);
		if (out->full)
			return err_set(e, ERR_INVALID, "%s is larger than %zu bytes", path,
				       out->max);
	}
	return OK;
}

int file_read_input(struct buf *out, struct err *e)
{
	return read_all(STDIN_FILENO, "standard input", out, e);
}

int file_read(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return err_set(e, ERR_FATAL, "cannot open %s: %s", path, strerror(errno));
	r = read_all(fd, path, out, e);
	close(fd);
	return r;
}
