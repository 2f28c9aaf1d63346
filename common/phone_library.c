#include "phone_library.h"

#include <pthread.h>

#include "library.h"

static const struct phone_numbers *loaded; /* written once, by load */

static void load(void)
{
	loaded = library_load("beckon-phone.so", "beckon_phone_numbers");
}

const struct phone_numbers *phone_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}
