/* cmd_seal - `beckon seal`: a password becomes what an event may carry. */
#ifndef BECKON_CMD_SEAL_H
#define BECKON_CMD_SEAL_H

int cmd_seal(int argc, char **argv);

#endif
