#include "base/err.h"

#include <stdio.h>
#include <string.h>

/* Text is formatted here first, because the arguments may point into the message that it replaces.  The
 * bytes beyond the message's size show whether a character stands across the cut. */
struct draft {
	char text[ERROR_MESSAGE_SIZE + 4];
};

static void format_draft(struct draft *draft, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void format_draft(struct draft *draft, const char *format, va_list args)
{
	if (vsnprintf(draft->text, sizeof(draft->text), format, args) < 0)
		draft->text[0] = '\0';
}

/* The bytes of `text` that fit into `room` without cutting a UTF-8 character in two. */
static size_t fitting(const char *text, size_t room)
{
	size_t length = strlen(text);

	if (length <= room)
		return length;
	while (room > 0 && ((unsigned char)text[room] & 0xC0) == 0x80)
		room--;
	return room;
}

static int store(struct error *error, const char *text, const char *cause)
{
	size_t room = ERROR_MESSAGE_SIZE - 1;
	size_t length;

	if (*cause) {
		/* Where both don't fit, the cause keeps its end and the text before it gives way, down
		 * to a half. */
		size_t tail = strlen(cause) + 2;

		room = tail < ERROR_MESSAGE_SIZE / 2 ? room - tail : ERROR_MESSAGE_SIZE / 2;
	}
	length = fitting(text, room);
	memcpy(error->message, text, length);
	if (*cause) {
		size_t more;

		memcpy(error->message + length, ": ", 2);
		length += 2;
		more = fitting(cause, ERROR_MESSAGE_SIZE - 1 - length);
		memcpy(error->message + length, cause, more);
		length += more;
	}
	while (length > 0 && error->message[length - 1] == '\n')
		length--;
	error->message[length] = '\0';
	return -1;
}

int error_set(struct error *error, const char *format, ...)
{
	struct draft draft;
	va_list args;

	if (!error)
		return -1;
	va_start(args, format);
	format_draft(&draft, format, args);
	va_end(args);
	return store(error, draft.text, "");
}

int error_set_errno(struct error *error, int number, const char *format, ...)
{
	struct draft draft;
	va_list args;

	if (!error)
		return -1;
	va_start(args, format);
	format_draft(&draft, format, args);
	va_end(args);
	return store(error, draft.text, strerror(number));
}

int error_prefix(struct error *error, const char *format, ...)
{
	struct draft draft;
	struct error old;
	va_list args;

	if (!error)
		return -1;
	va_start(args, format);
	format_draft(&draft, format, args);
	va_end(args);
	old = *error;
	return store(error, draft.text, old.message);
}
