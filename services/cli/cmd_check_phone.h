/*
 * cmd_check_phone - what the fleet thinks of a phone number, asked from a terminal.
 */
#ifndef BECKON_CMD_CHECK_PHONE_H
#define BECKON_CMD_CHECK_PHONE_H

/* beckon check-phone NUMBER...: "ok<TAB>E.164<TAB>region<TAB>type" or
   "bad<TAB>code<TAB>a sentence". */
int cmd_check_phone(int argc, char **argv);

#endif
