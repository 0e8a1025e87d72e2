/* Options of pytest and of plugins that many projects have: which take a value in the next word. For messages
 * only; what stands behind "--" is pytest's to judge. */
#ifndef XTOP_CONFIG_PYTEST_OPTIONS_H
#define XTOP_CONFIG_PYTEST_OPTIONS_H

enum pytest_option { PYTEST_OPTION_UNKNOWN, PYTEST_OPTION_FLAG, PYTEST_OPTION_VALUE };

/* By its spelling with the dashes, without a value: "--tb", "-r". */
enum pytest_option pytest_option_kind(const char *spelling);

#endif
