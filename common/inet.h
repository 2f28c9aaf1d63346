/*
 * inet - is an address one of the public internet?
 *
 * For requests that are only to leave towards the world: whoever can name a host, or answer for
 * its name, must not reach our own machines. Pure.
 */
#ifndef BECKON_INET_H
#define BECKON_INET_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for all but IPv4 and IPv6, and for what the registries of special-purpose addresses
   (RFC 6890) keep from global use: loopback, private, link-local with the clouds' metadata, shared,
   multicast, documentation, reserved; likewise where IPv6 carries such an IPv4 address. */
bool inet_is_public(const struct sockaddr *address);

#endif
