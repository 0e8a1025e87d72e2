/* Text into XML 1.0, which has no place for control characters. */
#ifndef XTOP_REPORT_XML_H
#define XTOP_REPORT_XML_H

#include "base/str.h"

/* Appends text from outside: escape sequences removed, carriage returns at the ends of lines too, what XML
 * can't hold spelled out (^A, <FF>, <U+FFFE>), and the rest escaped. */
void xml_add_text(struct str *out, struct slice text);
/* Appends ` name="value"`; nothing for NULL. */
void xml_add_attribute(struct str *out, const char *name, const char *value);

#endif
