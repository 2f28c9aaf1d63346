#include "kafka_mock.h"

#include <stdlib.h>

#include "kafka_priv.h"
#include <librdkafka/rdkafka_mock.h> /* wants rdkafka.h before it */
#include "mem.h"

#define BROKERS 1

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

int kafka_mock_topic(struct kafka_mock *m, const char *name, int partitions, struct err *e)
{
	rd_kafka_resp_err_t r = rd_kafka_mock_topic_create(m->cluster, name, partitions, BROKERS);

	if (r)
		return err_set(e, ERR_INVALID, "topic %s: %s", name, rd_kafka_err2str(r));
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
