/*
 * scan_want: which members are wanted, and which names have been seen. Private to scan.
 *
 * The wanted paths form a tree; its root stands for the record. Names of the outermost object are
 * kept in a small hash table that leads from the bytes of a key to its place in that tree.
 */
#ifndef TP_RECORD_SCAN_WANT_H
#define TP_RECORD_SCAN_WANT_H

#include "record/path.h"
#include "record/scan.h"

struct tp_want {
    int slot;              /* -1: only something below it is wanted */
    bool is_index;         /* else a name */
    bool indexed;          /* has children that are indices ... */
    size_t index_limit;    /* ... all below this */
    struct tp_want *child; /* first of those below */
    struct tp_want *next;  /* sibling */
    size_t index;
    struct tp_str name;
};

#define TP_WANT_ROOT \
    {                \
        .slot = -1   \
    }

/* The slot of PATH, made (as number COUNT) if it was not there; -1 when memory ran out. */
int tp_want_add(struct tp_want *root, const struct tp_path *path, int count);
void tp_want_release(struct tp_want *root);

const struct tp_want *tp_want_member(const struct tp_want *of, struct tp_str name);
const struct tp_want *tp_want_element(const struct tp_want *of, size_t index);

#define TP_NAMES_MAX 4096
#define TP_NAMES_MAX_LEN 256 /* longer ones are not kept: hostile names must not fill the memory \
                              */
#define TP_NAMES_TABLE 8192

struct tp_names {
    size_t count;
    struct tp_str name[TP_NAMES_MAX];
    const struct tp_want *want[TP_NAMES_MAX];
    uint16_t table[TP_NAMES_TABLE]; /* 1 + number of the name; 0 is free */
};

/* The place of the outermost member NAME in the tree, or NULL; keeps the name. 8 bytes behind NAME
 * must be readable. */
const struct tp_want *tp_names_want(struct tp_names *names, const struct tp_want *root,
                                    struct tp_str name);
void tp_names_release(struct tp_names *names);

#endif
