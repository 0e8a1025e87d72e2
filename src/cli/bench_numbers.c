#include "cli/bench_numbers.h"

#include <math.h>

/* Walls that are so near to the best are as good: fewer workers leave more of the machine to others. */
#define AS_GOOD 1.05

void bench_run_fini(struct bench_run *run)
{
	free(run->longest_test);
	free(run->longest_scope);
	run->longest_test = run->longest_scope = NULL;
}

void bench_fini(struct bench *bench)
{
	vec_each(&bench->counts, count) {
		vec_each(&count->runs, run)
			bench_run_fini(run);
		vec_fini(&count->runs);
	}
	vec_fini(&bench->counts);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

double bench_median(double *values, size_t count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	size_t middle = count / 2;
	return count % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

unsigned bench_parallel(unsigned asked)
{
	return asked ? asked : 1;
}

/* T(n) = a + b / n is a line over x = 1/n, with a = T(1) × s and b = T(1) × (1 - s). Its least squares,
 * each point weighed by 1/T²: a wall varies by a share of itself, and unweighed the slow runs, in which the
 * serial part hides, would decide. */
double bench_serial_share(const double *n, const double *walls, size_t count)
{
	double weights = 0, sum_x = 0, sum_t = 0, above = 0, below = 0;
	for (size_t i = 0; i < count; i++) {
		double weight = 1 / (walls[i] * walls[i]);
		weights += weight;
		sum_x += weight / n[i];
		sum_t += weight * walls[i];
	}
	for (size_t i = 0; i < count; i++) {
		double weight = 1 / (walls[i] * walls[i]);
		double x = 1 / n[i] - sum_x / weights;
		above += weight * x * (walls[i] - sum_t / weights);
		below += weight * x * x;
	}
	if (!(below > 1e-12 * weights))
		return -1;
	double b = above / below;
	double a = (sum_t - b * sum_x) / weights;
	/* More workers made it slower, or faster than they could by sharing work. */
	if (b <= 0)
		return 1;
	return a <= 0 ? 0 : a / (a + b);
}

static void conclude_count(struct bench_count *count)
{
	VEC(double) walls = VEC_INIT;
	vec_each(&count->runs, run)
		vec_push(&walls, run->wall);
	count->wall = bench_median(walls.items, walls.length);
	count->least = walls.length ? walls.items[0] : 0;
	count->most = walls.length ? walls.items[walls.length - 1] : 0;
	vec_fini(&walls);
}

/* A run of no length has no ratio to others. */
static bool is_measured(const struct bench_count *count)
{
	return count->wall > 0;
}

static void choose(struct bench *bench)
{
	for (int i = 0; i < (int)bench->counts.length; i++) {
		const struct bench_count *count = &bench->counts.items[i];
		if (!is_measured(count))
			continue;
		if (bench->baseline < 0 || count->asked == 1)
			bench->baseline = i;
		bench->largest = i;
		if (bench->best < 0 || count->wall < bench->counts.items[bench->best].wall)
			bench->best = i;
	}
	for (int i = 0; i < (int)bench->counts.length && bench->advised < 0; i++) {
		const struct bench_count *count = &bench->counts.items[i];
		if (is_measured(count) && count->wall <= AS_GOOD * bench->counts.items[bench->best].wall)
			bench->advised = i;
	}
}

static void fit(struct bench *bench)
{
	VEC(double) n = VEC_INIT;
	VEC(double) walls = VEC_INIT;
	vec_each(&bench->counts, count) {
		if (is_measured(count)) {
			vec_push(&n, (double)bench_parallel(count->asked));
			vec_push(&walls, count->wall);
		}
	}
	bench->serial = bench_serial_share(n.items, walls.items, n.length);
	vec_fini(&n);
	vec_fini(&walls);
}

void bench_conclude(struct bench *bench)
{
	bench->baseline = bench->largest = bench->best = bench->advised = -1;
	vec_each(&bench->counts, count)
		conclude_count(count);
	choose(bench);
	fit(bench);
	if (bench->baseline < 0)
		return;
	const struct bench_count *base = &bench->counts.items[bench->baseline];
	vec_each(&bench->counts, count) {
		if (!is_measured(count))
			continue;
		count->speedup = base->wall / count->wall;
		count->efficiency =
			count->speedup * bench_parallel(base->asked) / bench_parallel(count->asked);
	}
}

const struct bench_run *bench_typical(const struct bench_count *count)
{
	const struct bench_run *nearest = NULL;
	vec_each(&count->runs, run)
		if (!nearest || fabs(run->wall - count->wall) < fabs(nearest->wall - count->wall))
			nearest = run;
	return nearest;
}

double bench_spread(const struct bench *bench)
{
	double widest = 0;
	vec_each(&bench->counts, count)
		if (is_measured(count) && (count->most - count->least) / count->wall > widest)
			widest = (count->most - count->least) / count->wall;
	return widest;
}

double bench_contention(const struct bench *bench)
{
	if (bench->baseline < 0 || bench->largest == bench->baseline)
		return 0;
	const struct bench_run *few = bench_typical(&bench->counts.items[bench->baseline]);
	const struct bench_run *many = bench_typical(&bench->counts.items[bench->largest]);
	return few && many && few->busy > 0 ? many->busy / few->busy : 0;
}
