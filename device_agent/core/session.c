#include "session.h"

#include <string.h>

/* A number that is never given out: who has used up all others opens a new session. */
static const uint32_t no_number = UINT32_MAX;

static void say(struct cea_reply *reply, const uint8_t *body, size_t length)
{
    reply->body = body;
    reply->length = (uint32_t)length;
}

static void sealed(const struct cea_session *session, struct cea_reply *reply, enum cea_role role, uint32_t number)
{
    reply->check_length = cea_seal_check(&session->seal, role, number, reply->body, reply->length, reply->check);
}

static enum cea_reaction refuse(struct cea_session *session, struct cea_reply *reply, uint8_t seq,
                                enum cea_error reason, uint32_t detail)
{
    say(reply, session->made, cea_message_refusal(session->made, seq, reason, detail));
    reply->check_length = cea_open_check(reply->body, reply->length, reply->check);
    return CEA_NOTHING;
}

static void welcome(struct cea_session *session, struct cea_reply *reply)
{
    say(reply, session->made,
        cea_message_welcome(session->made, session->id, session->boot, session->next, session->build,
                            session->missing, session->missing_count));
    if (session->key) {
        sealed(session, reply, CEA_BY_WELCOME, 0);
    } else {
        reply->check_length = cea_open_check(reply->body, reply->length, reply->check);
    }
}

/* Whoever asked for it may have it: opens session `id` or goes on with it. */
static enum cea_reaction open_session(struct cea_session *session, uint32_t id)
{
    if (id == session->id) {
        return CEA_RESUMED;
    }
    session->id = id;
    session->next = session->oldest = 0;
    for (int i = 0; i < CEA_WINDOW; i++) {
        session->messages[i].length = 0;
    }
    return CEA_OPENED;
}

static enum cea_reaction challenge(struct cea_session *session, const struct cea_head *head, struct cea_reply *reply)
{
    struct cea_challenge *asked = &session->challenge;
    if (asked->session != head->session || memcmp(asked->nonce_c, head->nonce, CEA_NONCE) != 0) {
        asked->session = 0;
        if (!session->random(asked->nonce_a, CEA_NONCE)) {
            return CEA_NOTHING;
        }
        memcpy(asked->nonce_c, head->nonce, CEA_NONCE);
        asked->session = head->session;
    }
    say(reply, session->made, cea_message_challenge(session->made, asked->session, session->boot, asked->nonce_a));
    reply->check_length = cea_open_check(reply->body, reply->length, reply->check);
    return CEA_NOTHING;
}

static enum cea_reaction hello(struct cea_session *session, const struct cea_head *head, struct cea_reply *reply)
{
    if ((session->key != NULL) != (head->nonce != NULL)) {
        return refuse(session, reply, 0, CEA_BAD_KEY, session->key != NULL);
    }
    if (session->key) {
        return challenge(session, head, reply);
    }
    enum cea_reaction reaction = open_session(session, head->session);
    cea_seal_plain(&session->seal, session->id, session->boot);
    welcome(session, reply);
    return reaction;
}

static enum cea_reaction proof(struct cea_session *session, const struct cea_head *head, struct cea_reply *reply)
{
    struct cea_challenge *asked = &session->challenge;
    uint8_t expected[CEA_MAC], session_key[CEA_KEY];
    if (!session->key) {
        return refuse(session, reply, 0, CEA_BAD_KEY, 0);
    }
    if (head->session == session->id && cea_same(head->mac, session->proof, CEA_MAC)) {
        welcome(session, reply); /* the last one was lost */
        return CEA_NOTHING;
    }
    if (head->session != asked->session) {
        return refuse(session, reply, 0, CEA_BAD_PROOF, 0);
    }
    cea_prove(session->key, asked->session, session->boot, asked->nonce_c, asked->nonce_a, expected, session_key);
    if (!cea_same(head->mac, expected, CEA_MAC)) {
        asked->session = 0;
        return refuse(session, reply, 0, CEA_BAD_PROOF, 0);
    }
    enum cea_reaction reaction = open_session(session, asked->session);
    memcpy(session->proof, expected, CEA_MAC);
    cea_seal_keyed(&session->seal, session_key);
    welcome(session, reply);
    return reaction;
}

static enum cea_reaction run(struct cea_session *session, uint32_t number, const uint8_t *body, size_t length,
                             struct cea_reply *reply)
{
    struct cea_message *message = &session->messages[number % CEA_WINDOW];
    uint32_t held = session->next - session->oldest;
    if (number == session->next && number != no_number && held < CEA_WINDOW) {
        message->number = number;
        message->length = (uint32_t)length;
        memcpy(message->body, body, length);
        session->next++;
        return CEA_TAKEN;
    }
    if (!message->length || message->number != number) {
        say(reply, session->made,
            cea_message_refusal(session->made, (uint8_t)number, CEA_SEQUENCE, (uint8_t)session->next));
    } else if (number - session->oldest < held) {
        say(reply, session->made, cea_message_working(session->made, (uint8_t)number));
    } else {
        say(reply, message->body, message->length);
    }
    sealed(session, reply, CEA_BY_AGENT, number);
    return CEA_NOTHING;
}

/* The number with that low byte, from 128 below to 127 above the one expected. */
static uint32_t full_number(uint32_t expected, uint8_t seq)
{
    uint32_t ahead = (uint8_t)(seq - expected);
    return expected + ahead - (ahead < 128 ? 0 : 256);
}

/* The only message that needs a check of the session. Its number, and with that its check, depend on what it says. */
static enum cea_reaction receive_run(struct cea_session *session, const uint8_t *bytes, size_t length,
                                     const struct cea_head *head, struct cea_reply *reply)
{
    uint32_t number = full_number(session->next, head->seq);
    if (cea_seal_good(&session->seal, CEA_BY_CONTROLLER, number, bytes, length)) {
        size_t body = length - session->seal.size;
        return body <= CEA_FRAME ? run(session, number, bytes, body, reply) : CEA_NOTHING;
    }
    if (cea_open_good(bytes, length)) { /* its sender has not said hello */
        return refuse(session, reply, head->seq, CEA_NO_SESSION, 0);
    }
    return CEA_NOTHING;
}

enum cea_reaction cea_session_receive(struct cea_session *session, const uint8_t *bytes, size_t length,
                                      struct cea_reply *reply)
{
    struct cea_head head = {0};
    bool answerable;
    uint32_t detail;
    memset(reply, 0, sizeof *reply);
    if (length < CEA_UNSTUFFED_LEAST) {
        return CEA_NOTHING;
    }
    size_t body = length - CEA_CHECK_OPEN;
    enum cea_error error = cea_message_head(&head, bytes, body, &answerable, &detail);
    if (!answerable) {
        return CEA_NOTHING;
    }
    if (head.type == CEA_RUN) {
        return receive_run(session, bytes, length, &head, reply);
    }
    if (body > CEA_FRAME || !cea_open_good(bytes, length)) {
        return CEA_NOTHING;
    }
    if (error) {
        return refuse(session, reply, 0, error, error == CEA_BAD_VERSION ? CEA_VERSION : detail);
    }
    return head.type == CEA_HELLO ? hello(session, &head, reply) : proof(session, &head, reply);
}

const struct cea_message *cea_session_waiting(const struct cea_session *session)
{
    return session->oldest == session->next ? NULL : &session->messages[session->oldest % CEA_WINDOW];
}

struct cea_message *cea_session_answer(struct cea_session *session)
{
    return &session->messages[session->oldest % CEA_WINDOW];
}

void cea_session_answered(struct cea_session *session, struct cea_reply *reply)
{
    const struct cea_message *answer = cea_session_answer(session);
    session->oldest++;
    say(reply, answer->body, answer->length);
    sealed(session, reply, CEA_BY_AGENT, answer->number);
}
