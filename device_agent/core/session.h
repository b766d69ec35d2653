/* One session: which number is next, what is waiting, what was answered.
 *
 * It does no I/O and starts nothing. The supervisor hands it every good frame and does
 * what the reaction says:
 *
 *     reaction = cea_session_receive(&session, body, length, tag_used, &reply);
 *     if (reply.length) send reply
 *     if (reaction == CEA_OPENED) end the worker, forget exports
 *     when nothing runs and cea_session_waiting(): run that message, then
 *         cea_session_answer(&session, body, length) and send it
 */
#ifndef CEA_SESSION_H
#define CEA_SESSION_H

#include "message.h"

struct cea_message {
    uint32_t length;
    uint8_t seq;
    uint8_t body[CEA_FRAME];
};

struct cea_session {
    uint32_t id; /* 0: none yet */
    uint32_t boot;
    const char *build;
    const char *const *missing;
    uint32_t missing_count;
    uint8_t next;      /* number of the next new run */
    uint8_t first;     /* place in `held` of the oldest */
    uint8_t count;     /* runs held, the one being executed included */
    uint8_t newest;    /* place in `answered` for the next answer */
    uint8_t answers;   /* answers kept */
    struct cea_message held[CEA_WINDOW];
    struct cea_message answered[CEA_WINDOW];
    uint8_t made[CEA_SHORT]; /* replies that are not kept */
};

struct cea_reply {
    const uint8_t *body;
    uint32_t length; /* 0: nothing to send */
    uint32_t tag;
};

enum cea_reaction {
    CEA_NOTHING, /* but send the reply, if there is one */
    CEA_OPENED,  /* a new session: everything of the old one is void */
    CEA_TAKEN    /* a run more is held */
};

/* One good frame. `tagged`: it bore the session's tag. */
enum cea_reaction cea_session_receive(struct cea_session *session, const uint8_t *body, size_t length, bool tagged,
                                      struct cea_reply *reply);

/* The oldest run that is held, or null. */
const struct cea_message *cea_session_waiting(const struct cea_session *session);

/* Room for the answer to the oldest run: fill its body and length, then call
 * cea_session_answered, which keeps it, drops the run and tells what to send. */
struct cea_message *cea_session_answer(struct cea_session *session);
void cea_session_answered(struct cea_session *session, struct cea_reply *reply);

#endif
