/* Days as quarantine.yaml writes them: UTC, YYYY-MM-DD. Private to store/ and its tests. */
#ifndef XTOP_STORE_QUARANTINE_DATE_H
#define XTOP_STORE_QUARANTINE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Days are counted from 1970-01-01, earlier ones are negative. */
bool quarantine_date_read(const char *text, int64_t *day); /* false: there is no such day */
void quarantine_date_write(int64_t day, char out[16]);     /* of the years 1900 to 9999 */
int64_t quarantine_date_of(uint64_t wall);                 /* ns since 1970 */

#endif
