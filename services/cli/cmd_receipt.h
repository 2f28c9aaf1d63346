/* cmd_receipt - `beckon check-receipt`: what a call of a provider tells, asked from a terminal. */
#ifndef BECKON_CMD_RECEIPT_H
#define BECKON_CMD_RECEIPT_H

/* beckon check-receipt --provider P [--header 'Name: value']... FILE...: "ok<TAB>status<TAB>code" a
   receipt, or "bad<TAB>code" a file. */
int cmd_check_receipt(int argc, char **argv);

#endif
