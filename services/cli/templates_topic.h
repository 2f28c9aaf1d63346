/*
 * templates_topic - topic invite-templates as the tool reads it.
 */
#ifndef BECKON_CLI_TEMPLATES_TOPIC_H
#define BECKON_CLI_TEMPLATES_TOPIC_H

#include "catalog.h"
#include "err.h"
#include "settings.h"

/* *c, the installation's templates, is replaced by itself under what tenants have made their own;
   records are kept. It stays as it is where Kafka is away (ERR_AGAIN). */
int templates_topic_lay(struct catalog **c, const struct settings *s, struct err *e);

#endif
