/*
 * project_tree: where the values of a list go: their targets as a tree of fields, and the items'
 * values. Private to the room project.
 */
#ifndef TP_QUERY_PROJECT_TREE_H
#define TP_QUERY_PROJECT_TREE_H

#include "base/mem.h"
#include "query/project.h"
#include "record/omit.h"

#define TP_NO_ITEM ((size_t)-1)

/* A member of the row: the value of an item, or an object. */
struct tp_field {
    struct tp_str name;
    struct tp_str key;             /* `,"name":`, with TP_BUF_PADDING behind it */
    size_t item;                   /* TP_NO_ITEM: an object, of what is below */
    int slot;                      /* of the same member in the record; -1: not asked for */
    struct tp_field *below, *next; /* in the order of the list */
};

/* Appends the key of FIELD; with a comma where there are *ANY members in front of it. */
static inline void
tp_field_put_key(const struct tp_field *field, bool *any, struct tp_buf *to)
{
    tp_buf_put_padded(to, (struct tp_str){field->key.ptr + !*any, field->key.len - !*any});
    *any = true;
}

/* The value of an item over the record at hand. */
struct tp_cell {
    int slot; /* the item is nothing but this member; -1: it is computed */
    struct tp_value value;
};

/* A change of the line: [FROM, TO) gives way to the field. */
struct tp_splice {
    const char *from, *to;
    const struct tp_field *field;
    bool adds;  /* with its key */
    bool comma; /* ... behind others */
};

struct tp_project {
    struct tp_select *select;
    struct tp_arena memory;
    struct tp_field *fields;
    struct tp_cell *cell; /* by item */
    size_t fields_count;

    /* lists */
    bool sets;
    size_t all;                 /* the item that is `*`; TP_NO_ITEM: none */
    struct tp_field *all_after; /* the field that `*` follows; NULL: it comes first */
    struct tp_omit omit;
    int *guard; /* slots: when all are missing, `*` omits nothing */
    size_t guards;
    int time_slot, change_slot; /* of what is kept; -1: not */
    struct tp_buf scratch;

    /* sets */
    struct tp_splice *splice;
    size_t splices;

    /* the record at hand */
    struct tp_str line;
    size_t members;
    const struct tp_slot *slots;
    size_t unnest; /* the item; TP_NO_ITEM: none */
    size_t unnest_at;
    struct tp_slot element;
    bool done;
};

/* The tree of all targets. With SCAN, asks for the members of the same paths. */
int tp_project_make_fields(struct tp_project *project, struct tp_scan *scan, struct tp_err *err);

/* Appends the value of FIELD: that of its item, or the object of what is below. */
void tp_project_write_field(const struct tp_project *project, const struct tp_field *field,
                            struct tp_buf *to);

/* The slot of the outermost member NAME; -1 on failure. */
int tp_project_want(struct tp_scan *scan, struct tp_str name, struct tp_err *err);

/* --- project_set.c ----------------------------------------------------------------------------*/

/* Room for the changes of a line. */
int tp_splices_make(struct tp_project *project, struct tp_err *err);

/* Finds the changes of the record at hand. -1 with the reason. */
int tp_splices_find(struct tp_project *project, struct tp_err *err);

/* Appends the line with its changes. */
void tp_splices_write(struct tp_project *project, struct tp_buf *to);

#endif
