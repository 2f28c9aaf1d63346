/*
 * api - the HTTP API's modules. What each route takes and answers is told by schemas/openapi.yaml.
 */
#ifndef BECKON_API_H
#define BECKON_API_H

#include "site.h"

/* The description of all routes, and who one is. */
struct web_module api_meta_module(struct site_shared *s);

#endif
