/*
 * cmd_check - what the fleet thinks of an address or an event, asked from a terminal.
 */
#ifndef BECKON_CMD_CHECK_H
#define BECKON_CMD_CHECK_H

/* beckon check-email ADDRESS...: "ok<TAB>normalised" or "bad<TAB>code". */
int cmd_check_email(int argc, char **argv);

/* beckon check-event [--syntax-only] FILE...: "ok" or "bad<TAB>code<TAB>where". */
int cmd_check_event(int argc, char **argv);

#endif
