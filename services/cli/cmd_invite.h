/* cmd_invite - `beckon invite`: one address, several, or the people of a CSV file are invited. */
#ifndef BECKON_CMD_INVITE_H
#define BECKON_CMD_INVITE_H

int cmd_invite(int argc, char **argv);

#endif
