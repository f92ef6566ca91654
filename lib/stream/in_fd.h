/*
 * in_fd: what all rooms of this floor do with descriptors.
 */
#ifndef TP_STREAM_IN_FD_H
#define TP_STREAM_IN_FD_H

/* Enlarges the pipe FD to 1 MiB, or 256 KiB: throughput between filters hangs on it. Unprivileged
 * users are given few large ones, so failing is no matter. */
void tp_fd_enlarge_pipe(int fd);

/* Waits after EAGAIN until FD takes bytes again; on failure the next write tells more. */
void tp_fd_wait_writable(int fd);

/* The N of a path `/dev/fd/N`; -1 for other paths. */
int tp_fd_of_path(const char *path);

#endif
