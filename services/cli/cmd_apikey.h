/*
 * cmd_apikey - `beckon apikey add|list|remove`: keys by which programs use the HTTP API.
 */
#ifndef BECKON_CMD_APIKEY_H
#define BECKON_CMD_APIKEY_H

int cmd_apikey(int argc, char **argv);

#endif
