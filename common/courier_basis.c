#include "courier_basis.h"

int courier_basis_load(struct courier_basis *b, const struct courier_basis_settings *s,
		       struct err *e)
{
	if (tenant_rate_parse(s->limit_global, &b->limits.global, e) < 0)
		return err_prefix(e, ERR_FATAL, "limits.global");
	if (tenants_load(&b->tenants, s->tenants, e) < 0)
		return ERR_FATAL;
	if (keyring_load(&b->ring, s->ring_file, e) < 0)
		return err_prefix(e, ERR_FATAL, "keys.ring_file");
	if (passwords_open(&b->passwords, s->seal_file, e) < 0)
		return err_prefix(e, ERR_FATAL, "keys.seal_file");
	if (catalog_open(&b->catalog, s->templates_dir, e) < 0)
		return err_prefix(e, ERR_FATAL, "templates_dir");
	return OK;
}

void courier_basis_unload(struct courier_basis *b)
{
	catalog_free(b->catalog);
	passwords_free(b->passwords);
	keyring_free(b->ring);
	tenants_free(b->tenants);
}

/* Tokens are made by the loop alone, so the old ring may go at once. */
int courier_basis_reload(struct courier_basis *b, const struct courier_basis_settings *s,
			 struct courier *c, struct err *e)
{
	int r = passwords_reload(b->passwords, e);
	struct keyring *ring;
	struct err why;

	if (keyring_load(&ring, s->ring_file, &why) < 0)
		return err_set(e, ERR_FATAL, "%s", why.text);
	courier_keyring(c, ring);
	keyring_free(b->ring);
	b->ring = ring;
	return r;
}

struct courier_options courier_basis_options(const struct courier_basis *b,
					     const struct courier_basis_settings *s)
{
	return (struct courier_options){
		.deadline_ms = s->deadline_ms,
		.rules = { s->retry.ms, s->retry.count, false },
		.limits = b->limits,
		.ring = b->ring,
	};
}
