/*
 * page_files - the dashboard's files: HTML, CSS and JavaScript that are part of the program.
 *
 * "/" is the page; the rest lies under /app/. Nobody has to be signed in to read them: what they
 * show comes from the API. They are asked for anew each time, and answered with 304 where nothing
 * has changed. The page may load nothing from elsewhere, and no script or style that stands in it.
 */
#ifndef BECKON_PAGE_FILES_H
#define BECKON_PAGE_FILES_H

#include "web.h"

struct web_module page_files_module(void);

#endif
