/*
 * watch: waits until something may have changed in files that are followed.
 *
 * inotify on the files and on the folders they lie in; every wait ends after a second at the
 * latest, as not every file system tells of changes (NFS, FUSE) and a quarter of a second where
 * there is no inotify. So it is a help to be prompt, never a proof.
 */
#ifndef TP_STREAM_WATCH_H
#define TP_STREAM_WATCH_H

#include <stddef.h>

#include "base/err.h"
#include "stream/in.h"

struct tp_watch; /* opaque */

struct tp_watch *tp_watch_new(struct tp_err *err);
void tp_watch_free(struct tp_watch *watch); /* NULL is fine */

/* Looks at the file of that name and its folder. Again, when another file bears the name. */
void tp_watch_add(struct tp_watch *watch, const char *path);

/* Waits for a change, for one of INPUTS[0..count) (NULL entries are skipped), at most TIMEOUT_MS
 * (-1: as long as is right). -1 on error. */
int tp_watch_wait(struct tp_watch *watch, struct tp_in *const *inputs, size_t count, int timeout_ms,
                  struct tp_err *err);

#endif
