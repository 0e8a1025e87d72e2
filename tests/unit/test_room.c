#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "engine/resting.h"
#include "worker/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* --- reading --- */

static char directory[64], proc[80];

static int enter(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/xtop-room-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(proc, sizeof(proc), "%s/proc", directory);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return fs_remove_tree(directory, NULL);
}

static char *put(const char *name, const char *text)
{
	char *path = fs_join(directory, name), *parent = fs_directory_of(path);
	struct error error = ERROR_INIT;
	if (fs_make_directories(parent, &error) != 0 || fs_write_atomically(path, text, strlen(text), &error) != 0)
		fail_msg("%s", error.message);
	free(parent);
	return path;
}

static void put_machine(const char *total, const char *available)
{
	char *text = alloc_format("MemTotal:       %s kB\nMemFree:  1 kB\nMemAvailable:   %s kB\n", total, available);
	free(put("proc/meminfo", text));
	free(text);
}

static void put_group(const char *limit, const char *used)
{
	char *mounts = alloc_format("30 22 0:26 / %s/cg rw - cgroup2 cgroup2 rw\n", directory);
	free(put("proc/self/cgroup", "0::/a\n"));
	free(put("proc/self/mountinfo", mounts));
	free(put("cg/a/memory.max", limit));
	free(put("cg/a/memory.current", used));
	free(mounts);
}

static struct room read_room(const char *meminfo)
{
	struct room_source source;
	struct room room;
	room_source_init(&source, proc, meminfo);
	room_read(&source, &room);
	return room;
}

static void nothing_that_can_be_read_is_enough(void **state)
{
	(void)state;
	const struct room_bound *bound;
	struct room room = read_room(NULL);
	assert_int_equal(room.machine.total, 0);
	assert_int_equal(room.group.total, 0);
	assert_true(room.stalled < 0);
	assert_int_equal(room_judge(&room, GIB, &bound), ROOM_ENOUGH);
	assert_null(bound);
}

static void machine_group_and_stalls_are_read(void **state)
{
	(void)state;
	put_machine("8000000", "6000000");
	put_group("104857600\n", "73400320\n");
	free(put("proc/pressure/memory", "some avg10=9.00 avg60=0.00 avg300=0.00 total=1\n"
					 "full avg10=1.25 avg60=0.00 avg300=0.00 total=1\n"));
	char *stalled = put("cg/a/memory.pressure", "some avg10=80.00 avg60=0.00 avg300=0.00 total=1\n"
						    "full avg10=40.50 avg60=0.00 avg300=0.00 total=1\n");
	struct room room = read_room(NULL);
	assert_int_equal(room.machine.total, UINT64_C(8000000) * 1024);
	assert_int_equal(room.machine.left, UINT64_C(6000000) * 1024);
	assert_int_equal(room.group.total, 100 * MIB);
	assert_int_equal(room.group.left, 30 * MIB);
	assert_non_null(strstr(room.group.file, "/cg/a/memory.max"));
	assert_true(room.stalled == 40.5);
	assert_string_equal(room.stalled_file, stalled);
	free(stalled);
}

static void another_meminfo_takes_the_place_of_the_machines(void **state)
{
	(void)state;
	put_machine("8000000", "6000000");
	char *other = put("other", "MemTotal: 100 kB\nMemAvailable: 7 kB\n");
	struct room room = read_room(other);
	assert_int_equal(room.machine.left, 7 * 1024);
	assert_string_equal(room.machine.file, other);
	free(other);
}

static void an_old_kernel_without_an_estimate_tells_nothing(void **state)
{
	(void)state;
	free(put("proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 10 kB\n"));
	assert_int_equal(read_room(NULL).machine.total, 0);
}

/* --- judging --- */

static struct room machine_with(uint64_t total, uint64_t available)
{
	return (struct room){ .machine = { total, available, "meminfo" }, .stalled = -1 };
}

static void levels_have_a_gap_between_them(void **state)
{
	(void)state;
	/* 5 % are 50. */
	static const struct {
		uint64_t left;
		enum room_level level;
	} cases[] = { { 75, ROOM_ENOUGH }, { 74, ROOM_NARROW }, { 50, ROOM_NARROW },
		      { 49, ROOM_LOW },    { 25, ROOM_LOW },    { 24, ROOM_SCARCE } };
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct room_bound *bound;
		struct room room = machine_with(1000 * MIB, cases[i].left * MIB);
		assert_int_equal(room_judge(&room, 0, &bound), cases[i].level);
		assert_ptr_equal(bound, &room.machine);
	}
}

static void of_a_large_machine_a_gibibyte_is_enough(void **state)
{
	(void)state;
	const struct room_bound *bound;
	struct room room = machine_with(1000 * GIB, 2 * GIB);
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_ENOUGH);
	room = machine_with(1000 * GIB, GIB - 1);
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_LOW);
}

static void what_the_next_test_may_need_counts_where_it_is_more(void **state)
{
	(void)state;
	const struct room_bound *bound;
	struct room room = machine_with(10 * GIB, 3 * GIB);
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_ENOUGH);
	assert_int_equal(room_judge(&room, 4 * GIB, &bound), ROOM_LOW);
	assert_int_equal(room_judge(&room, 3 * GIB, &bound), ROOM_NARROW);
	assert_int_equal(room_judge(&room, 2 * GIB, &bound), ROOM_ENOUGH);
	assert_int_equal(room_judge(&room, 7 * GIB, &bound), ROOM_SCARCE);
	assert_int_equal(room_judge(&room, MIB, &bound), ROOM_ENOUGH);
}

static void the_tightest_counts(void **state)
{
	(void)state;
	const struct room_bound *bound;
	struct room room = machine_with(1000 * MIB, 30 * MIB);
	room.group = (struct room_bound){ 100 * MIB, 50 * MIB, "group" };
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_LOW);
	assert_ptr_equal(bound, &room.machine);
	room.group.left = 1;
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_SCARCE);
	assert_ptr_equal(bound, &room.group);
}

static void standing_still_is_low_whatever_is_left(void **state)
{
	(void)state;
	const struct room_bound *bound;
	struct room room = machine_with(1000 * MIB, 900 * MIB);
	struct str text = STR_INIT;
	room.stalled = 4.9;
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_ENOUGH);
	assert_ptr_equal(bound, &room.machine);
	room.stalled = 10;
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_NARROW);
	room.stalled = 23.4;
	snprintf(room.stalled_file, sizeof(room.stalled_file), "/p");
	assert_int_equal(room_judge(&room, 0, &bound), ROOM_LOW);
	assert_null(bound);
	room_describe(&room, bound, &text);
	assert_string_equal(text.data, "everything stood still for want of memory 23 % of the last 10 s (/p)");
	str_fini(&text);
}

static void what_is_left_is_said_in_whole_units(void **state)
{
	(void)state;
	struct room room = machine_with(8 * GIB, 312 * MIB);
	struct str text = STR_INIT;
	room_describe(&room, &room.machine, &text);
	assert_string_equal(text.data, "312M of 8G of memory are left (meminfo)");
	str_fini(&text);
}

/* --- which workers rest --- */

/* `given`: a letter a worker, large letters work, 'a' uses least. Returns a mark for each: '-' rests. */
static const char *rest(const char *given, bool most)
{
	static char marks[16];
	struct resting_candidate candidates[16] = { { 0, false } };
	bool rests[16];
	size_t count = strlen(given);
	for (size_t i = 0; i < count; i++) {
		bool works = given[i] >= 'A' && given[i] <= 'Z';
		candidates[i] = (struct resting_candidate){ (uint64_t)(given[i] | 0x20), works };
	}
	resting_choose(candidates, count, most, rests);
	for (size_t i = 0; i < count; i++)
		marks[i] = rests[i] ? '-' : given[i];
	marks[count] = '\0';
	return marks;
}

static void half_of_the_workers_rest_the_biggest_first(void **state)
{
	(void)state;
	assert_string_equal(rest("ABCD", false), "AB--");
	assert_string_equal(rest("DCBA", false), "--BA");
	assert_string_equal(rest("ABC", false), "AB-");
	assert_string_equal(rest("AB", false), "A-");
}

static void of_equal_ones_the_later_rests(void **state)
{
	(void)state;
	assert_string_equal(rest("AAAA", false), "AA--");
	assert_string_equal(rest("AAAA", true), "A---");
}

static void idle_ones_rest_before_those_that_work(void **state)
{
	(void)state;
	assert_string_equal(rest("aBcD", false), "-B-D");
	assert_string_equal(rest("aBcc", true), "-B--");
}

static void one_always_goes_on(void **state)
{
	(void)state;
	assert_string_equal(rest("A", true), "A");
	assert_string_equal(rest("a", false), "a");
	assert_string_equal(rest("", true), "");
	assert_string_equal(rest("zba", true), "--a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_that_can_be_read_is_enough, enter, leave),
		cmocka_unit_test_setup_teardown(machine_group_and_stalls_are_read, enter, leave),
		cmocka_unit_test_setup_teardown(another_meminfo_takes_the_place_of_the_machines, enter, leave),
		cmocka_unit_test_setup_teardown(an_old_kernel_without_an_estimate_tells_nothing, enter, leave),
		cmocka_unit_test(levels_have_a_gap_between_them),
		cmocka_unit_test(of_a_large_machine_a_gibibyte_is_enough),
		cmocka_unit_test(what_the_next_test_may_need_counts_where_it_is_more),
		cmocka_unit_test(the_tightest_counts),
		cmocka_unit_test(standing_still_is_low_whatever_is_left),
		cmocka_unit_test(what_is_left_is_said_in_whole_units),
		cmocka_unit_test(half_of_the_workers_rest_the_biggest_first),
		cmocka_unit_test(of_equal_ones_the_later_rests),
		cmocka_unit_test(idle_ones_rest_before_those_that_work),
		cmocka_unit_test(one_always_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
