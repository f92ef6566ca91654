#include "stream/target_command.h"

#include <unistd.h>

#include "stream/in_fd.h"
#include "stream/process.h"

int
tp_command_start(struct tp_command *command, const char *text, const char *name, struct tp_err *err)
{
    const char *const words[] = {"/bin/sh", "-c", text, NULL};
    int ends[2];
    int result;

    if (tp_fd_pipe(ends))
        return tp_err_system(err, name);
    result = tp_process_start(&command->pid, words, ends[0], -1, name, err);
    close(ends[0]);
    if (result) {
        close(ends[1]);
        return -1;
    }
    tp_fd_enlarge_pipe(ends[1]);
    command->fd = ends[1];
    return 0;
}

int
tp_command_wait(const struct tp_command *command, const char *name, struct tp_err *err)
{
    return tp_process_wait(command->pid, name, err);
}
