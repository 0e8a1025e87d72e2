#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "worker/cgroup.h"
#include "worker/cpus.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/* A directory with a proc of our own, and groups as they could be mounted. */
struct place {
	char directory[64];
	char *proc;
};

static int enter_place(void **state)
{
	struct place *place = ALLOC_NEW(struct place);
	unsetenv("PYTEST_XDIST_AUTO_NUM_WORKERS");
	snprintf(place->directory, sizeof(place->directory), "/tmp/xtop-cpus-XXXXXX");
	if (!mkdtemp(place->directory))
		return -1;
	place->proc = fs_join(place->directory, "proc");
	*state = place;
	return 0;
}

static int leave_place(void **state)
{
	struct place *place = *state;
	int status = fs_remove_tree(place->directory, NULL);
	unsetenv("PYTEST_XDIST_AUTO_NUM_WORKERS");
	free(place->proc);
	free(place);
	return status;
}

/* Writes a file below the place; HERE in its text is the place's directory. */
static void put(struct place *place, const char *name, const char *text)
{
	char *path = fs_join(place->directory, name);
	char *directory = fs_directory_of(path);
	struct str content = STR_INIT;
	struct error error = ERROR_INIT;
	for (const char *at = text, *next; *at; at = next) {
		next = strstr(at, "HERE");
		if (!next) {
			str_add_text(&content, at);
			break;
		}
		str_add(&content, at, (size_t)(next - at));
		str_add_text(&content, place->directory);
		next += 4;
	}
	if (fs_make_directories(directory, &error) != 0 ||
	    fs_write_atomically(path, content.data, content.length, &error) != 0)
		fail_msg("%s", error.message);
	str_fini(&content);
	free(directory);
	free(path);
}

static void assert_file(const struct place *place, const char *expected, const char *found)
{
	char *path = *expected ? fs_join(place->directory, expected) : alloc_string("");
	assert_string_equal(found, path);
	free(path);
}

static struct cgroup_limits limits_of(const struct place *place)
{
	struct cgroup_limits limits;
	cgroup_read(place->proc, &limits);
	return limits;
}

static void mount_v2(struct place *place, const char *own)
{
	char *line = alloc_format("0::%s\n", own);
	put(place, "proc/self/cgroup", line);
	put(place, "proc/self/mountinfo",
	    "22 1 0:5 / /proc rw - proc proc rw\n"
	    "30 22 0:26 / HERE/cg rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
	free(line);
}

static void nothing_mounted_sets_no_limit(void **state)
{
	struct place *place = *state;
	struct cgroup_limits limits = limits_of(place);
	assert_true(isinf(limits.quota));
	assert_true(limits.memory == UINT64_MAX);
	assert_string_equal(limits.quota_file, "");
	assert_string_equal(limits.memory_file, "");
}

static void v2_quota_is_read_from_the_own_group(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a.slice/b.scope");
	put(place, "cg/a.slice/b.scope/cpu.max", "250000 100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 2.5);
	assert_file(place, "cg/a.slice/b.scope/cpu.max", limits.quota_file);
}

static void narrowest_quota_on_the_way_up_counts(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a/b/c");
	put(place, "cg/a/b/c/cpu.max", "400000 100000\n");
	put(place, "cg/a/b/cpu.max", "max 100000\n");
	put(place, "cg/a/cpu.max", "150000 100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 1.5);
	assert_file(place, "cg/a/cpu.max", limits.quota_file);
}

static void quota_at_the_mount_itself_counts(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/");
	put(place, "cg/cpu.max", "50000 100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 0.5);
	assert_file(place, "cg/cpu.max", limits.quota_file);
}

static void max_is_no_quota_and_no_limit(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a");
	put(place, "cg/a/cpu.max", "max 100000\n");
	put(place, "cg/a/memory.max", "max\n");
	put(place, "cg/a/memory.high", "max\n");
	put(place, "cg/a/memory.current", "1048576\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(isinf(limits.quota));
	assert_string_equal(limits.quota_file, "");
	assert_true(limits.memory == UINT64_MAX);
}

static void path_is_relative_to_what_is_mounted(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "0::/docker/4f2a/inner\n");
	put(place, "proc/self/mountinfo", "30 22 0:26 /docker/4f2a HERE/cg rw - cgroup2 cgroup2 rw\n");
	put(place, "cg/inner/cpu.max", "300000 100000\n");
	put(place, "cg/cpu.max", "200000 100000\n");
	/* Not this process's, though its path below the mount looks so. */
	put(place, "cg/docker/4f2a/inner/cpu.max", "100000 100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 2);
	assert_file(place, "cg/cpu.max", limits.quota_file);
}

static void mount_above_the_group_goes_before_others(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "0::/docker/4f2a\n");
	put(place, "proc/self/mountinfo",
	    "30 22 0:26 /docker/other HERE/other rw - cgroup2 cgroup2 rw\n"
	    "31 22 0:26 /docker/4f HERE/prefix rw - cgroup2 cgroup2 rw\n"
	    "32 22 0:26 /docker HERE/cg rw - cgroup2 cgroup2 rw\n"
	    "33 22 0:26 /docker HERE/again rw - cgroup2 cgroup2 rw\n");
	put(place, "other/cpu.max", "100000 100000\n");
	put(place, "prefix/cpu.max", "100000 100000\n");
	put(place, "cg/4f2a/cpu.max", "300000 100000\n");
	assert_true(limits_of(place).quota == 3);
}

static void first_of_mounts_beside_the_group_counts(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "0::/elsewhere\n");
	put(place, "proc/self/mountinfo",
	    "31 22 0:26 /../.. HERE/first rw - cgroup2 cgroup2 rw\n"
	    "32 22 0:26 /docker HERE/second rw - cgroup2 cgroup2 rw\n");
	put(place, "first/cpu.max", "300000 100000\n");
	put(place, "second/cpu.max", "100000 100000\n");
	assert_true(limits_of(place).quota == 3);
}

static void path_out_of_the_namespace_means_the_mount(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/../elsewhere");
	put(place, "cg/cpu.max", "200000 100000\n");
	put(place, "elsewhere/cpu.max", "100000 100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 2);
	assert_file(place, "cg/cpu.max", limits.quota_file);
}

static void blanks_in_a_mount_point_are_unescaped(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "0::/\n");
	put(place, "proc/self/mountinfo", "30 22 0:26 / HERE/c\\040g\\134 rw - cgroup2 cgroup2 rw\n");
	put(place, "c g\\/cpu.max", "200000 100000\n");
	assert_true(limits_of(place).quota == 2);
}

static void v1_quota_counts_where_cpu_is_mounted_with_others(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "5:memory:/m\n4:cpuset:/other\n3:cpu,cpuacct:/a/b\n0::/\n");
	put(place, "proc/self/mountinfo",
	    "31 22 0:27 / HERE/cpuset rw - cgroup cgroup rw,cpuset\n"
	    "32 22 0:28 / HERE/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
	put(place, "cpuset/a/b/cpu.cfs_quota_us", "1000\n");
	put(place, "cpuset/a/b/cpu.cfs_period_us", "100000\n");
	put(place, "cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
	put(place, "cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
	put(place, "cpu,cpuacct/a/cpu.cfs_quota_us", "320000\n");
	put(place, "cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 3.2);
	assert_file(place, "cpu,cpuacct/a/cpu.cfs_quota_us", limits.quota_file);
}

static void both_versions_at_once_count(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "1:cpu:/a\n0::/b\n");
	put(place, "proc/self/mountinfo",
	    "31 22 0:27 / HERE/cpu rw - cgroup cgroup rw,cpu\n"
	    "32 22 0:28 / HERE/unified rw - cgroup2 cgroup2 rw\n");
	put(place, "cpu/a/cpu.cfs_quota_us", "200000\n");
	put(place, "cpu/a/cpu.cfs_period_us", "100000\n");
	put(place, "unified/b/memory.max", "1048576\n");
	put(place, "unified/b/memory.current", "4096\n");
	struct cgroup_limits limits = limits_of(place);
	assert_true(limits.quota == 2);
	assert_int_equal(limits.memory, 1048576 - 4096);
}

static void pages_of_files_that_can_go_count_as_free(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a");
	put(place, "cg/a/memory.max", "104857600\n");
	put(place, "cg/a/memory.current", "62914560\n");
	put(place, "cg/a/memory.stat", "anon 1\ninactive_anon 7\nactive_file 3\ninactive_file 20971520\n");
	struct cgroup_limits limits = limits_of(place);
	assert_int_equal(limits.memory, 60 * MIB);
	assert_file(place, "cg/a/memory.max", limits.memory_file);
}

static void least_memory_left_on_the_way_up_counts(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a/b");
	/* The larger limit is the narrower one: siblings use most of it. */
	put(place, "cg/a/b/memory.max", "104857600\n");
	put(place, "cg/a/b/memory.current", "0\n");
	put(place, "cg/a/memory.max", "1048576000\n");
	put(place, "cg/a/memory.current", "1027604480\n");
	struct cgroup_limits limits = limits_of(place);
	assert_int_equal(limits.memory, 20 * MIB);
	assert_file(place, "cg/a/memory.max", limits.memory_file);
}

static void memory_high_is_a_limit(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a");
	put(place, "cg/a/memory.max", "max\n");
	put(place, "cg/a/memory.high", "52428800\n");
	put(place, "cg/a/memory.current", "10485760\n");
	struct cgroup_limits limits = limits_of(place);
	assert_int_equal(limits.memory, 40 * MIB);
	assert_file(place, "cg/a/memory.high", limits.memory_file);
}

static void more_used_than_allowed_leaves_nothing(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a");
	put(place, "cg/a/memory.max", "1048576\n");
	put(place, "cg/a/memory.current", "2097152\n");
	assert_int_equal(limits_of(place).memory, 0);
}

static void v1_memory_is_read_and_its_largest_number_is_no_limit(void **state)
{
	struct place *place = *state;
	put(place, "proc/self/cgroup", "1:memory:/a/b\n");
	put(place, "proc/self/mountinfo", "31 22 0:27 / HERE/memory rw - cgroup cgroup rw,memory\n");
	put(place, "memory/a/b/memory.limit_in_bytes", "104857600\n");
	put(place, "memory/a/b/memory.usage_in_bytes", "62914560\n");
	put(place, "memory/a/b/memory.stat", "inactive_file 1\ntotal_inactive_file 10485760\n");
	put(place, "memory/a/memory.limit_in_bytes", "9223372036854771712\n");
	put(place, "memory/a/memory.usage_in_bytes", "9223372036854771000\n");
	struct cgroup_limits limits = limits_of(place);
	assert_int_equal(limits.memory, 50 * MIB);
	assert_file(place, "memory/a/b/memory.limit_in_bytes", limits.memory_file);
}

static void nonsense_in_files_sets_no_limit(void **state)
{
	struct place *place = *state;
	static const char *const texts[] = { "", "\n", "x y\n", "0 0\n", "100000 0\n", "-5 100000\n" };
	mount_v2(place, "/a");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(place, "cg/a/cpu.max", texts[i]);
		put(place, "cg/a/memory.max", "12x\n");
		put(place, "cg/a/memory.current", "1\n");
		struct cgroup_limits limits = limits_of(place);
		assert_true(limits.memory == UINT64_MAX);
		assert_true(isinf(limits.quota));
	}
	put(place, "proc/self/mountinfo", "31\n- \n31 22 0:27 / /x rw - cgroup2\n\n");
	assert_true(isinf(limits_of(place).quota));
}

static unsigned affinity(void)
{
	cpu_set_t set;
	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return (unsigned)CPU_COUNT(&set);
}

static struct cpus_count count_of(const struct place *place, uint64_t worker_memory)
{
	struct cpus_count count;
	cpus_count_by(place->proc, worker_memory, &count);
	return count;
}

static void without_limits_there_is_a_worker_for_each_cpu_of_the_process(void **state)
{
	struct place *place = *state;
	struct cpus_count count = count_of(place, 0);
	assert_int_equal(count.affinity, affinity());
	assert_true(count.online >= count.affinity);
	assert_int_equal(count.workers, affinity());
	assert_int_equal(count.by_memory, 0);
	assert_int_equal(count.memory, 0);
}

static void affinity_to_one_cpu_gives_one_worker(void **state)
{
	struct place *place = *state;
	cpu_set_t before, one;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (unsigned i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	struct cpus_count count = count_of(place, 0);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(count.affinity, 1);
	assert_int_equal(count.workers, 1);
	assert_true(count.online >= (unsigned)CPU_COUNT(&before));
}

static void quota_is_rounded_up(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/");
	put(place, "cg/cpu.max", "10000 100000\n");
	assert_int_equal(count_of(place, 0).workers, 1);
	put(place, "cg/cpu.max", "110000 100000\n");
	assert_int_equal(count_of(place, 0).workers, affinity() < 2 ? 1 : 2);
	put(place, "cg/cpu.max", "99999900000 100000\n");
	assert_int_equal(count_of(place, 0).workers, affinity());
}

static void memory_bounds_workers_where_their_size_is_known(void **state)
{
	struct place *place = *state;
	put(place, "proc/meminfo",
	    "MemTotal: 8192 kB\nMemFree: 1 kB\nMemAvailable:    3072 kB\nBuffers: 0 kB\n");
	struct cpus_count count = count_of(place, 2 * MIB);
	assert_int_equal(count.memory, 3 * MIB);
	assert_file(place, "proc/meminfo", count.memory_file);
	assert_int_equal(count.worker_memory, 2 * MIB);
	assert_int_equal(count.by_memory, 1);
	assert_int_equal(count.workers, 1);

	count = count_of(place, 1);
	assert_int_equal(count.by_memory, 3 * MIB);
	assert_int_equal(count.workers, affinity());

	count = count_of(place, 0);
	assert_int_equal(count.memory, 3 * MIB);
	assert_int_equal(count.by_memory, 0);
	assert_int_equal(count.workers, affinity());
}

static void one_worker_runs_where_memory_suffices_for_none(void **state)
{
	struct place *place = *state;
	put(place, "proc/meminfo", "MemAvailable: 3072 kB\n");
	struct cpus_count count = count_of(place, 1024 * MIB);
	assert_int_equal(count.by_memory, 1);
	assert_int_equal(count.workers, 1);
}

static void group_lowers_the_memory_of_the_machine(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/a");
	put(place, "proc/meminfo", "MemAvailable: 8192 kB\n");
	put(place, "cg/a/memory.max", "5242880\n");
	put(place, "cg/a/memory.current", "1048576\n");
	struct cpus_count count = count_of(place, 3 * MIB);
	assert_int_equal(count.memory, 4 * MIB);
	assert_file(place, "cg/a/memory.max", count.memory_file);
	assert_int_equal(count.by_memory, 1);

	put(place, "cg/a/memory.max", "524288000\n");
	count = count_of(place, 3 * MIB);
	assert_int_equal(count.memory, 8 * MIB);
	assert_file(place, "proc/meminfo", count.memory_file);
	assert_int_equal(count.by_memory, 2);
}

static void what_the_environment_tells_goes_before_all(void **state)
{
	struct place *place = *state;
	mount_v2(place, "/");
	put(place, "cg/cpu.max", "10000 100000\n");
	setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "17", 1);
	struct cpus_count count = count_of(place, 0);
	assert_int_equal(count.told, 17);
	assert_int_equal(count.workers, 17);

	static const char *const wrong[] = { "", "0", "-3", "4x", "many", "100000" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", wrong[i], 1);
		count = count_of(place, 0);
		assert_int_equal(count.told, 0);
		assert_int_equal(count.workers, 1);
	}
}

static void open_files_suffice_for_some_workers(void **state)
{
	(void)state;
	assert_int_equal(cpus_by_files(0), 1);
	assert_int_equal(cpus_by_files(24), 1);
	assert_int_equal(cpus_by_files(29), 1);
	assert_int_equal(cpus_by_files(30), 2);
	assert_int_equal(cpus_by_files(64), 13);
	assert_int_equal(cpus_by_files(UINT64_MAX), UINT32_MAX);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, enter_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(nothing_mounted_sets_no_limit),
		IN_PLACE(v2_quota_is_read_from_the_own_group),
		IN_PLACE(narrowest_quota_on_the_way_up_counts),
		IN_PLACE(quota_at_the_mount_itself_counts),
		IN_PLACE(max_is_no_quota_and_no_limit),
		IN_PLACE(path_is_relative_to_what_is_mounted),
		IN_PLACE(mount_above_the_group_goes_before_others),
		IN_PLACE(first_of_mounts_beside_the_group_counts),
		IN_PLACE(path_out_of_the_namespace_means_the_mount),
		IN_PLACE(blanks_in_a_mount_point_are_unescaped),
		IN_PLACE(v1_quota_counts_where_cpu_is_mounted_with_others),
		IN_PLACE(both_versions_at_once_count),
		IN_PLACE(pages_of_files_that_can_go_count_as_free),
		IN_PLACE(least_memory_left_on_the_way_up_counts),
		IN_PLACE(memory_high_is_a_limit),
		IN_PLACE(more_used_than_allowed_leaves_nothing),
		IN_PLACE(v1_memory_is_read_and_its_largest_number_is_no_limit),
		IN_PLACE(nonsense_in_files_sets_no_limit),
		IN_PLACE(without_limits_there_is_a_worker_for_each_cpu_of_the_process),
		IN_PLACE(affinity_to_one_cpu_gives_one_worker),
		IN_PLACE(quota_is_rounded_up),
		IN_PLACE(memory_bounds_workers_where_their_size_is_known),
		IN_PLACE(one_worker_runs_where_memory_suffices_for_none),
		IN_PLACE(group_lowers_the_memory_of_the_machine),
		IN_PLACE(what_the_environment_tells_goes_before_all),
		cmocka_unit_test(open_files_suffice_for_some_workers),
	};
	return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
