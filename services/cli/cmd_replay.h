/* cmd_replay - `beckon replay`: asks again for what failed, once its cause is mended. */
#ifndef BECKON_CMD_REPLAY_H
#define BECKON_CMD_REPLAY_H

int cmd_replay(int argc, char **argv);

#endif
