/*
 * expr_node: the tree of an expression, and what its evaluation works with. Private to the rooms
 * expr and select.
 *
 * The parser builds nodes, expr_check gives them types, folds constants and chooses for each the
 * function that evaluates it. Nodes, constants and lists live in the expression's arena; what the
 * arena cannot hold (compiled patterns, zones) hangs on `aux` and is freed through `next_aux`.
 */
#ifndef TP_QUERY_EXPR_NODE_H
#define TP_QUERY_EXPR_NODE_H

#include <locale.h>

#include "base/mem.h"
#include "query/expr.h"
#include "value/num_digits.h"
#include "value/regex.h"
#include "value/time.h"
#include "value/zone.h"

#define TP_INT64_LIMIT 9223372036854775808.0 /* 2^63: the first double above int64 */
#define TP_EXPR_SOURCES 2                    /* records an expression can look at */
#define TP_EXPR_NESTING 200          /* parentheses, CASE, calls, NOT and signs inside each other */
#define TP_EXPR_HEIGHT 1000          /* of the tree: long chains of operators make it high, too */
#define TP_EXPR_ARGUMENTS 64         /* of one call */
#define TP_EXPR_TEXT_MAX (16u << 20) /* bytes of text that one function may produce */
#define TP_EXPR_ARENA_MAX (128u << 20) /* and all of them together, for one record */
#define TP_EXPR_LIKE_MAX 65536         /* bytes of a pattern of LIKE that is not constant */

enum tp_op {
    TP_OP_CONSTANT,
    TP_OP_MEMBER,
    TP_OP_OR,
    TP_OP_AND,
    TP_OP_NOT,
    TP_OP_EQUAL,
    TP_OP_DIFFERENT,
    TP_OP_LESS,
    TP_OP_LESS_EQUAL,
    TP_OP_GREATER,
    TP_OP_GREATER_EQUAL,
    TP_OP_DISTINCT, /* IS DISTINCT FROM; negated: IS NOT DISTINCT FROM */
    TP_OP_IS_NULL,
    TP_OP_IS_TRUE,
    TP_OP_IS_FALSE,
    TP_OP_IN,      /* arg[0] IN (arg[1] …) */
    TP_OP_BETWEEN, /* arg[0] BETWEEN arg[1] AND arg[2] */
    TP_OP_LIKE,    /* arg[0] LIKE arg[1] [ESCAPE arg[2]] */
    TP_OP_ILIKE,
    TP_OP_MATCH, /* ~ */
    TP_OP_MATCH_NOCASE,
    TP_OP_CONCAT,
    TP_OP_ADD,
    TP_OP_SUBTRACT,
    TP_OP_MULTIPLY,
    TP_OP_DIVIDE,
    TP_OP_MODULO,
    TP_OP_NEGATE,
    TP_OP_CASE,    /* condition, result, condition, result …, the ELSE */
    TP_OP_CASE_OF, /* the subject; then value, result …, the ELSE */
    TP_OP_CAST,
    TP_OP_TRY_CAST,
    TP_OP_CALL,
};

/* Sets of enum tp_kind: what a value may be besides NULL. */
#define TP_SET(kind) (1u << (kind))
#define TP_SET_BOOL TP_SET(TP_BOOL)
#define TP_SET_INT TP_SET(TP_INT)
#define TP_SET_REAL TP_SET(TP_REAL)
#define TP_SET_NUMBER (TP_SET_INT | TP_SET_REAL)
#define TP_SET_TEXT TP_SET(TP_TEXT)
#define TP_SET_TIME TP_SET(TP_TIME)
#define TP_SET_DURATION TP_SET(TP_DURATION)
#define TP_SET_JSON TP_SET(TP_JSON)
#define TP_SET_MEMBER (TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT | TP_SET_JSON)

enum tp_cast {
    TP_CAST_BIGINT,
    TP_CAST_INTEGER,
    TP_CAST_SMALLINT,
    TP_CAST_TINYINT,
    TP_CAST_DOUBLE,
    TP_CAST_VARCHAR,
    TP_CAST_BOOLEAN,
    TP_CAST_TIMESTAMP,
    TP_CAST_INTERVAL,
    TP_CASTS,
};

struct tp_node;
struct tp_function;
struct tp_like;

struct tp_run {
    const struct tp_slot *record[TP_EXPR_SOURCES];
    struct tp_err *err;
    struct tp_str source;      /* the text of the expression, to name operands */
    struct tp_arena arena;     /* text produced for this record */
    bool used;                 /* `arena` holds something */
    struct tp_buf temp;        /* where text is put together before it moves to `arena` */
    struct tp_stamp *stamp;    /* reads any text or number as a time; made when first needed */
    struct tp_stamp *row_time; /* the same for the event-time member; borrowed, or NULL */
    locale_t locale;           /* C.UTF-8, for upper, lower and ILIKE; (locale_t)0: ASCII only */
};

/* Three-valued logic as `test` functions return it; -1 is failure. */
enum { TP_FALSE = 0, TP_TRUE = 1, TP_UNKNOWN = 2 };

typedef int tp_eval_fn(const struct tp_node *node, struct tp_run *run, struct tp_value *out);
typedef int tp_test_fn(const struct tp_node *node, struct tp_run *run);

struct tp_aux {
    struct tp_aux *next_aux;
    struct tp_regex *regex;
    struct tp_zone *zone;
    struct tp_stamp *stamp;
};

struct tp_node {
    tp_eval_fn *eval;
    tp_test_fn *test;
    enum tp_op op;
    unsigned kinds; /* set of TP_SET_…; 0: always NULL */
    bool negated;   /* NOT IN, NOT LIKE, IS NOT … */
    bool parenthesized;
    bool is_row_time; /* TP_OP_MEMBER: the member with the event time */
    unsigned height;
    size_t at, len; /* its place in the text */
    size_t count;
    struct tp_node **arg;
    union {
        struct tp_value value; /* TP_OP_CONSTANT */
        struct {
            size_t source, slot, index; /* index: into tp_expr.member */
        } member;
        struct {
            size_t source, slot; /* of arg[0] */
            int64_t integer;     /* that arg[1] is */
        } against;               /* tp_test_compare_int: it looks at no other node */
        enum tp_cast cast;
        const struct tp_function *function; /* TP_OP_CALL */
    };
    struct tp_aux *aux;
    const struct tp_like *like; /* constant pattern of LIKE */
    int unit;                   /* of date_trunc and date_part */
};

struct tp_expr {
    struct tp_node *root;
    struct tp_run run;
    struct tp_arena nodes;
    struct tp_str text;
    struct tp_aux *aux;
    struct tp_expr_member *member;
    size_t members, member_cap;
};

/* Failure of the record: the text of NODE, a colon, the reason. */
int tp_run_fail(struct tp_run *run, const struct tp_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves the text put together in run->temp to run->arena, as *OUT. -1 when memory ran out or the
 * text is longer than TP_EXPR_TEXT_MAX. */
int tp_run_finish_text(struct tp_run *run, const struct tp_node *node, struct tp_value *out);

static inline const struct tp_slot *
tp_slot_of(const struct tp_node *member, const struct tp_run *run)
{
    return &run->record[member->member.source][member->member.slot];
}

/* Reads in place an integer that surely fits: at most 18 bytes. False for anything else. */
static inline bool
tp_slot_short_integer(const struct tp_slot *slot, int64_t *integer)
{
    int64_t value = 0;
    uint32_t at;
    bool minus;

    if (slot->kind != TP_SLOT_INTEGER || slot->len > 18)
        return false;
    minus = slot->ptr[0] == '-';
    if (!minus && slot->len <= 8) { /* most; how many digits they have costs no branch */
        *integer = tp_num_join(tp_num_load(slot->ptr), slot->len);
        return true;
    }
    for (at = minus; at < slot->len; at++)
        value = value * 10 + (slot->ptr[at] - '0');
    *integer = minus ? -value : value;
    return true;
}

static inline bool
tp_is_number(enum tp_kind kind)
{
    return kind == TP_INT || kind == TP_REAL;
}

static inline double
tp_as_real(struct tp_value value)
{
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

static inline bool
tp_is_constant(const struct tp_node *node)
{
    return node->op == TP_OP_CONSTANT;
}

#endif
