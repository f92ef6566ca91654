#include "stream/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* These functions return an error number, as posix_spawn does. */

static int
set_signals(posix_spawnattr_t *attributes, const sigset_t *usual)
{
    sigset_t none, defaults;
    int failed;

    sigemptyset(&none);
    sigemptyset(&defaults);
    if (usual)
        defaults = *usual;
    sigaddset(&defaults, SIGPIPE);
    failed = posix_spawnattr_setsigmask(attributes, &none);
    return failed ? failed : posix_spawnattr_setsigdefault(attributes, &defaults);
}

static int
set_attributes(posix_spawnattr_t *attributes, const struct tp_process *process)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int failed = set_signals(attributes, process->usual);

    if (!failed && process->own_group) {
        failed = posix_spawnattr_setpgroup(attributes, 0);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    return failed ? failed : posix_spawnattr_setflags(attributes, flags);
}

static int
set_streams(posix_spawn_file_actions_t *actions, const struct tp_process *process)
{
    int failed = 0;

    if (process->empty_input)
        failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (size_t i = 0; i < process->fds && !failed; i++)
        if (process->fd[i].ours >= 0)
            failed = posix_spawn_file_actions_adddup2(actions, process->fd[i].ours,
                                                      process->fd[i].theirs);
    return failed;
}

int
tp_process_spawn(pid_t *pid, const struct tp_process *process)
{
    const char *const *words = process->words;
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
    failed = set_attributes(&attributes, process);
    if (!failed)
        failed = set_streams(&actions, process);
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
    const struct tp_process_fd streams[] = {{input, STDIN_FILENO}, {output, STDOUT_FILENO}};
    const struct tp_process process = {.words = words, .fd = streams, .fds = 2};

    errno = tp_process_spawn(pid, &process);
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
