/* cmd_bounce - `beckon bounce < MESSAGE`: a mail that tells what became of another. */
#ifndef BECKON_CMD_BOUNCE_H
#define BECKON_CMD_BOUNCE_H

int cmd_bounce(int argc, char **argv);

#endif
