/*
 * cmd_change - what a person asks of one invite: resend, release, cancel, send-now, resolve, accept
 * and decline.
 *
 * Each is one event on topic invite-requested, answered by the outcome that names it.
 */
#ifndef BECKON_CMD_CHANGE_H
#define BECKON_CMD_CHANGE_H

/* argv[0] says which of them. */
int cmd_change(int argc, char **argv);

#endif
