/*
 * What a window join is made of, for the files of its room.
 */
#ifndef TP_EVENT_COGROUP_STATE_H
#define TP_EVENT_COGROUP_STATE_H

#include "base/buf.h"
#include "base/heap.h"
#include "base/map.h"
#include "event/cogroup.h"

/* A record, in as many windows as REFS says. */
struct line {
    uint32_t refs;
    enum tp_join_side side;
    bool matched; /* in the window that is being answered */
    size_t len;
    uint64_t order; /* of arrival */
    char text[];
};

struct list {
    struct line **line;
    size_t count, cap;
};

/* What one key has in one window. */
struct cell {
    struct tp_window window;
    struct list side[2];
    bool merged;         /* of several sessions: its lists are not in the order of arrival */
    uint64_t order;      /* of making */
    struct group *group; /* NULL: its record has no key, or it was merged into another */
    struct cell *next;   /* of the same key */
};

/* The sessions of a key, newest first; of another window the only cell. */
struct group {
    struct cell *first;
};

struct cogroup {
    struct tp_match match;
    struct tp_cogroup options;
    struct tp_map *keys; /* key (behind the end of a window, but of sessions) -> struct group */
    struct tp_buf key;
    struct tp_heap due;      /* cells by the end they had when pushed: sessions grow */
    uint64_t records, cells; /* so far */
    struct cell **loaded;    /* while state is read: cells in the order of their lines */
    size_t loaded_count, loaded_cap;
    size_t held[2];
    size_t size;
};

/* NULL and -1: memory ran out. */
struct line *tp_cogroup_line(struct cogroup *c, enum tp_join_side side, struct tp_str text);
void tp_cogroup_drop(struct cogroup *c, struct line *line);
struct group *tp_cogroup_group(struct cogroup *c, struct tp_str key, tp_time end);

/* The ORDER-th cell, of GROUP (NULL: alone), which is due at AT. */
struct cell *tp_cogroup_cell(struct cogroup *c, struct group *group, const struct tp_window *window,
                             tp_time at, uint64_t order);
int tp_cogroup_put(struct cogroup *c, struct cell *cell, struct line *line);

/* The verbs of match.h. */
int tp_cogroup_save(struct tp_match *match, size_t parts, struct tp_save *save, struct tp_err *err);
int tp_cogroup_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err);
void tp_cogroup_loaded(struct tp_match *match);

#endif
