/*
 * replay: runs a fuzz target over files instead of a fuzzer: each argument is a file, or a
 * directory whose files are taken in turn. So a corpus is a test that any compiler can run.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int files;

/* The bytes lie in a block of their exact size, so that a sanitizer sees a read behind them. */
static int
replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    uint8_t *data;
    size_t size;

    if (!file || fstat(fileno(file), &st) < 0) {
        perror(path);
        if (file)
            fclose(file);
        return -1;
    }
    size = (size_t)st.st_size;
    data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        free(data);
        fclose(file);
        return -1;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    files++;
    return 0;
}

static int
replay_directory(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char name[4096];
    int result = 0;

    if (!dir) {
        perror(path);
        return -1;
    }
    while (result == 0 && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        result = replay_file(name);
    }
    closedir(dir);
    return result;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st;
        int is_dir = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);

        if ((is_dir ? replay_directory(argv[i]) : replay_file(argv[i])) < 0)
            return 1;
    }
    printf("ok: %d inputs\n", files);
    return files == 0;
}
