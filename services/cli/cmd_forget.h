/*
 * cmd_forget - erase what is personal of invites.
 */
#ifndef BECKON_CMD_FORGET_H
#define BECKON_CMD_FORGET_H

int cmd_forget(int argc, char **argv);

#endif
