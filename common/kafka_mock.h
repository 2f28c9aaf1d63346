/*
 * kafka_mock - librdkafka's mock cluster, hosted in this process, for a first look.
 *
 * Keeps 5 MiB a partition, no configuration, no CreateTopics, forgets everything at exit: never for
 * real invitations. Other processes reach it by its bootstrap list.
 */
#ifndef BECKON_KAFKA_MOCK_H
#define BECKON_KAFKA_MOCK_H

#include "err.h"

struct kafka_mock;

int kafka_mock_open(struct kafka_mock **out, struct err *e);
const char *kafka_mock_bootstrap(const struct kafka_mock *m);
int kafka_mock_topic(struct kafka_mock *m, const char *name, int partitions, struct err *e);
void kafka_mock_close(struct kafka_mock *m);

#endif
