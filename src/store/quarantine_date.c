#include "store/quarantine_date.h"

#include "base/clock.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400

/* Reads two or four digits; -1: they are none. */
static int read_number(const char *text, int digits)
{
	int number = 0;

	for (int i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

bool quarantine_date_read(const char *text, int64_t *day)
{
	struct tm date = { .tm_mday = 0 };
	int month;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	date.tm_year = read_number(text, 4) - 1900;
	date.tm_mon = month = read_number(text + 5, 2) - 1;
	date.tm_mday = read_number(text + 8, 2);
	if (date.tm_year < 0 || month < 0 || month > 11 || date.tm_mday < 1 || date.tm_mday > 31)
		return false;
	*day = timegm(&date) / DAY_SECONDS;
	/* The 31st of February becomes a day in March. */
	return date.tm_mon == month;
}

void quarantine_date_write(int64_t day, char out[16])
{
	time_t seconds = (time_t)(day * DAY_SECONDS);
	struct tm date;

	gmtime_r(&seconds, &date);
	strftime(out, 16, "%Y-%m-%d", &date);
}

int64_t quarantine_date_of(uint64_t wall)
{
	return (int64_t)(wall / CLOCK_SECOND / DAY_SECONDS);
}
