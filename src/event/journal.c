#include "event/journal.h"

#include "base/alloc.h"
#include "base/str.h"
#include "event/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* The first byte is no ASCII and the others hold both kinds of line end, so a text file is never
 * taken for a journal, and a journal that was sent as text is not taken for a whole one. */
static const unsigned char magic[8] = { 0x8a, 'x', 't', 'o', 'p', '\r', '\n', 0 };

enum {
	FORMAT_VERSION = 1,
	FILE_HEADER_SIZE = sizeof(magic) + 4, /* magic, version */
	RECORD_HEADER_SIZE = 8,               /* length, CRC-32 */
	BUFFER_SIZE = 64 * 1024,
};

static void put_u32(void *bytes, uint32_t value)
{
	unsigned char *at = bytes;

	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get_u32(const void *bytes)
{
	const unsigned char *at = bytes;

	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Over the length too: neither a flipped bit in it nor a stretch of zeros passes for a record. */
static uint32_t record_crc(const char *header, const char *payload, uint32_t length)
{
	uLong crc = crc32(0, (const Bytef *)header, 4);

	return (uint32_t)(length ? crc32_z(crc, (const Bytef *)payload, length) : crc);
}

/* ---- writing ---- */

struct journal_writer {
	char *path;
	int fd;          /* -1 after a failure */
	uint64_t size;   /* of the file: the header and whole records */
	struct str buffer; /* whole records, not written yet */
};

/* write(2) until all is written; *done tells how far it came. 0, or -1 with errno. */
static int write_counted(int fd, const char *bytes, size_t length, size_t *done)
{
	*done = 0;
	while (*done < length) {
		ssize_t count = write(fd, bytes + *done, length - *done);

		if (count >= 0)
			*done += (size_t)count;
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

struct journal_writer *journal_create(const char *path, struct error *error)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	char header[FILE_HEADER_SIZE];
	bool is_new = true;
	struct journal_writer *writer;
	size_t done;
	int fd = open(path, flags | O_EXCL, 0666);

	if (fd < 0 && errno == EEXIST) {
		is_new = false;
		fd = open(path, flags | O_TRUNC, 0666);
	}
	if (fd < 0) {
		error_set_errno(error, errno, "%s: cannot record the run here", path);
		return NULL;
	}
	memcpy(header, magic, sizeof(magic));
	put_u32(header + sizeof(magic), FORMAT_VERSION);
	if (write_counted(fd, header, sizeof(header), &done)) {
		error_set_errno(error, errno, "%s: cannot record the run here", path);
		if (is_new)
			unlink(path);
		close(fd);
		return NULL;
	}
	writer = ALLOC_NEW(struct journal_writer);
	writer->path = alloc_string(path);
	writer->fd = fd;
	writer->size = sizeof(header);
	str_init(&writer->buffer);
	return writer;
}

/* Ends the file behind the last record that is in it as a whole. */
static void cut_back(struct journal_writer *writer, size_t written)
{
	size_t whole = 0;

	for (;;) {
		size_t next = whole + RECORD_HEADER_SIZE + get_u32(writer->buffer.data + whole);

		if (next > written)
			break;
		whole = next;
	}
	/* A pipe or a device has no end to move; then the reader finds the cut. */
	while (ftruncate(writer->fd, (off_t)(writer->size + whole)) && errno == EINTR)
		;
}

int journal_flush(struct journal_writer *writer, struct error *error)
{
	size_t done;

	if (writer->fd < 0 || writer->buffer.length == 0)
		return 0;
	if (write_counted(writer->fd, writer->buffer.data, writer->buffer.length, &done)) {
		error_set_errno(error, errno, "%s: the recording ends here", writer->path);
		cut_back(writer, done);
		close(writer->fd);
		writer->fd = -1;
		str_fini(&writer->buffer);
		return -1;
	}
	writer->size += done;
	/* An event may have been large; its memory is not kept. */
	if (writer->buffer.capacity > 4 * (size_t)BUFFER_SIZE)
		str_fini(&writer->buffer);
	str_clear(&writer->buffer);
	return 0;
}

int journal_append(struct journal_writer *writer, const struct event *event, struct error *error)
{
	struct str *buffer = &writer->buffer;
	size_t start = buffer->length;
	uint32_t length;
	char *header;

	if (writer->fd < 0)
		return 0;
	str_add(buffer, "\0\0\0\0\0\0\0", RECORD_HEADER_SIZE);
	event_encode(event, buffer);
	length = (uint32_t)(buffer->length - start - RECORD_HEADER_SIZE);
	header = buffer->data + start;
	put_u32(header, length);
	put_u32(header + 4, record_crc(header, header + RECORD_HEADER_SIZE, length));
	return buffer->length >= BUFFER_SIZE ? journal_flush(writer, error) : 0;
}

int journal_close(struct journal_writer *writer, struct error *error)
{
	int result;

	if (!writer)
		return 0;
	result = journal_flush(writer, error);
	/* Some file systems say only now that there was no room. */
	if (writer->fd >= 0 && close(writer->fd) && errno != EINTR)
		result = error_set_errno(error, errno, "%s: the recording may be incomplete", writer->path);
	str_fini(&writer->buffer);
	free(writer->path);
	free(writer);
	return result;
}

/* ---- reading ---- */

struct journal_reader {
	int fd;
	bool ended;
	int failure; /* errno of a read that failed */
	uint64_t lost;
	char *bytes; /* start … end is what was read from the file and not yet given */
	size_t start, end, capacity;
};

/* Reads until `wanted` bytes are there. False: the file has no more (or can't be read). The buffer grows
 * with what is really in the file, never with a length that the file only claims. */
static bool fill(struct journal_reader *reader, size_t wanted)
{
	while (reader->end - reader->start < wanted) {
		ssize_t count;

		if (reader->start) {
			memmove(reader->bytes, reader->bytes + reader->start, reader->end - reader->start);
			reader->end -= reader->start;
			reader->start = 0;
		}
		if (reader->end == reader->capacity) {
			reader->capacity = reader->capacity ? 2 * reader->capacity : BUFFER_SIZE;
			reader->bytes = alloc_resized(reader->bytes, reader->capacity, 1);
		}
		do {
			count = read(reader->fd, reader->bytes + reader->end, reader->capacity - reader->end);
		} while (count < 0 && errno == EINTR);
		if (count <= 0) {
			reader->failure = count < 0 ? errno : 0;
			return false;
		}
		reader->end += (size_t)count;
	}
	return true;
}

/* NULL is success. */
static const char *check_header(struct journal_reader *reader, uint32_t *version)
{
	const char *header;
	size_t length;

	if (!fill(reader, FILE_HEADER_SIZE) && reader->failure)
		return strerror(reader->failure);
	header = reader->bytes + reader->start;
	length = reader->end - reader->start;
	if (length == 0)
		return "is empty";
	if (memcmp(header, magic, length < sizeof(magic) ? length : sizeof(magic)) != 0)
		return "is no recording of xtop (make one with --record)";
	if (length < FILE_HEADER_SIZE)
		return "is a recording that was cut off before its first event";
	*version = get_u32(header + sizeof(magic));
	if (*version == 0)
		return "is a damaged recording";
	reader->start += FILE_HEADER_SIZE;
	return NULL;
}

struct journal_reader *journal_open(const char *path, struct error *error)
{
	struct journal_reader *reader;
	const char *complaint;
	uint32_t version = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		error_set_errno(error, errno, "%s", path);
		return NULL;
	}
	reader = ALLOC_NEW(struct journal_reader);
	reader->fd = fd;
	complaint = check_header(reader, &version);
	if (!complaint && version <= FORMAT_VERSION)
		return reader;
	if (complaint)
		error_set(error, "%s: %s", path, complaint);
	else
		error_set(error, "%s: was recorded by a newer xtop (format %u, this one reads up to %d)", path,
			  (unsigned)version, FORMAT_VERSION);
	journal_reader_free(reader);
	return NULL;
}

/* Counts what is left, so that the user can be told. */
static void end_of_journal(struct journal_reader *reader)
{
	reader->ended = true;
	do {
		reader->lost += reader->end - reader->start;
		reader->start = reader->end = 0;
	} while (fill(reader, 1));
	if (reader->failure) { /* What can't be read is lost too. */
		off_t here = lseek(reader->fd, 0, SEEK_CUR), end = lseek(reader->fd, 0, SEEK_END);

		if (here >= 0 && end > here)
			reader->lost += (uint64_t)(end - here);
	}
}

int journal_next(struct journal_reader *reader, struct event *event)
{
	while (!reader->ended) {
		const char *record;
		uint32_t length;

		if (!fill(reader, RECORD_HEADER_SIZE))
			break;
		length = get_u32(reader->bytes + reader->start);
		if (!fill(reader, (size_t)RECORD_HEADER_SIZE + length))
			break;
		record = reader->bytes + reader->start;
		if (get_u32(record + 4) != record_crc(record, record + RECORD_HEADER_SIZE, length))
			break;
		reader->start += (size_t)RECORD_HEADER_SIZE + length;
		if (event_decode(record + RECORD_HEADER_SIZE, length, event) == 0)
			return 1;
	}
	if (!reader->ended)
		end_of_journal(reader);
	return 0;
}

uint64_t journal_bytes_lost(const struct journal_reader *reader)
{
	return reader->lost;
}

void journal_reader_free(struct journal_reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	free(reader->bytes);
	free(reader);
}
