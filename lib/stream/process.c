#include "stream/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* These functions return an error number, as posix_spawn does. */

static int
set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, pipe_only;
    int failed;

    sigemptyset(&none);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(attributes, &pipe_only);
    if (!failed)
        failed =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failed;
}

static int
set_streams(posix_spawn_file_actions_t *actions, int input, int output)
{
    int failed = input < 0 ? 0 : posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

    if (!failed && output >= 0)
        failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    return failed;
}

static int
spawn(pid_t *pid, const char *const *words, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    failed = set_signals(&attributes);
    if (!failed)
        failed = set_streams(&actions, input, output);
    /* POSIX: the words are not changed; they lack const for old programs' sake. */
    if (!failed)
        failed = posix_spawnp(pid, words[0], &actions, &attributes, (char *const *)words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int
tp_process_start(pid_t *pid, const char *const *words, int input, int output, const char *name,
                 struct tp_err *err)
{
    errno = spawn(pid, words, input, output);
    return errno ? tp_err_system(err, name) : 0;
}

int
tp_process_wait(pid_t pid, const char *name, struct tp_err *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return tp_err_system(err, name);
    if (WIFSIGNALED(status))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: killed by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: exit status %d", name, WEXITSTATUS(status));
    return 0;
}
