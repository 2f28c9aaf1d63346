/*
 * cmd_routes - `beckon routes`: relays and SMS providers, and how they do.
 */
#ifndef BECKON_CLI_CMD_ROUTES_H
#define BECKON_CLI_CMD_ROUTES_H

int cmd_routes(int argc, char **argv);

#endif
