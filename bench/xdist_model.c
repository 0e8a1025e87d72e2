#include "xdist_model.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"

#define LEAST_PENDING 2u
#define LONG_TEST (100 * CLOCK_MS) /* after such a one a worker that has enough gets no more yet */
#define NOTHING UINT32_MAX

struct node {
	VEC(uint32_t) queue; /* indexes of tests */
	size_t head;
	uint32_t running; /* index, NOTHING: it waits for a second test */
	uint64_t free_at;
	bool told_to_end;
};

struct scope {
	uint32_t first, count;
};

struct model {
	const struct simulated_suite *suite;
	enum xdist_mode mode;
	struct node *nodes;
	unsigned count;
	uint32_t *heap; /* nodes that run, the first to end at the root */
	unsigned heap_count;
	size_t next; /* the first test, or scope, that was sent to nobody */
	VEC(struct scope) scopes;
	uint64_t now, dispatch;
	bool ending; /* all were told to end */
};

static size_t pending(const struct node *node)
{
	return node->queue.length - node->head + (node->running != NOTHING);
}

static void heap_push(struct model *model, uint32_t node)
{
	uint64_t time = model->nodes[node].free_at;
	unsigned at = model->heap_count++;

	for (; at > 0 && model->nodes[model->heap[(at - 1) / 2]].free_at > time; at = (at - 1) / 2)
		model->heap[at] = model->heap[(at - 1) / 2];
	model->heap[at] = node;
}

static uint32_t heap_pop(struct model *model)
{
	uint32_t first = model->heap[0], last = model->heap[--model->heap_count];
	unsigned at = 0, child;

	while ((child = 2 * at + 1) < model->heap_count) {
		if (child + 1 < model->heap_count &&
		    model->nodes[model->heap[child + 1]].free_at < model->nodes[model->heap[child]].free_at)
			child++;
		if (model->nodes[model->heap[child]].free_at >= model->nodes[last].free_at)
			break;
		model->heap[at] = model->heap[child];
		at = child;
	}
	model->heap[at] = last;
	return first;
}

/* Begins the next test if it may. */
static void go_on(struct model *model, uint32_t index)
{
	struct node *node = &model->nodes[index];
	size_t waiting = node->queue.length - node->head;

	if (node->running != NOTHING || waiting == 0 || (waiting < LEAST_PENDING && !node->told_to_end))
		return;
	node->running = node->queue.items[node->head++];
	node->free_at = model->now + model->dispatch + model->suite->tests[node->running].duration;
	heap_push(model, index);
}

static void tell_to_end(struct model *model, uint32_t node)
{
	model->nodes[node].told_to_end = true;
	go_on(model, node);
}

static void send(struct model *model, uint32_t node, size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		vec_push(&model->nodes[node].queue, (uint32_t)(first + i));
	go_on(model, node);
}

static void all_end(struct model *model)
{
	if (model->ending)
		return;
	model->ending = true;
	for (uint32_t i = 0; i < model->count; i++)
		tell_to_end(model, i);
}

static size_t at_least(size_t value, size_t least)
{
	return value > least ? value : least;
}

static void load_begin(struct model *model)
{
	size_t tests = model->suite->count;
	size_t batch = at_least(tests / (4u * (size_t)model->count), LEAST_PENDING);

	for (; model->next < tests && model->next < batch * model->count; model->next++)
		send(model, (uint32_t)(model->next % model->count), model->next, 1);
	if (model->next == tests)
		all_end(model);
}

static void load_ended(struct model *model, uint32_t index, uint64_t duration)
{
	size_t left = model->suite->count - model->next, has = pending(&model->nodes[index]);
	size_t most = at_least(left / model->count / 2, LEAST_PENDING);

	if (left > 0 && !(duration >= LONG_TEST && has >= LEAST_PENDING) &&
	    has < at_least(left / model->count / 4, LEAST_PENDING)) {
		size_t count = most - has < left ? most - has : left;

		model->next += count;
		send(model, index, model->next - count, count);
	}
	if (model->next == model->suite->count)
		all_end(model);
}

static void worksteal_begin(struct model *model)
{
	size_t tests = model->suite->count;

	for (uint32_t i = 0; i < model->count; i++) {
		size_t count = (tests - model->next) / (model->count - i);

		model->next += count;
		send(model, i, model->next - count, count);
	}
}

static uint32_t longest_queue(const struct model *model)
{
	uint32_t longest = 0;

	for (uint32_t i = 1; i < model->count; i++)
		if (pending(&model->nodes[i]) > pending(&model->nodes[longest]))
			longest = i;
	return longest;
}

static void worksteal_ended(struct model *model, uint32_t index)
{
	if (model->nodes[index].told_to_end || pending(&model->nodes[index]) >= LEAST_PENDING)
		return;
	uint32_t victim = longest_queue(model);
	struct node *from = &model->nodes[victim];
	size_t has = pending(from), half = has / 2;

	if (has <= LEAST_PENDING) {
		tell_to_end(model, index);
		return;
	}
	half = half < has - LEAST_PENDING ? half : has - LEAST_PENDING;
	from->queue.length -= half;
	for (size_t i = 0; i < half; i++)
		vec_push(&model->nodes[index].queue, from->queue.items[from->queue.length + i]);
	go_on(model, index);
}

static int more_tests_first(const void *a, const void *b)
{
	const struct scope *left = a, *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return left->first < right->first ? -1 : 1;
}

static void send_scope(struct model *model, uint32_t node)
{
	if (model->next == model->scopes.length)
		return;
	struct scope scope = model->scopes.items[model->next++];

	send(model, node, scope.first, scope.count);
}

static void loadscope_begin(struct model *model)
{
	const struct simulated_test *tests = model->suite->tests;

	for (uint32_t i = 0; i < model->suite->count; i++) {
		if (i == 0 || tests[i].scope != tests[i - 1].scope) {
			struct scope scope = { i, 0 };
			vec_push(&model->scopes, scope);
		}
		model->scopes.items[model->scopes.length - 1].count++;
	}
	qsort(model->scopes.items, model->scopes.length, sizeof(struct scope), more_tests_first);
	for (uint32_t i = 0; i < model->count; i++)
		send_scope(model, i);
	for (uint32_t i = 0; i < model->count; i++)
		if (pending(&model->nodes[i]) <= LEAST_PENDING)
			send_scope(model, i);
	if (model->next == model->scopes.length)
		all_end(model);
}

static void loadscope_ended(struct model *model, uint32_t index)
{
	if (pending(&model->nodes[index]) <= LEAST_PENDING)
		send_scope(model, index);
	if (model->next == model->scopes.length)
		all_end(model);
}

static void begin(struct model *model)
{
	if (model->mode == XDIST_LOAD)
		load_begin(model);
	else if (model->mode == XDIST_WORKSTEAL)
		worksteal_begin(model);
	else
		loadscope_begin(model);
}

static void ended(struct model *model, uint32_t node, uint64_t duration)
{
	if (model->mode == XDIST_LOAD)
		load_ended(model, node, duration);
	else if (model->mode == XDIST_WORKSTEAL)
		worksteal_ended(model, node);
	else
		loadscope_ended(model, node);
}

/* One that has nothing to begin with never ends a test, and waits in vain for a second one. */
static void ask_those_that_wait(struct model *model)
{
	for (uint32_t i = 0; i < model->count; i++)
		if (model->nodes[i].running == NOTHING)
			ended(model, i, 0);
}

double xdist_makespan(const struct simulated_suite *suite, enum xdist_mode mode, unsigned workers,
		      uint64_t dispatch)
{
	struct model model = {
		.suite = suite, .mode = mode, .count = workers, .dispatch = dispatch, .scopes = VEC_INIT
	};

	model.nodes = alloc_zeroed(workers, sizeof(*model.nodes));
	model.heap = alloc_zeroed(workers, sizeof(*model.heap));
	for (unsigned i = 0; i < workers; i++)
		model.nodes[i].running = NOTHING;
	begin(&model);
	ask_those_that_wait(&model);
	while (model.heap_count > 0) {
		uint32_t node = heap_pop(&model), test = model.nodes[node].running;

		model.now = model.nodes[node].free_at;
		model.nodes[node].running = NOTHING;
		go_on(&model, node);
		ended(&model, node, suite->tests[test].duration);
	}
	for (unsigned i = 0; i < workers; i++)
		vec_fini(&model.nodes[i].queue);
	vec_fini(&model.scopes);
	free(model.nodes);
	free(model.heap);
	return clock_seconds(model.now);
}
