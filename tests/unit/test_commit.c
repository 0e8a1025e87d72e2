#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "store/commit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST "0123456789abcdef0123456789abcdef01234567"
#define SECOND "89abcdef0123456789abcdef0123456789abcdef"

static int set_up(void **state)
{
	char directory[] = "/tmp/xtop-test-XXXXXX";

	if (!mkdtemp(directory))
		return -1;
	*state = alloc_string(directory);
	return 0;
}

static int tear_down(void **state)
{
	int status = fs_remove_tree(*state, NULL);

	free(*state);
	return status;
}

static void write_text(void **state, const char *name, const char *text)
{
	char *path = fs_join(*state, name);
	char *directory = fs_directory_of(path);

	assert_int_equal(fs_make_directories(directory, NULL), 0);
	assert_int_equal(fs_write_atomically(path, text, strlen(text), NULL), 0);
	free(directory);
	free(path);
}

static void expect_commit(void **state, const char *name, const char *expected)
{
	char *root = fs_join(*state, name);
	char *commit = commit_of(root);

	if (expected)
		assert_string_equal(commit ? commit : "none", expected);
	else
		assert_null(commit);
	free(commit);
	free(root);
}

static void branch_is_followed(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/some/branch\n");
	write_text(state, ".git/refs/heads/some/branch", FIRST "\n");
	expect_commit(state, "", FIRST);
}

static void detached_head_is_the_commit(void **state)
{
	write_text(state, ".git/HEAD", SECOND "\n");
	expect_commit(state, "", SECOND);
}

static void checkout_is_found_from_below(void **state)
{
	write_text(state, ".git/HEAD", FIRST "\n");
	write_text(state, "a/b/c", "");
	expect_commit(state, "a/b", FIRST);
}

static void packed_reference_is_found(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/main\n");
	write_text(state, ".git/packed-refs",
		   "# pack-refs with: peeled fully-peeled sorted \n" SECOND " refs/heads/main2\n" SECOND
		   " refs/heads/mai\n" FIRST " refs/heads/main\n^" SECOND "\n" SECOND " refs/tags/main\n");
	expect_commit(state, "", FIRST);
}

static void loose_reference_beats_the_packed_one(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/main\n");
	write_text(state, ".git/packed-refs", SECOND " refs/heads/main\n");
	write_text(state, ".git/refs/heads/main", FIRST "\n");
	expect_commit(state, "", FIRST);
}

static void packed_references_may_end_without_a_newline(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/main");
	write_text(state, ".git/packed-refs", FIRST " refs/heads/main");
	expect_commit(state, "", FIRST);
}

static void worktree_has_a_head_of_its_own(void **state)
{
	write_text(state, "main/.git/HEAD", "ref: refs/heads/main\n");
	write_text(state, "main/.git/refs/heads/main", FIRST "\n");
	write_text(state, "main/.git/refs/heads/topic", SECOND "\n");
	write_text(state, "main/.git/worktrees/topic/HEAD", "ref: refs/heads/topic\n");
	write_text(state, "main/.git/worktrees/topic/commondir", "../..\n");
	write_text(state, "topic/.git", "gitdir: ../main/.git/worktrees/topic\n");
	expect_commit(state, "topic", SECOND);
	expect_commit(state, "main", FIRST);
}

static void worktree_reads_references_packed_in_the_main_one(void **state)
{
	char *git = alloc_format("gitdir: %s/main/.git/worktrees/topic\n", (char *)*state);

	write_text(state, "main/.git/packed-refs", SECOND " refs/heads/topic\n");
	write_text(state, "main/.git/worktrees/topic/HEAD", "ref: refs/heads/topic\n");
	write_text(state, "main/.git/worktrees/topic/commondir", "../..\n");
	write_text(state, "topic/.git", git);
	expect_commit(state, "topic", SECOND);
	free(git);
}

static void reference_to_a_reference_is_followed(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/alias\n");
	write_text(state, ".git/refs/heads/alias", "ref: refs/heads/main\n");
	write_text(state, ".git/refs/heads/main", FIRST "\n");
	expect_commit(state, "", FIRST);
}

static void references_in_a_circle_end(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/a\n");
	write_text(state, ".git/refs/heads/a", "ref: refs/heads/b\n");
	write_text(state, ".git/refs/heads/b", "ref: refs/heads/a\n");
	expect_commit(state, "", NULL);
}

static void long_hash_is_a_commit(void **state)
{
	write_text(state, ".git/HEAD", FIRST "0123456789abcdef01234567\n");
	expect_commit(state, "", FIRST "0123456789abcdef01234567");
}

static void branch_without_commits_has_none(void **state)
{
	write_text(state, ".git/HEAD", "ref: refs/heads/main\n");
	expect_commit(state, "", NULL);
}

static void nonsense_is_no_commit(void **state)
{
	write_text(state, ".git/HEAD", "0123456789abcdef\n");
	expect_commit(state, "", NULL);
	write_text(state, ".git/HEAD", "");
	expect_commit(state, "", NULL);
	write_text(state, ".git/HEAD", FIRST "g\n");
	expect_commit(state, "", NULL);
}

static void reference_can_not_leave_the_repository(void **state)
{
	write_text(state, "secret", FIRST "\n");
	write_text(state, ".git/refs/heads/main", SECOND "\n");
	write_text(state, ".git/HEAD", "ref: refs/../../secret\n");
	expect_commit(state, "", NULL);
	write_text(state, ".git/HEAD", "ref: ../secret\n");
	expect_commit(state, "", NULL);
}

static void directory_or_pipe_in_place_of_a_file_is_passed_over(void **state)
{
	char *head = fs_join(*state, ".git/HEAD");

	assert_int_equal(fs_make_directories(head, NULL), 0);
	expect_commit(state, "", NULL);
	assert_int_equal(rmdir(head), 0);
	assert_int_equal(mkfifo(head, 0600), 0);
	expect_commit(state, "", NULL);
	free(head);
}

static void other_directories_have_no_commit(void **state)
{
	expect_commit(state, "", NULL);
	expect_commit(state, "not/there", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(branch_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(detached_head_is_the_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(checkout_is_found_from_below, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packed_reference_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loose_reference_beats_the_packed_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packed_references_may_end_without_a_newline, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(worktree_has_a_head_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(worktree_reads_references_packed_in_the_main_one, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(reference_to_a_reference_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(references_in_a_circle_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_hash_is_a_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(branch_without_commits_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nonsense_is_no_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reference_can_not_leave_the_repository, set_up, tear_down),
		cmocka_unit_test_setup_teardown(directory_or_pipe_in_place_of_a_file_is_passed_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_directories_have_no_commit, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
