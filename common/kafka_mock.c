#include "kafka_mock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kafka_priv.h"
#include <librdkafka/rdkafka_mock.h> /* wants rdkafka.h before it */
#include "mem.h"

#define BROKERS 1
#define POKE_NS (5 * 1000 * 1000)

struct kafka_mock {
	rd_kafka_t *rk; /* only the owner of the cluster's thread; it neither reads nor writes */
	rd_kafka_mock_cluster_t *cluster;
};

int kafka_mock_open(struct kafka_mock **out, struct err *e)
{
	static const struct kafka_property ours[] = { { "log_level", "0" } };
	struct kafka_properties none = { 0 };
	rd_kafka_conf_t *conf = kafka_conf_new(RD_KAFKA_PRODUCER, none, ours, ARRAY_LEN(ours), e);
	struct kafka_mock *m = xcalloc(1, sizeof(*m));

	m->rk = conf ? kafka_client_new(RD_KAFKA_PRODUCER, conf, e) : NULL;
	if (!m->rk)
		goto fail;
	m->cluster = rd_kafka_mock_cluster_new(m->rk, BROKERS);
	if (!m->cluster) {
		err_set(e, ERR_FATAL, "the mock broker cannot open a port on 127.0.0.1");
		goto fail;
	}
	*out = m;
	return OK;
fail:
	kafka_mock_close(m);
	return ERR_FATAL;
}

const char *kafka_mock_bootstrap(const struct kafka_mock *m)
{
	return rd_kafka_mock_cluster_bootstraps(m->cluster);
}

/* A topic being made on a thread of its own. */
struct making {
	struct kafka_mock *mock;
	const char *name;
	int partitions;
	rd_kafka_resp_err_t result;
};

static void *make(void *arg)
{
	struct making *k = arg;

	k->result = rd_kafka_mock_topic_create(k->mock->cluster, k->name, k->partitions, BROKERS);
	return NULL;
}

/* Gives the cluster's thread something to do: a connection that comes and goes. */
static void poke(const struct kafka_mock *m)
{
	const char *port = strrchr(kafka_mock_bootstrap(m), ':');
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		shutdown(fd, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
}

/* The cluster's thread (2.0.2) reads its wake-up bytes after it has looked at its queue, so a
   request that comes in between is seen only when the next poll of a second has passed, or a socket
   has stirred. */
int kafka_mock_topic(struct kafka_mock *m, const char *name, int partitions, struct err *e)
{
	struct making k = { m, name, partitions, RD_KAFKA_RESP_ERR_NO_ERROR };
	struct timespec until;
	pthread_t thread;

	if (pthread_create(&thread, NULL, make, &k))
		return err_set(e, ERR_FATAL, "no thread for the mock broker");
	do {
		poke(m);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += POKE_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(thread, NULL, &until));
	if (k.result)
		return err_set(e, ERR_INVALID, "topic %s: %s", name, rd_kafka_err2str(k.result));
	return OK;
}

void kafka_mock_close(struct kafka_mock *m)
{
	if (!m)
		return;
	if (m->cluster)
		rd_kafka_mock_cluster_destroy(m->cluster);
	if (m->rk)
		rd_kafka_destroy(m->rk);
	free(m);
}
