/*
 * config_fleet - the keys of all programs, since one file serves the whole fleet.
 *
 * A program passes over what another one knows; what nobody knows is an error in all of them.
 * tests/lint/check_keys.py compares the list with the programs' tables.
 */
#ifndef BECKON_CONFIG_FLEET_H
#define BECKON_CONFIG_FLEET_H

/* Names as they are written in a file, NULL at the end: for config_program.fleet. */
extern const char *const config_fleet[];

#endif
