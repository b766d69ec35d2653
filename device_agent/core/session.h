/* One session: who may speak, which number is next, what is waiting, what was answered.
 *
 * It does no I/O and starts nothing. The supervisor hands it everything that came between two zeros and
 * was COBS, and does what the reaction says:
 *
 *     reaction = cea_session_receive(&session, bytes, length, &reply);
 *     if (reaction is CEA_OPENED or CEA_RESUMED) the connection that the frame came from is the session's now
 *     if (reply.length) send reply, over the connection that the frame came from
 *     if (reaction == CEA_OPENED) end the worker, forget exports
 *     when nothing runs and cea_session_waiting(): run that message, then
 *         answer = cea_session_answer(&session), fill body and length,
 *         cea_session_answered(&session, &reply), send reply over the session's connection
 *
 * A reply is good until the next call: its check is made when it is to be sent, with the key that is then valid. */
#ifndef CEA_SESSION_H
#define CEA_SESSION_H

#include "frame.h"
#include "message.h"

/* A run that is held or, in the same place from then on, the answer to it. */
struct cea_message {
    uint32_t length; /* 0: nothing here */
    uint32_t number; /* of the program; its low byte is `seq` on the wire */
    uint8_t body[CEA_FRAME];
};

/* The question that an agent with a key asks. */
struct cea_challenge {
    uint32_t session; /* 0: none, or void */
    uint8_t nonce_c[CEA_NONCE], nonce_a[CEA_NONCE];
};

struct cea_session {
    /* The owner fills these in before the first frame; the rest is zero then. */
    uint32_t boot;
    const uint8_t *key; /* the pre-shared key, CEA_KEY bytes that stay where they are; null: none */
    /* Fills in bytes that nobody can foretell. Called once for each challenge, at the moment in which it is made and
     * never before: what is drawn in advance would be drawn again by a device that is set back to a snapshot.
     * False: there are none now, the hello gets no answer. Null is allowed when there is no key. */
    bool (*random)(uint8_t *bytes, size_t length);
    const char *build;
    const char *const *missing;
    uint32_t missing_count;

    uint32_t id;     /* 0: none yet */
    uint32_t next;   /* number of the next new run */
    uint32_t oldest; /* number of the oldest run held, the one being executed included; `next` when none is */
    struct cea_seal seal;
    struct cea_challenge challenge;
    uint8_t proof[CEA_MAC]; /* the one that `seal` comes from */
    struct cea_message messages[CEA_WINDOW]; /* number n is at n % CEA_WINDOW */
    uint8_t made[CEA_SHORT]; /* replies that are not kept */
};

struct cea_reply {
    const uint8_t *body;
    uint32_t length; /* 0: nothing to send */
    uint8_t check[CEA_CHECK_KEYED];
    uint32_t check_length;
};

enum cea_reaction {
    CEA_NOTHING, /* but send the reply, if there is one */
    CEA_OPENED,  /* a new session: everything of the old one is void */
    CEA_RESUMED, /* the same session: a hello without a key again, or a new proof. A proof that was good before is no
                    new one: its sender may have recorded it, and gets a welcome that is of no use to him */
    CEA_TAKEN    /* a run more is held */
};

/* One frame, body and check (CEA_UNSTUFFED_LEAST to CEA_UNSTUFFED bytes). What has not the check that its type needs
 * leaves everything as it was. */
enum cea_reaction cea_session_receive(struct cea_session *session, const uint8_t *bytes, size_t length,
                                      struct cea_reply *reply);

/* The oldest run that is held, or null. */
const struct cea_message *cea_session_waiting(const struct cea_session *session);

/* Room for the answer to the oldest run, in the place where that run is, its number filled in. When nothing of the run
 * is needed any more, write body (`seq` is the low byte of the number) and length, then call
 * cea_session_answered, which keeps it and tells what to send. It is kept until the run comes whose number is
 * CEA_WINDOW higher: who sends that has the answer. */
struct cea_message *cea_session_answer(struct cea_session *session);
void cea_session_answered(struct cea_session *session, struct cea_reply *reply);

#endif
