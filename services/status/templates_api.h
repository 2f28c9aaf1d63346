/*
 * templates_api - tenants' templates over HTTP: what they are, what people would get, changing
 * them.
 *
 * The loop follows the topic (stage_follow_templates) and publishes what holds; each handler holds
 * the catalog that it began with. A change goes through templates_change, so nothing unfit gets in,
 * is appended under the lock that `beckon template` takes too, and answered once this process has
 * read it back. What each route takes and answers is told by schemas/openapi.yaml.
 */
#ifndef BECKON_TEMPLATES_API_H
#define BECKON_TEMPLATES_API_H

#include "site.h"

struct templates_api;

/* dir: the installation's templates. Topic invite-templates is followed by r from now on. shared is
   borrowed. ERR_FATAL: dir holds none that can be read. */
int templates_api_open(struct templates_api **out, struct run *r, const char *dir,
		       const struct site_shared *shared, struct err *e);
void templates_api_tick(struct templates_api *t); /* every turn of the loop; takes NULL */
struct catalog *
templates_api_catalog(struct templates_api *t); /* what holds now; catalog_free it */
/* Is there a template of this name that the tenant may use? False: it is answered, by a problem. */
bool templates_api_has(const struct web_request *q, struct templates_api *t, const char *name,
		       struct http_response *a);
void templates_api_close(struct templates_api *t); /* once the web is closed; takes NULL */

struct web_module templates_api_module(struct templates_api *t);

#endif
