#include "site.h"

#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "log.h"
#include "mem.h"

#define CLASSES 6 /* 1xx to 5xx; none is 0xx */

struct site {
	struct run *run;
	struct web *web;
	unsigned published; /* which settings */
	struct metric *answers[WEB_DOORS][CLASSES];
	struct web_counts told;
};

static const char *const door_names[WEB_DOORS] = { "public", "private" };

static void open_metrics(struct site *s)
{
	static const struct metric_family family = {
		METRIC_COUNTER, "beckon_http_answers_total",
		"Answers given, by door and the status' first digit."
	};

	for (int d = 0; d < WEB_DOORS; d++)
		for (int c = 2; c < CLASSES; c++) {
			char class[4] = { (char)('0' + c), 'x', 'x' };
			const char *labels[] = { "door", door_names[d], "class", class, NULL };

			s->answers[d][c] = metrics_series(stage_metrics(s->run), &family, labels);
		}
}

int site_open(struct site **out, struct run *r, const struct site_settings *settings, struct err *e)
{
	struct web_options o = {
		.listen = { [WEB_PUBLIC] = settings->public_listen,
			    [WEB_PRIVATE] = settings->private_listen },
		.threads = (unsigned)settings->threads,
		.rate_per_s = settings->rate_per_s,
		.proxies = (const char *const *)settings->proxies.items,
		.nproxies = settings->proxies.count,
	};
	struct site *s;

	if (!o.listen[WEB_PUBLIC] && !o.listen[WEB_PRIVATE])
		return OK;
	s = xcalloc(1, sizeof(*s));
	s->run = r;
	o.modules[o.nmodules++] = api_meta_module();
	if (web_open(&s->web, &o, e) < 0) {
		free(s);
		return ERR_FATAL;
	}
	open_metrics(s);
	for (int d = 0; d < WEB_DOORS; d++)
		if (o.listen[d])
			log_info("ev=http door=%s port=%u", door_names[d], web_port(s->web, d));
	*out = s;
	return OK;
}

void site_tick(struct site *s)
{
	struct web_counts now;

	if (!s)
		return;
	if (s->published != stage_settings_count(s->run)) {
		s->published = stage_settings_count(s->run);
		web_publish(s->web, stage_tenants(s->run));
	}
	web_counted(s->web, &now);
	for (int d = 0; d < WEB_DOORS; d++)
		for (int c = 2; c < CLASSES; c++)
			metric_add(s->answers[d][c],
				   (double)(now.answers[d][c] - s->told.answers[d][c]));
	s->told = now;
}

void site_close(struct site *s)
{
	if (!s)
		return;
	web_close(s->web);
	free(s);
}
