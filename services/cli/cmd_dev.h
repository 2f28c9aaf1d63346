/* cmd_dev - `beckon dev`: the whole fleet on one machine, with nothing to set up. */
#ifndef BECKON_CMD_DEV_H
#define BECKON_CMD_DEV_H

int cmd_dev(int argc, char **argv);

#endif
