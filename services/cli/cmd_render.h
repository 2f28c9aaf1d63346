/*
 * cmd_render - what a template makes of variables, seen from a terminal.
 */
#ifndef BECKON_CMD_RENDER_H
#define BECKON_CMD_RENDER_H

/* beckon render --file TEMPLATE | --template NAME: prints the rendered bytes, nothing added. Exit
   code 1 = the template or a variable is bad, 2 = usage. */
int cmd_render(int argc, char **argv);

#endif
