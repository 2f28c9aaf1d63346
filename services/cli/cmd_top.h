/*
 * cmd_top - what the fleet is doing now, look by look.
 */
#ifndef BECKON_CMD_TOP_H
#define BECKON_CMD_TOP_H

int cmd_top(int argc, char **argv);

#endif
