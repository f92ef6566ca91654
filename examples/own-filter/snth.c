/*
 * snth: passes every Nth line on. A filter of one's own against the installed tidepipe.h; build it
 * with `make`, which asks pkg-config.
 */
#include <stdio.h>
#include <stdlib.h>
#include <tidepipe.h>

int
main(int argc, char **argv)
{
    long every = argc > 1 ? strtol(argv[1], NULL, 10) : 2;
    struct tp_buf line = TP_BUF_INIT;
    long seen = 0;
    int c;
    while ((c = getchar()) != EOF) {
        tp_buf_put_char(&line, (char)c);
        if (c != '\n')
            continue;
        if (++seen % every == 0)
            fwrite(line.ptr, 1, line.len, stdout);
        tp_buf_clear(&line);
    }
    tp_buf_release(&line);
    return fclose(stdout) == 0 ? 0 : 3;
}
