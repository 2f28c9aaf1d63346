/*
 * dev - the whole fleet on one machine with nothing to set up, for a first look and for
 * development.
 *
 * In this process: a mock broker, and catchers of mails and of texts. Beside it: a Redis of its own
 * and the services. All they write is in one folder. Nothing leaves the machine; at the end
 * everything is gone but the mails.
 */
#ifndef BECKON_DEV_H
#define BECKON_DEV_H

#include <stdbool.h>
#include <stdint.h>

#include "advice.h"
#include "apikey.h"
#include "catcher.h"
#include "err.h"
#include "follow.h"
#include "invite_event.h"
#include "kafka_mock.h"
#include "kafka_reader.h"
#include "mailbox.h"
#include "people.h"
#include "progress.h"
#include "seal.h"
#include "sender.h"
#include "settings.h"
#include "supervisor.h"
#include "text_catcher.h"

struct dev_options {
	const char *once, *dir;
	bool keep;
	int64_t smtp_port, http_port; /* 0 = any free one */
};

enum dev_phase {
	DEV_REDIS_STARTS,
	DEV_RUNS,
	DEV_SERVICES_END,
	DEV_REDIS_ENDS,
	DEV_ENDED,
};

struct dev {
	const struct dev_options *options;
	char *dir, *config; /* the folder, the configuration file in it */
	struct kafka_mock *mock;
	struct catcher *catcher;
	struct mailbox mailbox;
	struct text_catcher *texts;
	size_t ntexts;
	struct supervisor *supervisor;
	struct settings settings;
	char accept_key[SEAL_KEY_SIZE]; /* of the application that nobody is here */
	struct apikey_drawn key;	/* with which one signs in to the dashboard */
	uint16_t private_port, public_port;
	struct kafka_reader *reader; /* of outcomes */

	/* --once */
	struct people people;
	struct invite_common common;
	struct follow follow;
	struct sender sender;
	struct advice advice;

	enum dev_phase phase;
	int signals, wake; /* signalfd; eventfd of Kafka's queues */
	int64_t began_ms, heard_ms, shown_ms;
	bool redis_ready, more; /* more: there is something to read at once */
	size_t services_up;
	size_t told[WORD_COUNT];
	struct progress progress;
	int status; /* the exit code so far */
};

#define DEV_REDIS 0 /* the supervisor's number of Redis; the services follow */
#define DEV_SERVICES 5

/* dev_setup: the folder, keys, broker, catchers, configuration; then Redis is started. */
int dev_open(struct dev *d, const struct dev_options *o, struct err *e);
void dev_close(struct dev *d);
/* Redis is ready: the epoch is written and the services are started. */
int dev_begin(struct dev *d, struct err *e);

/* dev_config: free ports, further keys, and the configuration file. */
int dev_configure(struct dev *d, struct err *e);
/* The dashboard's key is made known. ERR_AGAIN: no broker. */
int dev_give_key(const struct dev *d, struct err *e);

/* dev_show: what is printed on the way. */
void dev_show_start(const struct dev *d);
void dev_show_outcome(struct dev *d, const struct told *t);
void dev_show_mail(struct dev *d, const struct caught *mail, const char *path);
void dev_show_text(struct dev *d, const struct text_caught *t);
void dev_show_progress(struct dev *d);
void dev_show_end(struct dev *d);

/* dev: who hears what the children say; runs until a signal, or with --once until every row has its
 * outcome. */
int dev_supervise(struct dev *d, const char *log_dir, struct err *e);
void dev_run(struct dev *d);
void dev_stop(struct dev *d, int status); /* the services end, then Redis */

#endif
