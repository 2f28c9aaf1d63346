#include "tenant_defaults.h"

#include <assert.h>
#include <string.h>

#include "tenant_fields.h"

static const char said[] =
	"{\"accept\": {\"mode\": \"form\"},"
	" \"auto_send\": {\"api\": true, \"directory\": true, \"import\": false, \"manual\": true},"
	" \"cooldown_s\": 60,"
	" \"default_locale\": \"en\","
	" \"email_only\": false,"
	" \"keep_days\": 0,"
	" \"ladder_after_s\": 86400,"
	" \"landlines\": false,"
	" \"limits\": {\"content\": \"off\", \"domain\": \"off\", \"recipient\": \"off\","
	" \"tenant\": \"off\"},"
	" \"link_ttl_s\": 86400,"
	" \"reminder\": {\"at_percent\": 50, \"count\": 1},"
	" \"segment_cap\": 6,"
	" \"send_window\": \"off\","
	" \"sms_window\": {\"days\": \"mon-sun\", \"from\": \"09:00\", \"to\": \"21:00\"},"
	" \"test_recipients\": false,"
	" \"timezone\": \"UTC\"}";

json_t *tenant_defaults(void)
{
	json_t *made = json_loadb(said, sizeof(said) - 1, 0, NULL);

	assert(made);
	return made;
}

json_t *tenant_spelled(const char *setting, const json_t *value)
{
	const char *word = json_string_value(value);

	if (word && !strcmp(word, "off") && !strcmp(setting, "reminder"))
		return json_pack("{s:i}", "count", 0);
	return json_incref((json_t *)value);
}

void tenant_lay(json_t *under, const json_t *over)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)over, name, value) {
		json_t *former = json_object_get(under, name), *laid = tenant_spelled(name, value);

		if (json_is_object(laid) && json_is_object(former) && !tenant_is_whole(name))
			tenant_lay(former, laid);
		else
			json_object_set_new(under, name, json_deep_copy(laid));
		json_decref(laid);
	}
}
