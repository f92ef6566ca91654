/*
 * replay: runs a fuzz target over kept inputs, without libFuzzer: `make check` replays the corpus
 * with any compiler. Operands are files and directories; each file's name is printed before it
 * runs, so that the last name printed is the one that failed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *name, size_t size)
{
    puts(name);
    fflush(stdout);
    FILE *file = fopen(name, "rb");
    /* Exactly as many bytes as the input has: a sanitizer sees the first byte read past it. */
    uint8_t *data = malloc(size ? size : 1);
    int status = -1;
    if (file && data && fread(data, 1, size, file) == size) {
        LLVMFuzzerTestOneInput(data, size);
        status = 0;
    } else {
        perror(name);
    }
    free(data);
    if (file)
        fclose(file);
    return status;
}

static int replay(const char *name);

static int
replay_directory(const char *name)
{
    struct dirent **entries;
    int count = scandir(name, &entries, NULL, alphasort);
    if (count < 0) {
        perror(name);
        return -1;
    }
    int status = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", name, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && replay(path) < 0)
            status = -1;
        free(entries[i]);
    }
    free(entries);
    return status;
}

static int
replay(const char *name)
{
    struct stat st;
    if (stat(name, &st) < 0) {
        perror(name);
        return -1;
    }
    return S_ISDIR(st.st_mode) ? replay_directory(name) : replay_file(name, (size_t)st.st_size);
}

int
main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) < 0)
            status = 1;
    return status;
}
