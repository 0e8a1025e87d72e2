#include "config/pytest_options.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* clang-format off */
static const char *const flags[] = {
	/* pytest */
	"-l", "--showlocals", "--no-showlocals", "--markers", "--strict", "--strict-config",
	"--strict-markers", "--fixtures", "--funcargs", "--fixtures-per-test", "--trace",
	"--runxfail", "--nf", "--new-first", "--cache-clear", "--sw-skip", "--stepwise-skip", "--sw-reset",
	"--stepwise-reset", "--no-header", "--no-summary", "--no-fold-skipped", "--force-short-summary",
	"--disable-warnings", "--disable-pytest-warnings", "--xfail-tb", "--full-trace", "--pyargs",
	"--noconftest", "--keep-duplicates", "--collect-in-virtualenv", "--doctest-modules",
	"--doctest-ignore-import-errors", "--doctest-continue-on-failure", "--disable-plugin-autoload",
	"--trace-config", "--setup-only", "--setup-show", "--setup-plan",
	/* xdist, cov, timeout, rerunfailures, forked */
	"-f", "--looponfail", "--boxed", "--forked", "--no-cov", "--no-cov-on-fail", "--cov-append",
	"--cov-branch", "--cov-reset", "--timeout-disable-debugger-detection", "--rerun-show-tracebacks",
	/* hypothesis, benchmark, django, randomly, html, sugar, picked and others */
	"--hypothesis-show-statistics", "--hypothesis-explain", "--benchmark-only", "--benchmark-skip",
	"--benchmark-disable", "--benchmark-enable", "--benchmark-disable-gc", "--benchmark-autosave",
	"--benchmark-verbose", "--benchmark-quiet", "--reuse-db", "--create-db", "--no-migrations",
	"--nomigrations", "--migrations", "--no-django", "--fail-on-template-vars",
	"--randomly-dont-reset-seed", "--randomly-dont-reorganize", "--random-order",
	"--self-contained-html", "--picked", "--testmon", "--testmon-noselect", "--snapshot-update",
	"--mypy", "--ruff", "--ruff-format", "--flake8", "--black", "--isort", "--pylint", "--headed",
	"--nbval", "--nbval-lax", "--store-durations", "--disable-socket", "--allow-unix-socket",
	"--force-enable-socket", "--regen-all", "--force-regen", "--block-network",
};

/* Also where the value may be left out: pytest takes the next word for it then. */
static const char *const values[] = {
	/* pytest */
	"-r", "--report-chars", "-W", "--pythonwarnings", "--tb", "--show-capture", "--code-highlight",
	"--pastebin", "--junit-prefix", "--junitprefix", "--verbosity", "--durations-min",
	"--max-warnings", "--pdbcls", "--cache-show", "--lfnf", "--last-failed-no-failures", "--ignore",
	"--ignore-glob", "--confcutdir", "--import-mode", "--doctest-report", "--doctest-glob",
	"--basetemp", "--debug", "--assert", "--log-level", "--log-format", "--log-date-format",
	"--log-cli-level", "--log-cli-format", "--log-cli-date-format", "--log-file", "--log-file-mode",
	"--log-file-level", "--log-file-format", "--log-file-date-format", "--log-auto-indent",
	"--log-disable",
	/* cov, timeout, rerunfailures */
	"--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context", "--timeout-method",
	"--reruns-mode", "--rerun-exclude-path",
	/* asyncio, hypothesis, benchmark, django, randomly, html and others */
	"--asyncio-mode", "--hypothesis-profile", "--hypothesis-verbosity", "--hypothesis-seed",
	"--benchmark-min-time", "--benchmark-max-time", "--benchmark-min-rounds", "--benchmark-timer",
	"--benchmark-calibration-precision", "--benchmark-warmup", "--benchmark-warmup-iterations",
	"--benchmark-save", "--benchmark-compare", "--benchmark-compare-fail", "--benchmark-cprofile",
	"--benchmark-storage", "--benchmark-sort", "--benchmark-group-by", "--benchmark-columns",
	"--benchmark-name", "--benchmark-histogram", "--benchmark-json", "--ds", "--dc",
	"--django-debug-mode", "--liveserver", "--randomly-seed", "--random-order-bucket",
	"--random-order-seed", "--html", "--css", "--json-report-file", "--alluredir", "--ctrf",
	"--splits", "--group", "--durations-path", "--splitting-algorithm", "--base-url", "--browser",
	"--browser-channel", "--driver", "--count", "--repeat-scope", "--flake-finder", "--flake-runs",
	"--allow-hosts", "--record-mode", "--vcr-record", "--inline-snapshot", "--md-report-output",
	"--loop",
};
/* clang-format on */

static bool is_listed(const char *spelling, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], spelling) == 0)
			return true;
	}
	return false;
}

enum pytest_option pytest_option_kind(const char *spelling)
{
	if (is_listed(spelling, flags, sizeof(flags) / sizeof(flags[0])))
		return PYTEST_OPTION_FLAG;
	if (is_listed(spelling, values, sizeof(values) / sizeof(values[0])))
		return PYTEST_OPTION_VALUE;
	return PYTEST_OPTION_UNKNOWN;
}
