/* cmd_parked - `beckon parked`: what waits, why, and until when. */
#ifndef BECKON_CMD_PARKED_H
#define BECKON_CMD_PARKED_H

int cmd_parked(int argc, char **argv);

#endif
