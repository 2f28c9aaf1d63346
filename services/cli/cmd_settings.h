/* cmd_settings - `beckon settings get|set`: what tenants have settled, and changing it. */
#ifndef BECKON_CMD_SETTINGS_H
#define BECKON_CMD_SETTINGS_H

int cmd_settings(int argc, char **argv);

#endif
