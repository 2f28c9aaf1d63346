#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apikey.h"
#include "buf.h"
#include "cmd_init.h"
#include "cmd_keygen.h"
#include "dev.h"
#include "mem.h"
#include "place.h"
#include "settings_topic.h"

#define CONFIG_MAX_BYTES 16384

static char *in_dir(const struct dev *d, const char *name)
{
	return xasprintf("%s/%s", d->dir, name);
}

/* ---- the file ---- */

/* One "key: value" line; the value as a JSON string, which is YAML, too. */
static void put(struct buf *b, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct buf *b, const char *key, const char *fmt, ...)
{
	autobuf value = BUF_INIT(CONFIG_MAX_BYTES);
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_json(&value, text);
	buf_fmt(b, "%s: %s\n", key, value.data);
}

static void describe(const struct dev *d, const char *templates, struct buf *b)
{
	buf_str(b, "# Made by `beckon dev`. The services and every command of beckon read it: "
		   "--config FILE.\nkafka:\n");
	put(b, "  bootstrap.servers", "%s", kafka_mock_bootstrap(d->mock));
	buf_str(b, "redis:\n");
	put(b, "  url", "unix://%s/redis/redis.sock", d->dir);
	buf_str(b, "keys:\n");
	put(b, "  ring_file", "%s/keys/" INIT_RING_FILE, d->dir);
	put(b, "  recipient_file", "%s/keys/" INIT_RECIPIENT_FILE, d->dir);
	put(b, "  seal_file", "%s/keys/" INIT_SEAL_FILE, d->dir);
	put(b, "  seal_public_file", "%s/keys/" INIT_SEAL_FILE ".pub", d->dir);
	buf_fmt(b,
		"http: {private: \"127.0.0.1:%u\", public: \"127.0.0.1:%u\", "
		"url: \"http://127.0.0.1:%u\"}\n",
		d->private_port, d->public_port, d->private_port);
	put(b, "state_dir", "%s/state", d->dir);
	put(b, "templates_dir", "%s", templates);
	buf_fmt(b, "relays:\n  - {name: catcher, url: \"smtp://127.0.0.1:%u\", tls: \"off\"}\n",
		catcher_port(d->catcher));
	put(b, "providers_dir", "%s/../providers", templates);
	buf_fmt(b,
		"providers:\n  - name: catcher\n    like: webhook\n    tls: \"off\"\n"
		"    private_network: true\n    settings: {endpoint: \"http://127.0.0.1:%u/\"}\n",
		text_catcher_port(d->texts));
	put(b, "    secret_file", "%s/keys/provider.secret", d->dir);
	buf_str(b, "tenants:\n  \"*\":\n"
		   "    sender: {from: invitations@example.com, from_name: beckon dev}\n"
		   "    contact: help@example.com\n"
		   "    sms_window: \"off\"\n");
	buf_fmt(b, "    link_base: \"http://127.0.0.1:%u/i\"\n", d->public_port);
	buf_fmt(b, "    accept: {public_key: \"%s\"}\n", d->accept_key);
	buf_str(b, "  default: {}\n" /* whom the commands mean: in the dashboard from the start */
		   "recipients: {allow_reserved: true}\n"
		   "dns: {mx: false}\n"
		   "schedule: {retry: [2s, 5s, 10s]}\n"
		   "drain: 5s\n");
}

/* The application's, whoever that is here: `beckon seal --open` reads what it is told. */
static int draw_accept_key(struct dev *d, struct err *e)
{
	autofree char *path = in_dir(d, "keys/accept.keys");
	struct seal_public public;

	if (keygen_write(path, false, &public, e) < 0)
		return ERR_FATAL;
	seal_public_text(&public, d->accept_key);
	return OK;
}

/* The catcher asks for none, but its description does. */
static int write_provider_secret(const struct dev *d, struct err *e)
{
	autofree char *path = in_dir(d, "keys/provider.secret");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, "dev", 3) != 3 || close(fd))
		return err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	return OK;
}

static int write_file(struct dev *d, struct err *e)
{
	autofree char *templates = place_templates();
	autobuf text = BUF_INIT(CONFIG_MAX_BYTES);
	FILE *f;

	if (!templates)
		return err_set(e, ERR_FATAL, "no folder of templates; name it in BECKON_TEMPLATES");
	describe(d, templates, &text);
	d->config = in_dir(d, "beckon.yaml");
	f = fopen(d->config, "we");
	if (!f)
		return err_set(e, ERR_FATAL, "%s: %s", d->config, strerror(errno));
	fwrite(text.data, 1, text.len, f);
	return fclose(f) ? err_set(e, ERR_FATAL, "%s: %s", d->config, strerror(errno)) : OK;
}

/* ---- the doors of beckon-status ---- */

/* A socket that holds a port of this machine, 0 = any; the port is free once it is closed. */
static int hold_port(uint16_t *port, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(*port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	/* what a fleet that has just ended left half closed is no hindrance */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, len) ||
	    getsockname(fd, (struct sockaddr *)&at, &len)) {
		err_set(e, ERR_FATAL, "port %u of this machine: %s", *port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(at.sin_port);
	return fd;
}

/* Chosen here, since links and the dashboard's address are told before the service is up. */
static int choose_ports(struct dev *d, struct err *e)
{
	d->private_port = (uint16_t)d->options->http_port;
	d->public_port = 0;
	int private_door = hold_port(&d->private_port, e);
	int public_door = private_door < 0 ? -1 : hold_port(&d->public_port, e);

	if (private_door >= 0)
		close(private_door);
	if (public_door >= 0)
		close(public_door);
	return public_door < 0 ? ERR_FATAL : OK;
}

int dev_configure(struct dev *d, struct err *e)
{
	apikey_draw(&d->key);
	return choose_ports(d, e) || draw_accept_key(d, e) || write_provider_secret(d, e) ||
			       write_file(d, e)
		       ? ERR_FATAL
		       : OK;
}

int dev_give_key(const struct dev *d, struct err *e)
{
	struct settings_author author = settings_author("beckon-dev");
	struct apikey_of of = { .role = "super", .name = "beckon dev" };
	json_t *record = apikey_record(&d->key, &of, &author);
	char key[APIKEY_KEY_SIZE];
	int r = settings_topic_put(&d->settings, apikey_key("*", d->key.id, key), record, e);

	json_decref(record);
	return r;
}
