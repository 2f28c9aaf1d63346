/*
 * cmd_template - tenants' templates from a terminal: judged, looked at, changed, compared.
 */
#ifndef BECKON_CMD_TEMPLATE_H
#define BECKON_CMD_TEMPLATE_H

int cmd_template(int argc, char **argv);

#endif
