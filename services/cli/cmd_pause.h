/* cmd_pause - `beckon pause` and `beckon resume`: stopping on purpose, and going on. */
#ifndef BECKON_CMD_PAUSE_H
#define BECKON_CMD_PAUSE_H

int cmd_pause(int argc, char **argv); /* argv[0] says which */

#endif
