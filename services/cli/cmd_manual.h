/*
 * cmd_manual - completion for shells and manual pages, made from the table of commands.
 */
#ifndef BECKON_CMD_MANUAL_H
#define BECKON_CMD_MANUAL_H

int cmd_completion(int argc, char **argv);
int cmd_man(int argc, char **argv);

#endif
