/*
 * err: how the library says what went wrong.
 *
 * A function that can fail returns -1 (or NULL) and fills a struct tp_err; it neither prints nor
 * exits: only the top floor (lib/filter) does. The text has no trailing newline and no program
 * name. A struct tp_err may be reused: the last failure wins.
 */
#ifndef TP_BASE_ERR_H
#define TP_BASE_ERR_H

enum tp_fault {
    TP_FAULT_NONE = 0,
    TP_FAULT_RECORD,  /* this record is bad; the stream goes on */
    TP_FAULT_USAGE,   /* options, expressions, configuration: exit status 2 */
    TP_FAULT_MACHINE, /* I/O, memory, damaged state, cut input: exit status 3 */
};

struct tp_err {
    enum tp_fault fault;
    long at; /* byte offset (from 0) in the text that was at fault; -1 when unknown */
    char text[480];
};

/* Fills ERR (which may be NULL) and returns -1, so that `return tp_err_set(...)` reads well. */
int tp_err_set(struct tp_err *err, enum tp_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the byte offset AT of the fault. */
int tp_err_at(struct tp_err *err, enum tp_fault fault, long at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A failed system call: "WHAT: strerror(errno)", TP_FAULT_MACHINE. */
int tp_err_system(struct tp_err *err, const char *what);

/* Memory ran out: TP_FAULT_MACHINE. */
int tp_err_memory(struct tp_err *err);

#endif
