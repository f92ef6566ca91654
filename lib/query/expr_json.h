/*
 * expr_json: walks the elements of an array's JSON text. Private to the rooms expr and select.
 */
#ifndef TP_QUERY_EXPR_JSON_H
#define TP_QUERY_EXPR_JSON_H

#include "record/scan.h"

/* JSON is valid JSON text (the scanner made sure). *AT starts at 0; true and the next element as a
 * slot into JSON, false at the end, and at once when JSON is not an array. */
bool tp_json_element(struct tp_str json, size_t *at, struct tp_slot *element);

#endif
