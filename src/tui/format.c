#include "tui/format.h"

#include "base/clock.h"

#include <stdio.h>

const char *format_age(char buffer[FORMAT_SIZE], uint64_t age)
{
	uint64_t seconds = age / CLOCK_SECOND;

	if (seconds < 60)
		snprintf(buffer, FORMAT_SIZE, "%us", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(buffer, FORMAT_SIZE, "%um%02us", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
	else if (seconds < 100 * 3600)
		snprintf(buffer, FORMAT_SIZE, "%uh%02um", (unsigned)(seconds / 3600),
			 (unsigned)(seconds / 60 % 60));
	else
		snprintf(buffer, FORMAT_SIZE, "%lluh", (unsigned long long)(seconds / 3600));
	return buffer;
}

const char *format_duration(char buffer[FORMAT_SIZE], uint64_t duration)
{
	uint64_t centiseconds = (duration + CLOCK_SECOND / 200) / (CLOCK_SECOND / 100);

	if (centiseconds < 1000)
		snprintf(buffer, FORMAT_SIZE, "%u.%02us", (unsigned)(centiseconds / 100),
			 (unsigned)(centiseconds % 100));
	else if (centiseconds < 6000)
		snprintf(buffer, FORMAT_SIZE, "%u.%us", (unsigned)(centiseconds / 100),
			 (unsigned)(centiseconds / 10 % 10));
	else
		format_age(buffer, duration);
	return buffer;
}

const char *format_clock(char buffer[FORMAT_SIZE], uint64_t elapsed)
{
	unsigned long long seconds = elapsed / CLOCK_SECOND;

	if (seconds < 3600)
		snprintf(buffer, FORMAT_SIZE, "%llu:%02llu", seconds / 60, seconds % 60);
	else
		snprintf(buffer, FORMAT_SIZE, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	return buffer;
}

const char *format_bytes(char buffer[FORMAT_SIZE], uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 999.5 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (value < 9.95 && unit > 1)
		snprintf(buffer, FORMAT_SIZE, "%.1f%c", value, units[unit]);
	else
		snprintf(buffer, FORMAT_SIZE, "%.0f%c", value, units[unit]);
	return buffer;
}
