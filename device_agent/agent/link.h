/* The line to the controller. A reader thread collects frames and leaves them in
 * a short queue; the supervisor's thread takes them out and writes. */
#ifndef CEA_LINK_H
#define CEA_LINK_H

#include "frame.h"
#include "medium.h"
#include "session.h"

/* Opens the line and starts the reader. False: *what names the call that failed, last error says why. */
bool link_open(const struct settings *settings, const WCHAR **what);

/* Auto-reset event: there may be a frame, link_take tells. */
HANDLE link_event(void);

/* The next frame, body and check, or 0; *from is the connection it came from. It stays where it is until link_release. */
size_t link_take(const uint8_t **bytes, uint32_t *from);
void link_release(void);

/* Writes a reply as one frame, if there is one, to a connection or to MEDIUM_SESSION. What the line loses, the
 * controller asks for again. */
void link_send(uint32_t to, const struct cea_reply *reply);

/* Makes a connection the session's. */
void link_adopt(uint32_t connection);

/* Closes the line, so that another process can have it, until link_take_back. False: it does not close in time; then
 * it is to be taken back all the same. */
bool link_let_go(void);
void link_take_back(void);

#endif
