/* What a filter's errors say, and advise; for filter.c only. All set the lexer's error and return -1. */
#ifndef XTOP_SELECT_FILTER_ADVICE_H
#define XTOP_SELECT_FILTER_ADVICE_H

#include "select/filter_lexer.h"
#include "select/filter_parts.h"

/* A name with brackets at source.at that is no function. */
int filter_advise_function(struct filter_lexer *lexer, struct slice name);
/* `flaky(x)`: the argument begins at source.at. */
int filter_advise_no_argument(struct filter_lexer *lexer, enum filter_function function);
/* `test()`. */
int filter_advise_argument(struct filter_lexer *lexer, enum filter_function function);
/* Something else than ")" at source.at, behind an argument that begins at `argument`. */
int filter_advise_close(struct filter_lexer *lexer, enum filter_function function, size_t argument);
/* outcome(word), the word at `argument`. */
int filter_advise_outcome(struct filter_lexer *lexer, size_t argument, const char *word);
/* status(word), the word at `argument`. */
int filter_advise_status(struct filter_lexer *lexer, size_t argument, const char *word);
/* A function at source.at that asks what only a run knows, and there is none. */
int filter_advise_of_run(struct filter_lexer *lexer, enum filter_function function);
/* Something at source.at that can't stand there. `word`: the bare word before it, empty: there is none. */
int filter_advise_token(struct filter_lexer *lexer, enum wish wish, size_t opened, struct slice word);

#endif
