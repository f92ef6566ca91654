/*
 * in_pipe: what both ends of a pipe want of it.
 */
#ifndef TP_STREAM_IN_PIPE_H
#define TP_STREAM_IN_PIPE_H

/* Enlarges the pipe FD to 1 MiB, or 256 KiB: throughput between filters hangs on it. Unprivileged
 * users are given few large ones, so failing is no matter. */
void tp_pipe_enlarge(int fd);

#endif
