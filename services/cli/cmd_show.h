/* cmd_show - `beckon show`: what became of an invite: its state, and its history. */
#ifndef BECKON_CMD_SHOW_H
#define BECKON_CMD_SHOW_H

int cmd_show(int argc, char **argv);

#endif
