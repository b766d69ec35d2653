#include "session.h"

#include <string.h>

static void reply_with(struct cea_reply *reply, const uint8_t *body, size_t length, uint32_t tag)
{
    reply->body = body;
    reply->length = (uint32_t)length;
    reply->tag = tag;
}

static enum cea_reaction hello(struct cea_session *session, const struct cea_head *head, struct cea_reply *reply)
{
    enum cea_reaction reaction = CEA_NOTHING;
    if (head->session != session->id) {
        session->id = head->session;
        session->next = session->first = session->count = session->newest = session->answers = 0;
        reaction = CEA_OPENED;
    }
    reply_with(reply, session->made,
               cea_message_welcome(session->made, session->id, session->boot, session->next, session->build,
                                   session->missing, session->missing_count),
               0);
    return reaction;
}

static struct cea_message *find(struct cea_message *messages, unsigned first, unsigned count, uint8_t seq)
{
    for (unsigned i = 0; i < count; i++) {
        struct cea_message *message = &messages[(first + i) % CEA_WINDOW];
        if (message->seq == seq) {
            return message;
        }
    }
    return NULL;
}

static enum cea_reaction run(struct cea_session *session, uint8_t seq, const uint8_t *body, size_t length,
                             struct cea_reply *reply)
{
    if (seq == session->next && session->count < CEA_WINDOW) {
        struct cea_message *message = &session->held[(session->first + session->count) % CEA_WINDOW];
        message->seq = seq;
        message->length = (uint32_t)length;
        memcpy(message->body, body, length);
        session->count++;
        session->next++;
        return CEA_TAKEN;
    }
    if (find(session->held, session->first, session->count, seq)) {
        reply_with(reply, session->made, cea_message_working(session->made, seq), session->id);
        return CEA_NOTHING;
    }
    const struct cea_message *answer =
        find(session->answered, session->newest + CEA_WINDOW - session->answers, session->answers, seq);
    if (answer) {
        reply_with(reply, answer->body, answer->length, session->id);
    } else {
        reply_with(reply, session->made, cea_message_refusal(session->made, seq, CEA_SEQUENCE, session->next),
                   session->id);
    }
    return CEA_NOTHING;
}

enum cea_reaction cea_session_receive(struct cea_session *session, const uint8_t *body, size_t length, bool tagged,
                                      struct cea_reply *reply)
{
    struct cea_head head = {0};
    bool answerable;
    uint32_t detail;
    enum cea_error error = cea_message_head(&head, body, length, &answerable, &detail);
    reply_with(reply, NULL, 0, 0);
    if (!answerable || tagged != (head.type == CEA_RUN)) {
        /* What bears the wrong tag is no message of this session. A run without a tag is answered
         * all the same: its sender has not said hello. */
        if (answerable && head.type == CEA_RUN) {
            reply_with(reply, session->made, cea_message_refusal(session->made, head.seq, CEA_NO_SESSION, 0), 0);
        }
        return CEA_NOTHING;
    }
    if (head.type == CEA_RUN) {
        return run(session, head.seq, body, length, reply);
    }
    if (error == CEA_OK) {
        return hello(session, &head, reply);
    }
    reply_with(reply, session->made,
               cea_message_refusal(session->made, 0, error, error == CEA_BAD_VERSION ? CEA_VERSION : detail), 0);
    return CEA_NOTHING;
}

const struct cea_message *cea_session_waiting(const struct cea_session *session)
{
    return session->count ? &session->held[session->first] : NULL;
}

struct cea_message *cea_session_answer(struct cea_session *session)
{
    struct cea_message *answer = &session->answered[session->newest];
    if (session->answers == CEA_WINDOW) {
        session->answers--; /* the oldest makes room */
    }
    answer->seq = session->held[session->first].seq;
    return answer;
}

void cea_session_answered(struct cea_session *session, struct cea_reply *reply)
{
    const struct cea_message *answer = &session->answered[session->newest];
    session->newest = (session->newest + 1) % CEA_WINDOW;
    session->answers++;
    session->first = (session->first + 1) % CEA_WINDOW;
    session->count--;
    reply_with(reply, answer->body, answer->length, session->id);
}
