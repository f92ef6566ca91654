/*
 * verbs: all of them, in the order in which they are listed.
 */
#ifndef TIDEPIPE_VERBS_H
#define TIDEPIPE_VERBS_H

#include "verb.h"

extern const struct verb verb_help, verb_run, verb_status, verb_state, verb_doctor;

#define TIDEPIPE_VERBS &verb_help, &verb_run, &verb_status, &verb_state, &verb_doctor

#endif
