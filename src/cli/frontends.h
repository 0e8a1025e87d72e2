/* The frontends of one run: which there are, and handing them what happens. */
#ifndef XTOP_CLI_FRONTENDS_H
#define XTOP_CLI_FRONTENDS_H

#include "config/config.h"
#include "engine/control.h"
#include "report/frontend.h"
#include "report/style.h"
#include "tui/linear.h"
#include "tui/tui.h"

#include <stdbool.h>
#include <stdio.h>
#include <uv.h>

struct frontends {
	const struct config *config;
	struct tui *tui;        /* NULL: headless, or linear */
	struct linear *linear;  /* NULL: not asked for */
	struct frontend *plain; /* NULL while one of them has the terminal */
	VEC(struct frontend *) reports;
};

/* Whether the dashboard is to be opened. -1: it was asked for (--tui) and can't be; the message says why. */
int frontends_wants_tui(const struct config *config, struct error *error);

bool frontends_wants_linear(const struct config *config);

/* How text looks that is printed to `out`, by --color, --ascii and what is there. */
struct style frontends_style(const struct config *config, FILE *out);
/* Where text goes that is for people: stdout, or stderr where stdout carries a machine's format. */
FILE *frontends_text_file(const struct config *config);

/* Opens the reports, and plain unless a dashboard follows (frontends_open_tui). */
int frontends_open(struct frontends *frontends, const struct config *config, bool headless, struct error *error);
/* Takes the terminal. */
int frontends_open_tui(struct frontends *frontends, uv_loop_t *loop, const struct model *model,
		       const struct control *control, bool replay, struct error *error);
/* The same in lines of text. */
int frontends_open_linear(struct frontends *frontends, uv_loop_t *loop, const struct model *model,
			  const struct control *control, bool replay, struct error *error);
/* Somebody may still want something when the run is over. */
bool frontends_stay(const struct frontends *frontends);
/* Plain text after all: a dashboard that was not asked for by name can't be opened. */
void frontends_open_plain(struct frontends *frontends);
/* Gives the terminal back. The loop must run once more before frontends_close. */
void frontends_release_terminal(struct frontends *frontends);
/* The dashboard, or its lines of text, give the terminal back, and it goes on in plain. The loop must run once more before frontends_close. */
void frontends_drop_tui(struct frontends *frontends);

void frontends_hear(struct frontends *frontends, const struct model *model, const struct event *event);
void frontends_tick(struct frontends *frontends, const struct model *model, uint64_t now);
/* A section for the summary (report_plain_add_section); no frontend may show one. */
void frontends_add_section(struct frontends *frontends, const char *title, const char *text);
/* Summaries and files. -1: one could not be written; the message says which. */
int frontends_finish(struct frontends *frontends, const struct model *model, struct error *error);
void frontends_close(struct frontends *frontends);

#endif
