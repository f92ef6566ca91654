/*
 * in_fd: what all rooms of this floor do with descriptors.
 */
#ifndef TP_STREAM_IN_FD_H
#define TP_STREAM_IN_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Enlarges the pipe FD to 1 MiB, or 256 KiB: throughput between filters hangs on it. Unprivileged
 * users are given few large ones, so failing is no matter. */
void tp_fd_enlarge_pipe(int fd);

/* May COUNT descriptors be open beside some others? The soft limit is raised where that helps. */
bool tp_fd_allow(size_t count);

/* Waits after EAGAIN until FD takes bytes again; on failure the next write tells more. */
void tp_fd_wait_writable(int fd);

/* write(2) to a reader whose death is an error here (EPIPE) and not SIGPIPE. */
ssize_t tp_fd_write_shielded(int fd, const char *bytes, size_t len);

/* pipe(2), closed on exec, with both ends beyond standard error: a standard stream that we were
 * given closed stays closed. -1 with errno. */
int tp_fd_pipe(int ends[2]);

/* The N of a path `/dev/fd/N`; -1 for other paths. */
int tp_fd_of_path(const char *path);

#endif
