#include "stream/target_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stream/in_fd.h"

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

/* Returns an error number, as posix_spawn does. */
static int
spawn_shell(pid_t *pid, const char *text, int input)
{
    char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)text, NULL};
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
        failed = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int
tp_command_start(struct tp_command *command, const char *text, const char *name, struct tp_err *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return tp_err_system(err, name);
    errno = spawn_shell(&command->pid, text, ends[0]);
    if (errno) {
        tp_err_system(err, name);
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    close(ends[0]);
    tp_fd_enlarge_pipe(ends[1]);
    command->fd = ends[1];
    return 0;
}

int
tp_command_wait(const struct tp_command *command, const char *name, struct tp_err *err)
{
    int status;

    while (waitpid(command->pid, &status, 0) < 0)
        if (errno != EINTR)
            return tp_err_system(err, name);
    if (WIFSIGNALED(status))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: killed by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: exit status %d", name, WEXITSTATUS(status));
    return 0;
}
