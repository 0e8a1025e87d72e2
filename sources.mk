# Every file that is built, tested or shipped, the sources in the order of their layers.
# Written by tests/sources_listed.sh --update.

library_sources = \
	src/base/alloc.c \
	src/base/alloc.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fs.c \
	src/base/fs.h \
	src/base/fs_glob.c \
	src/base/fs_path.c \
	src/base/fs_tree.c \
	src/base/json.c \
	src/base/json.h \
	src/base/map.c \
	src/base/map.h \
	src/base/str.c \
	src/base/str.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/vec.h \
	src/base/wire.c \
	src/base/wire.h \
	src/base/yaml.c \
	src/base/yaml.h \
	src/base/yaml_scalar.c \
	src/event/codec.c \
	src/event/codec.h \
	src/event/journal.c \
	src/event/journal.h \
	src/event/ring.c \
	src/event/ring.h \
	src/config/cmdline.c \
	src/config/config.c \
	src/config/config.h \
	src/config/environment.c \
	src/config/file.c \
	src/config/load.h \
	src/config/options.c \
	src/config/options.h \
	src/config/values.c \
	src/config/values.h \
	src/model/fold.h \
	src/model/model.c \
	src/model/model.h \
	src/model/output.c \
	src/model/output.h \
	src/model/shelf.c \
	src/model/tally.c \
	src/model/test.c \
	src/model/worker.c \
	src/store/quarantine.c \
	src/store/quarantine.h \
	src/store/quarantine_text.c \
	src/store/quarantine_text.h \
	src/sched/load.c \
	src/sched/sched.c \
	src/sched/sched.h \
	src/adapter/adapter.c \
	src/adapter/adapter.h \
	src/adapter/adapter_exec.c \
	src/adapter/adapter_tap.c \
	src/adapter/arguments.c \
	src/adapter/collect.c \
	src/adapter/collect.h \
	src/adapter/programs.c \
	src/adapter/programs.h \
	src/adapter/script.c \
	src/adapter/script.h \
	src/adapter/tap.c \
	src/adapter/tap.h \
	src/adapter/tap_line.c \
	src/adapter/tap_line.h \
	src/worker/capture.c \
	src/worker/capture.h \
	src/worker/command.c \
	src/worker/command.h \
	src/worker/cpus.c \
	src/worker/cpus.h \
	src/worker/descendants.c \
	src/worker/descendants.h \
	src/worker/guardian.c \
	src/worker/guardian.h \
	src/worker/message.c \
	src/worker/message.h \
	src/worker/native.c \
	src/worker/native.h \
	src/worker/pool.c \
	src/worker/pool.h \
	src/worker/spawn.c \
	src/worker/spawn.h \
	src/worker/usage.c \
	src/worker/usage.h \
	src/worker/worker.c \
	src/worker/worker.h \
	src/engine/bus.c \
	src/engine/collect.c \
	src/engine/control.c \
	src/engine/control.h \
	src/engine/dispatch.c \
	src/engine/drain.c \
	src/engine/engine.c \
	src/engine/engine.h \
	src/engine/internal.h \
	src/engine/slots.c \
	src/engine/spool.c \
	src/engine/stop.c \
	src/engine/verdict.c \
	src/report/frontend.h \
	src/report/json.c \
	src/report/junit.c \
	src/report/plain.c \
	src/report/report.h \
	src/report/style.c \
	src/report/style.h \
	src/report/summary.c \
	src/report/summary.h \
	src/report/target.c \
	src/report/target.h \
	src/report/xml.c \
	src/report/xml.h \
	src/tui/action.c \
	src/tui/app.c \
	src/tui/app.h \
	src/tui/detail.c \
	src/tui/display.c \
	src/tui/display.h \
	src/tui/format.c \
	src/tui/format.h \
	src/tui/header.c \
	src/tui/help.c \
	src/tui/keymap.c \
	src/tui/keymap.h \
	src/tui/menu.c \
	src/tui/pane.c \
	src/tui/prompt.c \
	src/tui/rows.c \
	src/tui/rows.h \
	src/tui/screen.c \
	src/tui/screen.h \
	src/tui/terminal.c \
	src/tui/terminal.h \
	src/tui/tests.c \
	src/tui/theme.c \
	src/tui/theme.h \
	src/tui/tui.c \
	src/tui/tui.h \
	src/tui/view.h \
	src/tui/workers.c \
	src/cli/cli.c \
	src/cli/cli.h \
	src/cli/frontends.c \
	src/cli/frontends.h \
	src/cli/list.c \
	src/cli/replay.c \
	src/cli/run.c

public_headers = \
	include/xtop/event.h

man_pages = \
	man/xtop.1 \
	man/xtop.yaml.5

unit_tests = \
	tests/unit/test_adapter_exec \
	tests/unit/test_adapter_tap \
	tests/unit/test_alloc \
	tests/unit/test_clock \
	tests/unit/test_cmdline \
	tests/unit/test_codec \
	tests/unit/test_collect \
	tests/unit/test_command \
	tests/unit/test_config_file \
	tests/unit/test_descendants \
	tests/unit/test_err \
	tests/unit/test_fs \
	tests/unit/test_journal \
	tests/unit/test_json \
	tests/unit/test_json_report \
	tests/unit/test_junit \
	tests/unit/test_load \
	tests/unit/test_map \
	tests/unit/test_model \
	tests/unit/test_options \
	tests/unit/test_output \
	tests/unit/test_plain \
	tests/unit/test_quarantine \
	tests/unit/test_ring \
	tests/unit/test_ring_kill \
	tests/unit/test_ring_wakeups \
	tests/unit/test_spawn \
	tests/unit/test_str \
	tests/unit/test_tap \
	tests/unit/test_tui_rows \
	tests/unit/test_tui_screen \
	tests/unit/test_tui_terminal \
	tests/unit/test_utf8 \
	tests/unit/test_values \
	tests/unit/test_wire \
	tests/unit/test_yaml

unit_support = \
	tests/unit/feed.h \
	tests/unit/ring_records.h

script_tests = \
	tests/check_layers.sh \
	tests/cli/bad_input.sh \
	tests/cli/demo.sh \
	tests/cli/full_lane.sh \
	tests/cli/help_matches_man.sh \
	tests/cli/interrupt.sh \
	tests/cli/kill_controller.sh \
	tests/cli/kill_workers.sh \
	tests/cli/leaks.sh \
	tests/cli/man_lint.sh \
	tests/cli/output.sh \
	tests/cli/replay.sh \
	tests/cli/reports.sh \
	tests/cli/spawn_errors.sh \
	tests/cli/timeouts_reruns.sh \
	tests/cli/workers_and_limits.sh \
	tests/sources_listed.sh \
	tests/tui/keys.sh \
	tests/tui/live.sh \
	tests/tui/random.sh \
	tests/tui/screens.sh

helper_programs = \
	tests/tui/tui_driver

model_tests = \
	tests/model/ring.pml

bench_programs = \
	bench/ring_bench \
	bench/spawn_bench \
	bench/tui_bench

shipped_files = \
	tests/compat/tap_outcomes.pl \
	tests/compat/tap_suites.sh \
	tests/fuzz/fuzz_config.c \
	tests/fuzz/fuzz_config.seeds/list.yaml \
	tests/fuzz/fuzz_config.seeds/mapping.yaml \
	tests/fuzz/fuzz_event.c \
	tests/fuzz/fuzz_journal.c \
	tests/fuzz/fuzz_model.c \
	tests/fuzz/fuzz_quarantine.c \
	tests/fuzz/fuzz_quarantine.seeds/block.yaml \
	tests/fuzz/fuzz_quarantine.seeds/flow.yaml \
	tests/fuzz/fuzz_tap.c \
	tests/fuzz/fuzz_wire.c \
	tests/fuzz/fuzz_yaml.c \
	tests/fuzz/run.sh \
	tests/layers.txt \
	tests/lib/cases.sh \
	tests/lib/runs.sh \
	tests/lib/summary.sh \
	tests/lib/unit.sh \
	tests/model/run.sh \
	tests/tui/demo.events \
	tests/tui/golden/actions.txt \
	tests/tui/golden/beginning.txt \
	tests/tui/golden/detail-gap.txt \
	tests/tui/golden/detail-live.txt \
	tests/tui/golden/detail.txt \
	tests/tui/golden/ended-with-failures.txt \
	tests/tui/golden/failed-without-failures.txt \
	tests/tui/golden/follow.txt \
	tests/tui/golden/help-120x40.txt \
	tests/tui/golden/help-40x10.txt \
	tests/tui/golden/help-80x24.txt \
	tests/tui/golden/help-ascii-80x24.txt \
	tests/tui/golden/keys.txt \
	tests/tui/golden/kill.txt \
	tests/tui/golden/mouse.txt \
	tests/tui/golden/moving.txt \
	tests/tui/golden/no-tests.txt \
	tests/tui/golden/other-keys.txt \
	tests/tui/golden/panes.txt \
	tests/tui/golden/passed-touched-stays.txt \
	tests/tui/golden/passed-untouched-leaves.txt \
	tests/tui/golden/quarantine.txt \
	tests/tui/golden/quit-headless.txt \
	tests/tui/golden/quit-now.txt \
	tests/tui/golden/quit.txt \
	tests/tui/golden/replay-stays.txt \
	tests/tui/golden/resized.txt \
	tests/tui/golden/running-120x40.txt \
	tests/tui/golden/running-200x60.txt \
	tests/tui/golden/running-40x10.txt \
	tests/tui/golden/running-60x16.txt \
	tests/tui/golden/running-80x24.txt \
	tests/tui/golden/running-ascii-80x24.txt \
	tests/tui/golden/running-styles-80x24.txt \
	tests/tui/golden/search.txt \
	tests/tui/golden/sort.txt \
	tests/tui/golden/tabs.txt \
	tests/tui/golden/too-small-39x10.txt \
	tests/tui/golden/worker-dies.txt \
	tests/tui/lib/screens.sh \
	bench/run \
	doc/architecture.md \
	doc/compatibility.md \
	doc/dependencies.md \
	doc/formats.md \
	examples/demo/programs/builds.sh \
	examples/demo/programs/counts.sh \
	examples/demo/programs/crashes.sh \
	examples/demo/programs/fails.sh \
	examples/demo/programs/flaky.sh \
	examples/demo/programs/hangs.sh \
	examples/demo/programs/skips.sh \
	examples/demo/programs/sorts.sh \
	examples/demo/tap/arithmetic.t \
	examples/demo/tap/strings.t \
	examples/demo/xtop.yaml
