/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays httpd and its supervisor to a real anonid-agent: starts the program
 * that was built with its lifeline at descriptor 3, and speaks
 * common/protocol.h. A step that fails, or takes longer than ten seconds,
 * fails the test.
 */
#ifndef ANONID_T_AGENT_DRIVER_H
#define ANONID_T_AGENT_DRIVER_H

#include "common/account.h"
#include "common/channel.h"
#include "common/protocol.h"
#include "common/status.h"

#include <sys/types.h>

#define SOON apr_time_from_sec(10)

typedef struct {
    pid_t pid;
    char dir[64];
    int lifeline;
    anonid_channel_t control;
    const anonid_status_table_t *table;
    int table_fd, worker_fd, ctl_fd; /* passed with HELLO */
    char log[65536];                 /* LOG lines so far */
    uint32_t generation;             /* of the last configuration */
    unsigned version;                /* of what was passed last */
    int is_ready;
    apr_pool_t *pool; /* of what is returned */
} agent_t;

/* A folder with sockets and a status table, and an agent that was said
 * HELLO; agent_start_bare leaves HELLO out. agent_respawn starts another one
 * after the first has ended. */
agent_t *agent_start(void);
agent_t *agent_start_bare(void);
void agent_respawn(agent_t *agent);

/* Another supervisor takes over; it has said nothing yet. */
void agent_next_supervisor(agent_t *agent);

/* Closes the lifeline; returns the agent's exit status. */
int agent_end(agent_t *agent);

/* ... and removes what agent_start has made. */
void agent_free(agent_t *agent);

/* The agent's exit status, once it has ended by itself. */
int agent_wait_exit(agent_t *agent);

/* ---- what a parent says ---- */

void agent_hello(agent_t *agent);

/* Sends a frame that was begun; frees it. */
void agent_send(agent_t *agent, anonid_writer_t *w, const int *fds, int nfds);

/* A whole configuration of those accounts, NULL at the end; awaits READY
 * (with the first) and CONFIG_DONE. */
void agent_configure(agent_t *agent, ...);

/* A file account "name" in the account file "accounts" of the folder. */
anonid_account_t *agent_account(agent_t *agent, const char *name, int sync);

/* Writes the account file and passes it. */
void agent_account_file(agent_t *agent, const char *text);

/* Passes a secret in a pipe, with a version of its own. */
void agent_secret(agent_t *agent, const char *account, const char *secret);

/* Answers STORE_VERIFIER as a parent does: reads it, and if error is 0 puts
 * it in the file in place of all that is there. */
void agent_store(agent_t *agent, const char *user, int error);

/* ---- what the agent says ---- */

/* The next frame that is no LOG, which has to be of that type. */
void agent_expect(agent_t *agent, uint16_t type, anonid_frame_t *frame);

/* Nothing has come but LOG, by the time STATUS is answered. */
void agent_expect_silence(agent_t *agent);

/* Waits for the state of a slot. */
void agent_await_state(agent_t *agent, int slot, anonid_state_t state);

/* ---- as a worker or anonidctl ---- */

/* Connects to "agent.sock" or "control.sock". */
void agent_connect(agent_t *agent, const char *name, anonid_channel_t *peer);

/* One request about an account (or NULL) to control.sock; the answer's code
 * and text, or -1 for STATUS_REPLY. */
int agent_ask(agent_t *agent, uint16_t type, const char *account,
              const char **text);

/* 1 if a log line so far holds the text. */
int agent_said(const agent_t *agent, const char *text);

/* The agent closes that connection, in `within` at most. */
void assert_cut(anonid_channel_t *peer, apr_interval_time_t within);

#endif
