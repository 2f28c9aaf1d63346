/*
 * place - where this installation, or this build tree, keeps its programs and templates.
 */
#ifndef BECKON_PLACE_H
#define BECKON_PLACE_H

/* The program beside this one, or its bare name, to be looked for in PATH. The caller frees it. */
char *place_program(const char *name);

/* The folder of templates: BECKON_TEMPLATES, the installation's, or the source tree's. NULL = none.
   The caller frees it. */
char *place_templates(void);

#endif
