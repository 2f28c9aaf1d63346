/* cmd_token - `beckon token`: what a link of a message is worth. */
#ifndef BECKON_CMD_TOKEN_H
#define BECKON_CMD_TOKEN_H

int cmd_token(int argc, char **argv);

#endif
