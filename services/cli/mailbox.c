#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

int mailbox_open(struct mailbox *m, const char *dir, struct err *e)
{
	if (mkdir(dir, 0700))
		return err_set(e, ERR_FATAL, "%s: %s", dir, strerror(errno));
	*m = (struct mailbox){ .dir = xstrdup(dir) };
	return OK;
}

void mailbox_close(struct mailbox *m)
{
	free(m->dir);
	m->dir = NULL;
}

char *mailbox_keep(struct mailbox *m, const struct caught *mail)
{
	char *path = xasprintf("%s/%04zu.eml", m->dir, m->count + 1);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool whole = fd >= 0 && write(fd, mail->data, mail->len) == (ssize_t)mail->len;

	if (fd >= 0)
		close(fd);
	if (whole) {
		m->count++;
		return path;
	}
	unlink(path);
	free(path);
	return NULL;
}
