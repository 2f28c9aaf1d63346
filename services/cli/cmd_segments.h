/*
 * cmd_segments - how long a text is as an SMS, asked from a terminal.
 */
#ifndef BECKON_CMD_SEGMENTS_H
#define BECKON_CMD_SEGMENTS_H

/* beckon segments TEXT...: a line a text. */
int cmd_segments(int argc, char **argv);

#endif
