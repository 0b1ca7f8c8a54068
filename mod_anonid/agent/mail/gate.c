/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates; see gate.h. Who is logged on stands in no line, so that thousands of
 * sessions cost those who come nothing. A gate lives while it has passes, or
 * something is held against its version. There are as many as accounts with
 * sessions or refusals: few, so a list will do.
 */
#include "agent/mail/gate.h"
#include "agent/base/deadline.h"
#include "agent/status/mail.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

typedef enum {
    ENTERS,   /* asks whether there is any point in it */
    CONNECTS, /* there is */
    KNOCKS,   /* in line, to authenticate */
    TRIES,    /* authenticates */
    PASSED,   /* is logged on */
    FAILED,   /* was refused, and will leave */
    STATES
} pass_state_t;

/* Logins that are under way with one server, from connecting to success. Who
 * comes when there are so many waits in line: after a server's restart all its
 * clients come at once, and it has others to care for. */
#define MOST_LOGINS 32

/* A server that has passes, for the gate's life. */
typedef struct door_t {
    struct door_t *next;
    char *url;
    int logins; /* under way */
    int passed; /* sessions */
} door_t;

struct anonid_gate_pass_t {
    struct anonid_gate_pass_t *next, **prev;
    struct gate_t *gate;
    door_t *door;
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    pass_state_t state;
    int settling; /* the password was being changed when it was tried */
    anonid_gate_answer_t answer;
    void *context;
};

typedef struct gate_t {
    struct gate_t *next;
    char *account;
    char *service;
    unsigned long version;
    int pair; /* in the status table; -1: none */
    door_t *doors;
    anonid_gate_pass_t *line,
        **end;     /* in order of arrival, but for sessions */
    int n[STATES]; /* passes in each state */
    int passes;
    struct event *turn;
    int refusals;            /* in a row */
    anonid_deadline_t until; /* held until then ... */
    char *refused_by;        /* ... by the server of that URL */
    int rests;               /* in a row */
    anonid_deadline_t rest;  /* nobody goes on until then */
} gate_t;

static gate_t *gates;

/* The first wait forgives a server that was wrong for a moment (while the
 * new password was on its way to it, say). Account lockout counts failures
 * within 10 to 30 minutes, so that from then on one an hour is harmless. */
static const int waits[] = { 60, 3600 };

#define N_WAITS ((int)(sizeof(waits) / sizeof(waits[0])))

/* Seconds for which a gate rests, one time after the other. */
static const int rests[] = { 1, 2, 4 };

#define N_RESTS ((int)(sizeof(rests) / sizeof(rests[0])))

/* ---- gates ---- */

static void destroy(gate_t *gate)
{
    gate_t **link = &gates;

    while (*link && *link != gate)
        link = &(*link)->next;
    if (*link)
        *link = gate->next;
    if (gate->turn)
        event_free(gate->turn);
    while (gate->doors) {
        door_t *door = gate->doors;

        gate->doors = door->next;
        free(door->url);
        free(door);
    }
    free(gate->account);
    free(gate->service);
    free(gate->refused_by);
    free(gate);
}

static void on_turn(evutil_socket_t fd, short what, void *context);

static gate_t *make(const anonid_login_t *login)
{
    gate_t *gate = calloc(1, sizeof(*gate));

    if (!gate)
        return NULL;
    gate->end = &gate->line;
    gate->account = strdup(login->account->name);
    gate->service = strdup(login->service->name);
    gate->version = login->proof.version;
    gate->pair = login->pair;
    gate->turn = event_new(login->base, -1, 0, on_turn, gate);
    if (!gate->account || !gate->service || !gate->turn) {
        destroy(gate);
        return NULL;
    }
    gate->next = gates;
    gates = gate;
    return gate;
}

static gate_t *find(const anonid_login_t *login)
{
    gate_t *gate = gates;

    while (gate
           && (gate->version != login->proof.version
               || strcmp(gate->account, login->account->name) != 0
               || strcmp(gate->service, login->service->name) != 0))
        gate = gate->next;
    return gate;
}

static void forget(gate_t *gate)
{
    gate->refusals = 0;
    gate->until = 0;
    gate->rests = 0;
    gate->rest = 0;
    free(gate->refused_by);
    gate->refused_by = NULL;
    anonid_status_mail_pair_forgiven(gate->pair);
}

static void ask_for_turn(gate_t *gate)
{
    event_active(gate->turn, EV_TIMEOUT, 0);
}

/* ---- passes ---- */

/* The door of a server; NULL without memory. */
static door_t *find_door(gate_t *gate, const char *url)
{
    door_t *door = gate->doors;

    while (door && strcmp(door->url, url) != 0)
        door = door->next;
    if (door)
        return door;
    door = calloc(1, sizeof(*door));
    if (!door)
        return NULL;
    door->url = strdup(url);
    if (!door->url) {
        free(door);
        return NULL;
    }
    door->next = gate->doors;
    gate->doors = door;
    return door;
}

static int is_under_way(pass_state_t state)
{
    return state == CONNECTS || state == KNOCKS || state == TRIES;
}

static void add(anonid_gate_pass_t *pass, int n)
{
    pass->gate->n[pass->state] += n;
    pass->door->logins += is_under_way(pass->state) ? n : 0;
    pass->door->passed += pass->state == PASSED ? n : 0;
}

static void leave_line(anonid_gate_pass_t *pass)
{
    if (!pass->prev)
        return;
    *pass->prev = pass->next;
    if (pass->next)
        pass->next->prev = pass->prev;
    else
        pass->gate->end = pass->prev;
    pass->prev = NULL;
}

static void set_state(anonid_gate_pass_t *pass, pass_state_t state)
{
    add(pass, -1);
    pass->state = state;
    add(pass, 1);
    if (state == PASSED)
        leave_line(pass);
}

static void end_pass(anonid_gate_pass_t *pass)
{
    add(pass, -1);
    leave_line(pass);
    pass->gate->passes--;
    anonid_login_drop(pass->login);
    free(pass);
}

anonid_gate_pass_t *anonid_gate_enter(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      anonid_gate_answer_t answer,
                                      void *context)
{
    anonid_gate_pass_t *pass = calloc(1, sizeof(*pass));
    gate_t *gate = pass ? find(login) : NULL;

    if (pass && !gate)
        gate = make(login);
    if (gate)
        pass->door = find_door(gate, server->url);
    if (!gate || !pass->door) {
        free(pass);
        return NULL;
    }
    pass->gate = gate;
    pass->login = anonid_login_hold(login);
    pass->server = server;
    pass->answer = answer;
    pass->context = context;
    pass->prev = gate->end;
    *gate->end = pass;
    gate->end = &pass->next;
    gate->passes++;
    add(pass, 1);
    ask_for_turn(gate);
    return pass;
}

void anonid_gate_knock(anonid_gate_pass_t *pass)
{
    set_state(pass, KNOCKS);
    ask_for_turn(pass->gate);
}

void anonid_gate_worked(anonid_gate_pass_t *pass)
{
    gate_t *gate = pass->gate;

    if (gate->refused_by
        && (gate->n[PASSED] == 0
            || strcmp(gate->refused_by, pass->server->url) == 0))
        forget(gate);
    gate->rests = 0;
    set_state(pass, PASSED);
    anonid_status_mail_pair_worked(gate->pair);
    ask_for_turn(gate);
}

int anonid_gate_excuses(anonid_gate_pass_t *pass)
{
    gate_t *gate = pass->gate;

    if (gate->rests == N_RESTS || pass->door->passed > 0
        || (!pass->settling
            && !anonid_registry_settling(pass->login->account->name)))
        return 0;
    gate->rest = anonid_deadline_in(rests[gate->rests++]);
    set_state(pass, FAILED);
    return 1;
}

/* Holds the version; returns for how many seconds. */
static int hold(gate_t *gate, const char *url)
{
    int wait = waits[gate->refusals < N_WAITS ? gate->refusals : N_WAITS - 1];

    gate->refusals++;
    gate->until = anonid_deadline_in(wait);
    free(gate->refused_by);
    gate->refused_by = strdup(url); /* NULL: any */
    return wait;
}

int anonid_gate_refused(anonid_gate_pass_t *pass, const char *words)
{
    gate_t *gate = pass->gate;
    int wait = pass->door->passed > 0 ? 0 : hold(gate, pass->door->url);

    set_state(pass, FAILED);
    anonid_status_mail_pair_refused(gate->pair, pass->server->slot, wait,
                                    words);
    return wait;
}

void anonid_gate_leave(anonid_gate_pass_t *pass)
{
    gate_t *gate = pass ? pass->gate : NULL;

    if (!gate)
        return;
    end_pass(pass);
    ask_for_turn(gate);
}

/* ---- turns ---- */

/* Seconds for which nobody logs on to that server; 0: none. An open gate
 * keeps nobody from other servers than the one that refused. */
static int held(const gate_t *gate, const char *url)
{
    int left = anonid_deadline_left(gate->until);

    if (left == 0
        || (gate->n[PASSED] > 0 && gate->refused_by
            && strcmp(gate->refused_by, url) != 0))
        return 0;
    return (left + 999) / 1000;
}

static void refuse(anonid_gate_pass_t *pass, const anonid_mail_error_t *error)
{
    anonid_gate_answer_t answer = pass->answer;
    void *context = pass->context;

    end_pass(pass);
    answer(context, error);
}

static void refuse_held(anonid_gate_pass_t *pass, int seconds)
{
    anonid_mail_error_t error;

    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_HELD, ANONID_PHASE_AUTH,
                          "the server refused the account; it is not tried "
                          "again for %d s",
                          seconds);
    error.retry_after = seconds;
    refuse(pass, &error);
}

static void refuse_stale(anonid_gate_pass_t *pass)
{
    anonid_mail_error_t error;

    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_STALE, ANONID_PHASE_AUTH,
                          "the account has a new password");
    refuse(pass, &error);
}

/* 1 if the pass waits for an answer, and there is one. */
static int is_due(const anonid_gate_pass_t *pass)
{
    const gate_t *gate = pass->gate;

    if (pass->state != ENTERS && pass->state != KNOCKS)
        return 0;
    if (!anonid_login_is_current(pass->login))
        return 1;
    if (anonid_deadline_left(gate->rest) > 0)
        return 0;
    if (held(gate, pass->server->url) > 0)
        return 1;
    if (pass->state == ENTERS)
        return pass->door->logins < MOST_LOGINS;
    return gate->n[PASSED] > 0 || gate->n[TRIES] == 0;
}

static void decide(anonid_gate_pass_t *pass)
{
    int seconds = held(pass->gate, pass->server->url);

    if (!anonid_login_is_current(pass->login)) {
        refuse_stale(pass);
        return;
    }
    if (seconds > 0) {
        refuse_held(pass, seconds);
        return;
    }
    set_state(pass, pass->state == ENTERS ? CONNECTS : TRIES);
    pass->settling = anonid_registry_settling(pass->login->account->name);
    pass->answer(pass->context, NULL);
}

static anonid_gate_pass_t *first_due(const gate_t *gate)
{
    anonid_gate_pass_t *pass = gate->line;

    while (pass && !is_due(pass))
        pass = pass->next;
    return pass;
}

/* Makes the gate's turn come when its rest is over. */
static void await_rest(gate_t *gate)
{
    int left = anonid_deadline_left(gate->rest);
    const struct timeval wait = { left / 1000, left % 1000 * 1000 };

    if (left > 0 && gate->passes)
        event_add(gate->turn, &wait);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    gate_t *gate = context;
    anonid_gate_pass_t *pass;

    (void)fd;
    (void)what;
    for (pass = first_due(gate); pass; pass = first_due(gate))
        decide(pass);
    await_rest(gate);
    if (!gate->passes && gate->refusals == 0 && gate->rests == 0)
        destroy(gate);
}

void anonid_gate_version(const char *account, unsigned long version)
{
    for (gate_t *gate = gates; gate; gate = gate->next) {
        if (gate->version == version || strcmp(gate->account, account) != 0)
            continue;
        forget(gate);
        ask_for_turn(gate);
    }
}

void anonid_gate_pardon(const char *account)
{
    for (gate_t *gate = gates; gate; gate = gate->next) {
        if (strcmp(gate->account, account) != 0)
            continue;
        forget(gate);
        ask_for_turn(gate);
    }
}

void anonid_gate_stop(void)
{
    while (gates)
        destroy(gates);
}
