/* cmd_suppress - `beckon suppress list|add|remove`: who is not to be written to. */
#ifndef BECKON_CMD_SUPPRESS_H
#define BECKON_CMD_SUPPRESS_H

int cmd_suppress(int argc, char **argv);

#endif
