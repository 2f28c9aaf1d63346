/*
 * cmd_list - `beckon list`: how the invites of a tenant stand.
 */
#ifndef BECKON_CLI_CMD_LIST_H
#define BECKON_CLI_CMD_LIST_H

int cmd_list(int argc, char **argv);

#endif
