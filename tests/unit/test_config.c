/* Settings from defaults, files, environment and flags: what they become, and how they are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "config.h"
#include "file.h"
#include "mem.h"
#include "nearest.h"

/* Two tables as a service has them: the skeleton's and its own. */
struct kit {
	char *url, *level, *password, *log_file;
	int64_t timeout_ms, max_bytes;
	bool json;
	struct config_map kafka;
};

struct own {
	int64_t sessions, memory_ms;
	struct config_list domains, words;
	struct config_durations retry;
	json_t *relays;
	char *auth;
};

static struct kit kit;
static struct own own;

static const char *const levels[] = { "error", "warn", "info", "debug", NULL };

static const struct config_key kit_keys[] = {
	{ CONFIG_STRING(struct kit, url), .name = "redis.url", .fallback = "redis://127.0.0.1:6379",
	  .help = "Redis." },
	{ CONFIG_SECRET(struct kit, password), .name = "redis.password", .help = "Its password." },
	{ CONFIG_DURATION(struct kit, timeout_ms), .name = "redis.timeout", .fallback = "500ms",
	  .min = 10, .max = 60000, .help = "How long it may take." },
	{ CONFIG_STRING(struct kit, level), .name = "log.level", .fallback = "info",
	  .words = levels, .help = "The least urgent line | written." },
	{ CONFIG_BOOL(struct kit, json), .name = "log.json", .fallback = "false", .help = "JSON." },
	{ CONFIG_STRING(struct kit, log_file), .name = "log.file_name", .help = "No default." },
	{ CONFIG_BYTES(struct kit, max_bytes), .name = "limits.record", .fallback = "64KiB",
	  .min = 1024, .max = 1 << 20, .help = "A record." },
	{ CONFIG_MAP(struct kit, kafka), .name = "kafka",
	  .fallback = "{bootstrap.servers: '127.0.0.1:9092'}", .help = "librdkafka." },
};

static const struct config_key own_keys[] = {
	{ CONFIG_DURATION(struct own, memory_ms), .name = "email.memory", .fallback = "120d",
	  .min = 1000, .help = "No maximum." },
	{ CONFIG_INT(struct own, sessions), .name = "email.sessions", .fallback = "64", .min = 1,
	  .max = 1024, .help = "Connections." },
	{ CONFIG_LIST(struct own, domains), .name = "email.domains", .help = "Domains." },
	{ CONFIG_LIST(struct own, words), .name = "email.words", .words = levels,
	  .help = "Words." },
	{ CONFIG_DURATION_LIST(struct own, retry), .name = "email.retry", .fallback = "1m, 5m, 15m",
	  .min = 1000, .max = 86400000, .help = "Back-off." },
	{ CONFIG_OBJECT(struct own, relays), .name = "email.relays", .fallback = "[]",
	  .help = "Relays." },
	{ CONFIG_SECRET(struct own, auth), .name = "email.auth", .help = "For the relay." },
};

static int check_own(const void *base, struct err *e)
{
	const struct own *o = base;

	return o->sessions == 13 ? err_set(e, ERR_INVALID, "email.sessions: 13 brings bad luck")
				 : OK;
}

static const struct config_table tables[] = {
	{ kit_keys, ARRAY_LEN(kit_keys), &kit, NULL },
	{ own_keys, ARRAY_LEN(own_keys), &own, check_own },
};

/* What the other programs know; email.relays is in both. */
static const char *const fleet[] = {
	"dispatcher.rules", "clock.tick", "email.relays", "keys.ring_file", "tenants",
	"redis.sentinels",  NULL
};

static const struct config_program program = { "beckon-email", "sends e-mail", tables,
					       ARRAY_LEN(tables), fleet };

#define ARGS_MAX 8

/* What a case is given. file is written to beckon.yaml in a directory of its own. */
struct given {
	const char *file;
	const char *variable; /* NAME=value */
	const char *args[ARGS_MAX];
};

static char *dir;

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* argv has no byte behind its NULL, so that a sanitizer sees who looks there. */
static int load(const struct given *g, struct config **c, struct err *e)
{
	const char *words[ARGS_MAX + 3] = { "beckon-email" };
	size_t n = 1;
	autofree char *name = NULL;
	int r;

	if (g->file) {
		write_file("beckon.yaml", g->file);
		words[n++] = "--config";
		words[n++] = "beckon.yaml";
	}
	for (size_t i = 0; i < ARGS_MAX && g->args[i]; i++)
		words[n++] = g->args[i];
	autofree char **argv = xcalloc(n + 1, sizeof(*argv));

	memcpy(argv, words, n * sizeof(*argv));
	if (g->variable) {
		name = xstrndup(g->variable, strcspn(g->variable, "="));
		setenv(name, g->variable + strlen(name) + 1, 1);
	}
	r = config_load(c, &program, argv, e);
	if (name)
		unsetenv(name);
	return r;
}

static struct config *load_ok(struct given g)
{
	struct config *c = NULL;
	struct err e = { "" };

	if (load(&g, &c, &e) != OK)
		fail_msg("%s", e.text);
	return c;
}

static void test_defaults(void **state)
{
	struct config *c = load_ok((struct given){ 0 });

	(void)state;
	assert_string_equal(kit.url, "redis://127.0.0.1:6379");
	assert_null(kit.password);
	assert_null(kit.log_file);
	assert_int_equal(kit.timeout_ms, 500);
	assert_int_equal(kit.max_bytes, 65536);
	assert_int_equal(kit.kafka.count, 1);
	assert_string_equal(kit.kafka.pairs[0].name, "bootstrap.servers");
	assert_int_equal(own.sessions, 64);
	assert_int_equal(own.memory_ms, 120LL * 86400000);
	assert_int_equal(own.retry.count, 3);
	assert_int_equal(own.retry.ms[2], 900000);
	assert_int_equal(own.domains.count, 0);
	assert_int_equal(json_array_size(own.relays), 0);
	config_free(c);
	assert_null(kit.url);
	assert_int_equal(own.retry.count, 0);
}

static void test_file(void **state)
{
	struct config *c = load_ok((struct given){
		.file = "redis:\n  url: redis://r:1\n  timeout: 2s\nlog: {level: debug, json: "
			"true}\n"
			"limits:\n  # record: 1MiB\nkafka:\n  sasl.username: u\n  session: "
			"{timeout.ms: 10000}\n"
			"email:\n  sessions: 8\n  domains: [a.test, b.test]\n  retry: [1s, 2h]\n"
			"  relays:\n    - {url: smtp://x, port: 25}\n"
			"dispatcher:\n  rules: [{a: 1}]\nclock.tick: 5\ntenants: {x: {y: "
			"1}}\nkeys:\n" });

	(void)state;
	assert_string_equal(kit.url, "redis://r:1");
	assert_int_equal(kit.timeout_ms, 2000);
	assert_string_equal(kit.level, "debug");
	assert_true(kit.json);
	assert_int_equal(kit.kafka.count, 3);
	assert_string_equal(kit.kafka.pairs[2].name, "session.timeout.ms");
	assert_string_equal(kit.kafka.pairs[2].value, "10000");
	assert_int_equal(own.domains.count, 2);
	assert_string_equal(own.domains.items[1], "b.test");
	assert_int_equal(own.retry.count, 2);
	assert_int_equal(own.retry.ms[1], 7200000);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(own.relays, 0), "port")),
			 25);
	config_free(c);
}

/* The ends of a range belong to it. */
static void test_ranges(void **state)
{
	static const struct {
		const char *timeout, *sessions;
		int64_t timeout_ms, session_count;
	} cases[] = { { "10ms", "1", 10, 1 },
		      { "1m", "1024", 60000, 1024 },
		      { "60s", "0064", 60000, 64 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config *c = load_ok(
			(struct given){ .args = { "--redis-timeout", cases[i].timeout,
						  "--email-sessions", cases[i].sessions } });

		assert_int_equal(kit.timeout_ms, cases[i].timeout_ms);
		assert_int_equal(own.sessions, cases[i].session_count);
		config_free(c);
	}
}

static void test_order(void **state)
{
	struct config *c;

	(void)state;
	c = load_ok((struct given){
		"redis.url: file", "BECKON_REDIS_URL=variable", { "--redis-url", "flag" } });
	assert_string_equal(kit.url, "flag");
	config_free(c);
	c = load_ok((struct given){ "redis.url: file", "BECKON_REDIS_URL=variable", { NULL } });
	assert_string_equal(kit.url, "variable");
	config_free(c);
	c = load_ok((struct given){ "redis.url: file", "BECKON_REDIS_URL=", { NULL } });
	assert_string_equal(kit.url, "file");
	config_free(c);
	write_file("second.yaml", "redis: {url: second}\nkafka: {a.b: 2}\n");
	c = load_ok((struct given){
		"redis.url: file\nkafka: {a.b: 1, c: 3}", NULL, { "--config=second.yaml" } });
	assert_string_equal(kit.url, "second");
	assert_int_equal(kit.kafka.count, 3);
	assert_string_equal(kit.kafka.pairs[1].value, "2");
	config_free(c);
	c = load_ok((struct given){ NULL, "BECKON_CONFIG=second.yaml", { NULL } });
	assert_string_equal(kit.url, "second");
	config_free(c);
	c = load_ok((struct given){ "log.level: warn", "BECKON_CONFIG=missing.yaml", { NULL } });
	assert_string_equal(kit.level, "warn");
	config_free(c);
}

static void test_spellings(void **state)
{
	struct config *c;

	(void)state;
	c = load_ok((struct given){
		NULL, "BECKON_KAFKA_SESSION_TIMEOUT_MS=1", { "--kafka-sasl-username=u" } });
	assert_string_equal(kit.kafka.pairs[1].name, "session.timeout.ms");
	assert_string_equal(kit.kafka.pairs[2].name, "sasl.username");
	config_free(c);
	c = load_ok((struct given){
		NULL,
		"BECKON_EMAIL_RELAYS=[{url: smtp://x}]",
		{ "--log-json", "--set", "log.file_name=a=b", "--email-domains", "a, b,,c " } });
	assert_true(kit.json);
	assert_string_equal(kit.log_file, "a=b");
	assert_int_equal(own.domains.count, 3);
	assert_string_equal(own.domains.items[2], "c");
	assert_int_equal(json_array_size(own.relays), 1);
	config_free(c);
	c = load_ok((struct given){
		NULL, "BECKON_CLOCK_TICK=x", { "--log-json=false", "--set=email.relays=[a, b]" } });
	assert_false(kit.json);
	assert_int_equal(json_array_size(own.relays), 2);
	config_free(c);
}

/* Each error is exactly this one line. */
static const struct {
	struct given given;
	const char *error;
} bad[] = {
	{ { .file = "redis:\n  ulr: x" },
	  "beckon.yaml:2: unknown key redis.ulr = \"x\", the nearest known is redis.url" },
	{ { .file = "redis:\n  sentinel:\n    a: 1" },
	  "beckon.yaml:3: unknown key redis.sentinel = \"{\"a\":1}\", the nearest known is "
	  "redis.sentinels" },
	{ { .file = "keys:\n  rign_file: x" },
	  "beckon.yaml:2: unknown key keys.rign_file = \"x\", the nearest known is "
	  "keys.ring_file" },
	{ { .args = { "--dispatcher-rules", "x" } },
	  "command line: unknown flag --dispatcher-rules = \"***\", the nearest known is "
	  "--redis-password-file" },
	{ { .file = "emial: {sessions: 1}" },
	  "beckon.yaml:1: unknown key emial = \"{\"sessions\":1}\", the nearest known is email" },
	{ { .file = "dispacher: 1" },
	  "beckon.yaml:1: unknown key dispacher = \"1\", the nearest known is dispatcher" },
	{ { .file = "email: {session: 1}" },
	  "beckon.yaml:1: unknown key email.session = \"1\", the nearest known is email.sessions" },
	{ { .file = "redis: {password: hunter2}" },
	  "beckon.yaml:1: unknown key redis.password = \"***\", the nearest known is "
	  "redis.password_file" },
	{ { .file = "redis.uri: redis://u:hunter2@h:1/0" },
	  "beckon.yaml:1: unknown key redis.uri = \"redis://u:***@h:1/0\", the nearest known is "
	  "redis.url" },
	{ { .variable = "BECKON_REDIS_ULR=x" },
	  "environment: unknown variable BECKON_REDIS_ULR = \"x\", the nearest known is "
	  "BECKON_REDIS_URL" },
	{ { .variable = "BECKON_CONFIGS=x" },
	  "environment: unknown variable BECKON_CONFIGS = \"x\", the nearest known is "
	  "BECKON_CONFIG" },
	{ { .variable = "BECKON_EMAIL_SESION=9" },
	  "environment: unknown variable BECKON_EMAIL_SESION = \"9\", the nearest known is "
	  "BECKON_EMAIL_SESSIONS" },
	{ { .args = { "--redis-ulr", "x" } },
	  "command line: unknown flag --redis-ulr = \"x\", the nearest known is --redis-url" },
	{ { .args = { "--redis-ulr=\xff" } },
	  "command line: unknown flag --redis-ulr = \"\", the nearest known is --redis-url" },
	{ { .args = { "--set" } }, "command line: --set needs a value" },
	{ { .args = { "--shwo" } },
	  "command line: unknown flag --shwo = \"\", the nearest known is --show" },
	{ { .args = { "--set", "redis.ulr=x" } },
	  "command line: unknown key redis.ulr = \"x\", the nearest known is redis.url" },
	{ { .args = { "--set", "redis.url" } }, "command line: --set needs key=value" },
	{ { .args = { "--log-json", "--redis-url" } }, "command line: --redis-url needs a value" },
	{ { .args = { "--config" } }, "command line: --config needs a value" },
	{ { .args = { "--check=yes" } }, "command line: --check takes no value" },
	{ { .args = { "now" } }, "command line: unexpected \"now\", flags begin with --" },
	{ { .args = { "--redis-url=\xff" } },
	  "command line: the value of --redis-url is not UTF-8" },
	{ { .args = { "--config", "no.yaml" } }, "cannot open no.yaml: No such file or directory" },
	{ { .file = "redis.timeout: 5x" },
	  "beckon.yaml:1: redis.timeout: \"5x\" is not a duration like 250ms, 5s, 1m, 2h or 7d" },
	{ { .file = "redis.timeout: 500" },
	  "beckon.yaml:1: redis.timeout: \"500\" is not a duration like 250ms, 5s, 1m, 2h or 7d" },
	{ { .file = "redis.timeout: -5s" },
	  "beckon.yaml:1: redis.timeout: \"-5s\" is not a duration like 250ms, 5s, 1m, 2h or 7d" },
	{ { .file = "redis.timeout: 0" },
	  "beckon.yaml:1: redis.timeout: \"0\" is out of range, 10ms to 1m" },
	{ { .file = "redis.timeout: 99999999999999999d" },
	  "beckon.yaml:1: redis.timeout: \"99999999999999999d\" is not a duration like 250ms, 5s, "
	  "1m, 2h or 7d" },
	{ { .file = "redis.timeout:" }, "beckon.yaml:1: redis.timeout: has no value" },
	{ { .file = "redis.timeout: [1s]" },
	  "beckon.yaml:1: redis.timeout: must be a single value" },
	{ { .file = "limits.record: 2MiB" },
	  "beckon.yaml:1: limits.record: \"2MiB\" is out of range, 1KiB to 1MiB" },
	{ { .file = "limits.record: 64kb" },
	  "beckon.yaml:1: limits.record: \"64kb\" is not a size like 512, 64KiB, 4MiB or 1GiB" },
	{ { .file = "email.memory: 1ms" },
	  "beckon.yaml:1: email.memory: \"1ms\" is out of range, at least 1s" },
	{ { .file = "log.level: inof" },
	  "beckon.yaml:1: log.level: \"inof\" is not allowed, the nearest allowed is \"info\"" },
	{ { .file = "log.json: yes" },
	  "beckon.yaml:1: log.json: \"yes\" is neither true nor false" },
	{ { .file = "log.file_name: \"a\\nb\"" },
	  "beckon.yaml:1: log.file_name: holds a control character" },
	{ { .variable = "BECKON_EMAIL_SESSIONS=many" },
	  "environment: BECKON_EMAIL_SESSIONS: \"many\" is not a whole number" },
	{ { .args = { "--email-sessions", "0" } },
	  "command line: --email-sessions: \"0\" is out of range, 1 to 1024" },
	{ { .args = { "--email-sessions", " 5" } },
	  "command line: --email-sessions: \" 5\" is not a whole number" },
	{ { .file = "email.sessions: 13" }, "beckon.yaml:1: email.sessions: 13 brings bad luck" },
	{ { .file = "email.domains: {a: b}" }, "beckon.yaml:1: email.domains: must be a list" },
	{ { .file = "email.domains: [a, [b]]" },
	  "beckon.yaml:1: email.domains: must be a single value" },
	{ { .file = "email.words: [info, wran]" },
	  "beckon.yaml:1: email.words: \"wran\" is not allowed, the nearest allowed is \"warn\"" },
	{ { .file = "email.retry: [1m, 1]" },
	  "beckon.yaml:1: email.retry: \"1\" is not a duration like 250ms, 5s, 1m, 2h or 7d" },
	{ { .variable = "BECKON_EMAIL_RELAYS=[{" },
	  "environment: BECKON_EMAIL_RELAYS: value:2:1: did not find expected node content" },
	{ { .file = "kafka: x" }, "beckon.yaml:1: kafka: must be a mapping" },
	{ { .file = "kafka: {a: [1]}" }, "beckon.yaml:1: kafka.a: must be a single value" },
	{ { .file = "kafka: {a: }" }, "beckon.yaml:1: kafka.a: has no value" },
	{ { .file = "just text" },
	  "beckon.yaml:1: a configuration is a mapping of keys to values" },
	{ { .file = "a: 1\na: 2" }, "beckon.yaml:2:1: this key is given twice" },
	{ { .file = "redis.password_file: secret.txt" },
	  "beckon.yaml:1: redis.password_file: cannot open secret.txt: No such file or directory "
	  "(a "
	  "name alone is looked for in CREDENTIALS_DIRECTORY)" },
	{ { .file = "redis.password_file: [a]" },
	  "beckon.yaml:1: redis.password_file: must be the path of a file" },
	{ { .file = "redis.password_file: /dev/null" },
	  "beckon.yaml:1: redis.password_file: /dev/null is empty" },
	{ { .file = "\"a\\nb\": 1" },
	  "beckon.yaml:1: unknown key a b = \"1\", the nearest known is log" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct config *c = NULL;
		struct err e = { "" };

		assert_int_equal(load(&bad[i].given, &c, &e), ERR_FATAL);
		assert_string_equal(e.text, bad[i].error);
		assert_null(c);
		assert_null(kit.url); /* nothing stays behind */
	}
}

static void test_required(void **state)
{
	static char *value;
	static const struct config_key keys[] = { { .type = CONFIG_TYPE_STRING,
						    .name = "a.b_c",
						    .required = true,
						    .help = "Must be." } };
	struct config_table table = { keys, 1, &value, NULL };
	struct config_program p = { "x", "y", &table, 1, NULL };
	char *none[] = { (char *)"x", NULL }, *some[] = { (char *)"x", (char *)"--a-b-c=1", NULL };
	struct config *c;
	struct err e;

	(void)state;
	assert_int_equal(config_load(&c, &p, none, &e), ERR_FATAL);
	assert_string_equal(e.text,
			    "a.b_c is required: set it in a file, as BECKON_A_B_C or as --a-b-c");
	assert_int_equal(config_load(&c, &p, some, &e), OK);
	config_free(c);
}

static void test_secrets(void **state)
{
	struct config *c;
	struct err e = { "" };

	(void)state;
	write_file("secret.txt", "one\r\n");
	c = load_ok((struct given){ .file = "redis.password_file: secret.txt" });
	assert_string_equal(kit.password, "one");
	write_file("secret.txt", " two \n\n");
	assert_int_equal(config_reload_secrets(c, &e), OK);
	assert_string_equal(kit.password, " two \n");
	config_free(c);
	assert_null(kit.password);

	/* all or none */
	write_file("auth.txt", "three");
	c = load_ok((struct given){
		.file = "redis.password_file: secret.txt\nemail.auth_file: auth.txt" });
	write_file("secret.txt", "four");
	write_file("auth.txt", "");
	assert_int_equal(config_reload_secrets(c, &e), ERR_FATAL);
	assert_string_equal(e.text, "beckon.yaml:2: email.auth_file: auth.txt is empty");
	assert_string_equal(kit.password, " two \n");
	assert_string_equal(own.auth, "three");
	config_free(c);
	unlink("secret.txt");
	unlink("auth.txt");
}

/* As systemd hands secrets over: a name without a directory, whatever the working directory is. */
static void test_credentials(void **state)
{
	struct config *c;

	(void)state;
	write_file("secret.txt", "handed over");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(chdir("/"), 0);
	c = load_ok((struct given){ .args = { "--redis-password-file=secret.txt" } });
	assert_string_equal(kit.password, "handed over");
	assert_int_equal(chdir(dir), 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	config_free(c);
	unlink("secret.txt");
}

/* What the program prints for these arguments, and what config_load returns. */
static char *printed(struct given g, int expected)
{
	autobuf text = BUF_INIT(0);
	struct config *c = NULL;
	struct err e = { "" };
	int out = dup(STDOUT_FILENO);

	fflush(stdout);
	assert_non_null(freopen("stdout.txt", "w", stdout));
	int r = load(&g, &c, &e);

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	assert_int_equal(r, expected);
	assert_null(c);
	assert_int_equal(file_read("stdout.txt", &text, &e), OK);
	return buf_take(&text);
}

static void test_show(void **state)
{
	write_file("secret.txt", "hunter2\n");
	autofree char *text = printed(
		(struct given){
			"redis:\n  url: redis://u:hunter2@h:6379\n  password_file: secret.txt\n"
			"kafka: {sasl.password: hunter2}\n"
			"email.relays: [{url: 'smtp://a:hunter2@x', password: hunter2, port: "
			"25}]\n",
			"BECKON_LOG_LEVEL=debug",
			{ "--email-sessions", "7", "--show" } },
		CONFIG_DONE);
	static const char *const rows[] = {
		"redis.url                         redis://u:***@h:6379                      "
		"beckon.yaml:2\n",
		"redis.password_file               ***                                       "
		"beckon.yaml:3\n",
		"redis.timeout                     500ms                                     "
		"default\n",
		"log.level                         debug                                     "
		"environment BECKON_LOG_LEVEL\n",
		"log.file_name                     -                                         not "
		"set\n",
		"kafka.bootstrap.servers           127.0.0.1:9092                            "
		"default\n",
		"kafka.sasl.password               ***                                       "
		"beckon.yaml:4\n",
		"email.sessions                    7                                         "
		"command line --email-sessions\n",
		"[{\"url\":\"smtp://a:***@x\",\"password\":\"***\",\"port\":25}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!strstr(text, rows[i]))
			fail_msg("no %s in\n%s", rows[i], text);
	assert_null(strstr(text, "hunter2"));
	unlink("secret.txt");
}

static void test_answers(void **state)
{
	(void)state;
	autofree char *version = printed((struct given){ .args = { "--version" } }, CONFIG_DONE);

	assert_string_equal(version, "beckon-email " BECKON_VERSION "\n");
	autofree char *ok =
		printed((struct given){ "log.level: warn", NULL, { "--check" } }, CONFIG_DONE);

	assert_string_equal(ok, "ok\n");
	autofree char *not_ok =
		printed((struct given){ "log.level: x", NULL, { "--check" } }, ERR_FATAL);

	assert_string_equal(not_ok, "");
	/* help does not need a configuration that is right */
	autofree char *help =
		printed((struct given){ "log.level: x", NULL, { "--help" } }, CONFIG_DONE);

	assert_non_null(strstr(help, "beckon-email - sends e-mail\n"));
	assert_non_null(strstr(
		help, "--redis-timeout  (duration, default 500ms)\n      How long it may take.\n"));
	autofree char *table =
		printed((struct given){ .args = { "--help-markdown" } }, CONFIG_DONE);

	assert_non_null(strstr(
		table,
		"| `redis.timeout` | duration | `500ms` | 10ms to 1m | How long it may take. |\n"));
	assert_non_null(strstr(table,
			       "| `log.level` | text | `info` | `error`, `warn`, `info`, `debug` | "
			       "The least urgent line \\| written. |\n"));
	assert_non_null(
		strstr(table, "| `redis.password_file` | secret |  |  | Its password. |\n"));
}

static void test_nearest(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{ "", "", 0 },
		{ "abc", "", 3 },
		{ "abc", "ABC", 0 },
		{ "redis.ulr", "redis.url", 1 },
		{ "kitten", "sitting", 3 },
		{ "ca", "abc", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(nearest_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(nearest_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static int enter(void **state)
{
	(void)state;
	dir = xstrdup("/tmp/beckon-config-XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	static const char *const files[] = { "beckon.yaml", "second.yaml", "stdout.txt" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(files[i]);
	rmdir(dir);
	free(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),    cmocka_unit_test(test_file),
		cmocka_unit_test(test_order),	    cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_spellings),   cmocka_unit_test(test_bad),
		cmocka_unit_test(test_required),    cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_credentials), cmocka_unit_test(test_show),
		cmocka_unit_test(test_answers),	    cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
