/* process.c - run another program and take what it writes.
 *
 * SPDX-License-Identifier: MIT
 *
 * One loop waits for output, looks whether the program has ended, asks check() and looks
 * at the clock. The end is seen before the program is reaped, so its number still stands
 * for its group when the rest of that is killed.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

extern char **environ; /* handed on, never read */

#define TICK          0.02 /* seconds between two looks at whatever cannot be waited for */
#define GRACE         1.0 /* seconds to end after being asked to (SIGTERM) */
#define SHORTEST_WAIT 5e-5

typedef struct {
    const dna_process_options *o;
    dna_process_result *r;
    pid_t pid;
    int out, err; /* to read; -1: closed */
    bool has_ended;
} process;

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
wait_seconds(double seconds)
{
    const struct timespec t = {0, (long)(seconds * 1e9)};
    (void)nanosleep(&t, NULL);
}

static void
close_end(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* ---- starting ---------------------------------------------------------------------- */

/* Two ends that no program inherits, and that are none of the standard streams even where
 * this process has closed those. */
static int
make_pipe(int fd[2])
{
    int raw[2];

    if (pipe(raw) != 0) {
        return errno;
    }
    fd[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 3);
    fd[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, 3);
    int err =
        fd[0] < 0 || fd[1] < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
    close(raw[0]);
    close(raw[1]);
    return err;
}

/* A group of its own, no signal blocked, none of those that end a program ignored. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, standard;

    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    sigaddset(&standard, SIGTERM);
    sigaddset(&standard, SIGCHLD);
    int err = posix_spawnattr_setpgroup(attributes, 0);
    err = err != 0 ? err : posix_spawnattr_setsigmask(attributes, &none);
    err = err != 0 ? err : posix_spawnattr_setsigdefault(attributes, &standard);
    return err != 0 ? err
                    : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP
                                                               | POSIX_SPAWN_SETSIGMASK
                                                               | POSIX_SPAWN_SETSIGDEF);
}

static int
set_actions(posix_spawn_file_actions_t *actions, int out, int err_end)
{
    int err = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    err = err != 0 ? err : posix_spawn_file_actions_adddup2(actions, out, 1);
    return err != 0 ? err : posix_spawn_file_actions_adddup2(actions, err_end, 2);
}

static int
spawn(pid_t *pid, const char *const *argv, int out, int err_end)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int err = posix_spawn_file_actions_init(&actions);

    if (err != 0) {
        return err;
    }
    err = posix_spawnattr_init(&attributes);
    if (err == 0) {
        err = set_attributes(&attributes);
        err = err != 0 ? err : set_actions(&actions, out, err_end);
        if (err == 0) {
            char *const *words = NULL;
            memcpy(&words, &argv, sizeof(words)); /* they are not changed */
            err = posix_spawnp(pid, argv[0], &actions, &attributes, words, environ);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

static int
fail_start(const char *program, int err)
{
    if (err == ENOENT || err == ENOTDIR) {
        return dna_fail(DNA_ENOTFOUND, "%s: there is no such program", program);
    }
    return dna_path_fail(program, err);
}

static int
start(process *p)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int out[2] = {-1, -1}, err_pipe[2] = {-1, -1};

    pthread_mutex_lock(&lock); /* between pipe() and its flags no program may start */
    int err = make_pipe(out);
    err = err != 0 ? err : make_pipe(err_pipe);
    err = err != 0 ? err : spawn(&p->pid, p->o->argv, out[1], err_pipe[1]);
    pthread_mutex_unlock(&lock);
    close_end(&out[1]);
    close_end(&err_pipe[1]);
    if (err != 0) {
        close_end(&out[0]);
        close_end(&err_pipe[0]);
        return fail_start(p->o->argv[0], err);
    }
    p->out = out[0];
    p->err = err_pipe[0];
    return DNA_OK;
}

/* ---- reading ----------------------------------------------------------------------- */

static int
keep_out(process *p, const char *bytes, size_t n)
{
    dna_process_result *r = p->r;
    size_t max = p->o->max_output > 0 ? p->o->max_output : (size_t)1 << 30;
    int rc = DNA_OK;

    DNA_REQUIRE(n <= max - r->n_out, DNA_EIO,
        "%s: wrote more than %zu bytes to its standard output and was stopped",
        p->o->argv[0], max);
    if (r->n_out + n + 1 > r->cap) {
        size_t cap = DNA_MIN(DNA_MAX(2 * r->cap, r->n_out + n + 1), max + 1);
        char *out = dna_realloc(r->out, cap, 1);
        if (out == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        r->out = out;
        r->cap = cap;
    }
    memcpy(r->out + r->n_out, bytes, n);
    r->n_out += n;
    r->out[r->n_out] = '\0';
out:
    return rc;
}

static void
keep_err(dna_process_result *r, const char *bytes, size_t n)
{
    if (n > DNA_PROCESS_ERR) {
        bytes += n - DNA_PROCESS_ERR;
        n = DNA_PROCESS_ERR;
        r->is_err_cut = true;
    }
    if (r->n_err + n > DNA_PROCESS_ERR) {
        size_t drop = r->n_err + n - DNA_PROCESS_ERR;
        memmove(r->err, r->err + drop, r->n_err - drop);
        r->n_err -= drop;
        r->is_err_cut = true;
    }
    for (size_t i = 0; i < n; i++) {
        r->err[r->n_err++] = bytes[i] != '\0' ? bytes[i] : ' ';
    }
    r->err[r->n_err] = '\0';
}

/* All there is now. At most `most` times a full buffer, so that a flood of standard error
 * keeps nobody from looking at the clock. */
static int
read_end(process *p, int *fd, int most)
{
    char bytes[1 << 14];
    int rc = DNA_OK;

    for (int i = 0; *fd >= 0 && i < most; i++) {
        ssize_t n = read(*fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            break;
        }
        if (n <= 0) {
            close_end(fd);
        } else if (fd == &p->err) {
            keep_err(p->r, bytes, (size_t)n);
        } else {
            DNA_TRY(keep_out(p, bytes, (size_t)n));
        }
    }
out:
    return rc;
}

static int
read_both(process *p, int most)
{
    int rc = read_end(p, &p->err, most);
    return rc < 0 ? rc : read_end(p, &p->out, most);
}

/* ---- waiting and ending ------------------------------------------------------------- */

static void
look_for_end(process *p)
{
    siginfo_t info;

    info.si_pid = 0;
    int rc = waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    p->has_ended = (rc == 0 && info.si_pid == p->pid) || (rc < 0 && errno == ECHILD);
}

static void
send_signal(const process *p, int signal)
{
    if (kill(-p->pid, signal) != 0) {
        (void)kill(p->pid, signal);
    }
}

/* Until there is something to read, or for a moment. */
static void
wait_for_news(const process *p, double *pause)
{
    struct pollfd fds[2];
    nfds_t n = 0;

    if (p->out >= 0) {
        fds[n++] = (struct pollfd){.fd = p->out, .events = POLLIN};
    }
    if (p->err >= 0) {
        fds[n++] = (struct pollfd){.fd = p->err, .events = POLLIN};
    }
    if (n > 0) {
        (void)poll(fds, n, (int)(TICK * 1000));
    } else { /* closed by a program that is about to end: look often at first */
        wait_seconds(*pause);
        *pause = DNA_MIN(2 * *pause, TICK);
    }
}

static int
watch(process *p)
{
    double began = now(), checked = began, pause = SHORTEST_WAIT;
    int rc = DNA_OK;

    for (;;) {
        DNA_TRY(read_both(p, 16));
        look_for_end(p);
        if (p->has_ended) {
            break;
        }
        double t = now();
        DNA_REQUIRE(p->o->timeout <= 0 || t - began < p->o->timeout, DNA_EIO,
            "%s: did not end within %g seconds and was stopped", p->o->argv[0],
            p->o->timeout);
        if (p->o->check != NULL && t - checked >= TICK) {
            DNA_TRY(p->o->check(p->o->payload));
            checked = t;
        }
        wait_for_news(p, &pause);
    }
out:
    return rc;
}

/* Ask it to end, and see to it. */
static void
stop(process *p)
{
    send_signal(p, SIGTERM);
    for (double until = now() + GRACE; now() < until;) {
        look_for_end(p);
        if (p->has_ended) {
            return;
        }
        wait_seconds(TICK / 4);
    }
}

/* Nothing of the group goes on, and the program is reaped: 0 or an errno. */
static int
finish(process *p)
{
    int status = 0;
    pid_t got;

    send_signal(p, SIGKILL);
    do {
        got = waitpid(p->pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno;
    }
    p->r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    p->r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 0;
}

int
dna_process_run(dna_process_result *r, const dna_process_options *o)
{
    enum { WHOLE_PIPE = 1024 }; /* buffers: more than any pipe holds */
    process p = {.o = o, .r = r, .out = -1, .err = -1};
    int rc = DNA_OK;

    DNA_TRY(start(&p));
    rc = watch(&p);
    if (rc < 0) {
        stop(&p);
    }
    int err = finish(&p);
    if (rc < 0) {
        (void)read_end(&p, &p.err, WHOLE_PIPE); /* its last words */
        goto out;
    }
    DNA_REQUIRE(err == 0, DNA_EIO, "%s: how it ended is not known: is SIGCHLD ignored?",
        o->argv[0]);
    DNA_TRY(read_both(&p, WHOLE_PIPE));
out:
    close_end(&p.out);
    close_end(&p.err);
    return rc;
}

void
dna_process_clear(dna_process_result *r)
{
    dna_free(r->out);
    memset(r, 0, sizeof(*r));
}
