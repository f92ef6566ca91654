/*
 * text_width: the terminal columns of one character. Private to value/text.
 */
#ifndef TP_VALUE_TEXT_WIDTH_H
#define TP_VALUE_TEXT_WIDTH_H

#include <stdint.h>

unsigned tp_text_columns(uint32_t code); /* 0, 1 or 2 */

#endif
