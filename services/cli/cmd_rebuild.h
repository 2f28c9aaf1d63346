/*
 * cmd_rebuild - `beckon rebuild`: makes Redis anew from the topics, as beckon-status does by
 * itself.
 */
#ifndef BECKON_CMD_REBUILD_H
#define BECKON_CMD_REBUILD_H

int cmd_rebuild(int argc, char **argv);

#endif
