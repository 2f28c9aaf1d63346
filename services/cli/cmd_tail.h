/* cmd_tail - `beckon tail`: outcomes as they are told. */
#ifndef BECKON_CMD_TAIL_H
#define BECKON_CMD_TAIL_H

int cmd_tail(int argc, char **argv);

#endif
