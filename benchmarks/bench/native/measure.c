/* Runs a command and says what it took, as one line of JSON in a file.
 *
 *   measure <file> <seconds> <command> [argument ...]
 *
 * A program of its own because Linux counts into a process's peak memory what the process that
 * started it had; this one has about 1 MiB. CPU is the command's and its children's, memory is the
 * peak of the largest of them. The command's process group is killed after <seconds>, or when this
 * program is told to end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static void stop(int number) {
    (void)number;
    if (child > 0) kill(-child, SIGKILL);
}

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static double seconds(struct timeval value) {
    return (double)value.tv_sec + (double)value.tv_usec / 1e6;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    signal(SIGALRM, stop);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    double begun = now();
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    setpgid(child, child);
    alarm((unsigned)atoi(argv[2]));
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0) {
    }
    double wall = now() - begun;
    stop(0); /* what the command left behind */
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *output = fopen(argv[1], "w");
    if (output == NULL) return 2;
    fprintf(output, "{\"exit\": %d, \"wall\": %.6f, \"cpu\": %.6f, \"rss\": %ld}\n", code, wall,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024L);
    return fclose(output) == 0 ? 0 : 2;
}
