/* Any bytes as a journal.  The first byte of the input chooses how: as they are, or as the payload of records
 * with a right header and checksum, which a fuzzer would not find by itself. */
#include "event/codec.h"
#include "event/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_u32(struct str *out, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		str_add_char(out, (char)(value >> 8 * i));
}

/* Each record is a byte of length and as much of the input as it says. */
static void wrap(struct str *out, const uint8_t *data, size_t size)
{
	str_add(out, "\x8axtop\r\n\0\1\0\0\0", 12);
	while (size > 0) {
		uint32_t length = data[0] < size ? data[0] : (uint32_t)size - 1;
		size_t start = out->length;
		uLong crc;

		add_u32(out, length);
		crc = crc32(0, (const Bytef *)out->data + start, 4);
		add_u32(out, (uint32_t)(length ? crc32(crc, data + 1, length) : crc));
		str_add(out, data + 1, length);
		data += 1 + length;
		size -= 1 + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str file = STR_INIT, out = STR_INIT;
	struct journal_reader *reader;
	struct event event;
	char path[64];
	uint64_t events = 0;
	int fd = memfd_create("journal", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	if (size > 0 && data[0] & 1)
		wrap(&file, data + 1, size - 1);
	else if (size > 0)
		str_add(&file, data + 1, size - 1);
	if (write(fd, file.data, file.length) != (ssize_t)file.length)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = journal_open(path, NULL);
	if (reader) {
		while (journal_next(reader, &event) == 1) {
			str_clear(&out);
			event_encode(&event, &out); /* reads every byte that the event borrows */
			events++;
		}
		if (events * 9 + journal_bytes_lost(reader) > file.length)
			abort();
		journal_reader_free(reader);
	}
	close(fd);
	str_fini(&file);
	str_fini(&out);
	return 0;
}
