/*
 * in_wait: what tp_in_wait asks of each input.
 */
#ifndef TP_STREAM_IN_WAIT_H
#define TP_STREAM_IN_WAIT_H

#include "stream/in.h"

enum tp_in_readiness {
    TP_IN_OVER,  /* TP_IN_END was returned */
    TP_IN_READY, /* tp_in_next would answer without a read that might find nothing */
    TP_IN_ASK,   /* the descriptor knows */
};

enum tp_in_readiness tp_in_readiness(const struct tp_in *in);

#endif
