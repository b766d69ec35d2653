/* The line to the controller. A reader thread collects frames and leaves them in
 * a short queue; the supervisor's thread takes them out and writes. */
#ifndef CEA_LINK_H
#define CEA_LINK_H

#include "frame.h"
#include "settings.h"

/* Opens the line and starts the reader. False: *what names the call that failed, last error says why. */
bool link_open(const struct settings *settings, const WCHAR **what);

/* Auto-reset event: there may be a frame, link_take tells. */
HANDLE link_event(void);

/* The next frame, body and check, or 0. It stays where it is until link_release, which sets the event again when there
 * is another. */
size_t link_take(const uint8_t **bytes);
void link_release(void);

/* Writes a body as one frame. What the line loses, the controller asks for again. */
void link_send(const uint8_t *body, size_t length, uint32_t tag);

#endif
