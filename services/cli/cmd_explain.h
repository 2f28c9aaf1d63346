/* cmd_explain - `beckon explain`: what would become of an event now, rule by rule. */
#ifndef BECKON_CMD_EXPLAIN_H
#define BECKON_CMD_EXPLAIN_H

int cmd_explain(int argc, char **argv);

#endif
