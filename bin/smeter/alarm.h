/*
 * alarm: a condition over the reports of a meter, and the command that is run when it becomes true:
 * one at a time, in the background, and its failure is said and changes nothing else.
 */
#ifndef SMETER_ALARM_H
#define SMETER_ALARM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "filter/operator.h"
#include "query/alert.h"

struct alarm {
    /* Filled by the table of options. */
    const char *text, *command; /* command NULL: the alert is said */

    struct tp_alert *condition;
    pid_t running; /* the command; 0: none */
};

/* Compiles the text. -1 with the reason. */
int alarm_begin(struct alarm *alarm, struct tp_err *err);

/* Judges REPORT, an object and a newline, which is the buffer's to be used. 1: the alert is to be
 * said: it has become true, and no command is there or it still runs. -1 on failure. */
int alarm_judge(struct alarm *alarm, struct tp_stage *stage, struct tp_buf *report,
                struct tp_err *err);

/* Waits for the command's end. */
void alarm_wait(struct alarm *alarm, struct tp_stage *stage);

void alarm_release(struct alarm *alarm);

#endif
