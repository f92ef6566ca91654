/*
 * timed COMMAND: runs a shell command (bash, for its pipefail) with its output thrown away and
 * prints, on standard output,
 *
 *     wall-seconds cpu-seconds peak-KiB exit-status
 *
 * Peak memory is that of its largest process. It is a program of its own because a process starts
 * with the peak of the one that spawned it: measured from Python, nothing is below 10 MiB.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static double
seconds(struct timeval tv)
{
    return (double)tv.tv_sec + 1e-6 * (double)tv.tv_usec;
}

static void
run(const char *command)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    execl("/bin/bash", "bash", "-o", "pipefail", "-c", command, (char *)NULL);
    _exit(127);
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: timed COMMAND\n", stderr);
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0)
        run(argv[1]);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("timed");
        return 3;
    }
    printf("%.4f %.4f %ld %d\n", now() - start, seconds(usage.ru_utime) + seconds(usage.ru_stime),
           usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
