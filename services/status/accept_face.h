/*
 * accept_face - the accept page as an answer: its policy, and who else is answered with it.
 *
 * Whoever comes to the public door by a browser has a link. What stands in their way before it is
 * looked at (too many requests, settings that are not known yet, an address of no page) they read
 * as a page in their language, and programs as JSON.
 */
#ifndef BECKON_ACCEPT_FACE_H
#define BECKON_ACCEPT_FACE_H

#include "accept_page.h"
#include "http_front.h"

/* Fills in everything but the status. Draws v->style_nonce. */
void accept_answer(const struct accept_pages *p, struct accept_view *v, struct http_response *a);

/* pages: a struct accept_pages. a is a problem: its status and headers stay. */
void accept_face(void *pages, const struct http_request *q, struct http_response *a);

#endif
