/* main.c: hartlock-machine: runs the kernel's image on the modelled machine. Records go to
 * standard output, what went wrong to standard error; fail.h has the exit status. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fail.h"
#include "load.h"
#include "mix.h"
#include "run.h"
#include "start.h"
#include "trace.h"

static const char usage[] =
	"usage: hartlock-machine --machine PROFILE [option]... IMAGE\n"
	"  --machine FILE   the machine's profile (docs/trust/model.md)\n"
	"  --smp N          harts, 1 to 64 (1)\n"
	"  --plan TEXT      the kernel's command line: hartlock: ... (none)\n"
	"  --seed N         moves harts' starts and lines among banks (1)\n"
	"  --livelock N     cycles that harts may run on after the window's end (20000000)\n"
	"  --trace FILE     write a line for each modelled access (docs/trust/model.md)\n"
	"  --check          only read the profile, and say what is wrong with it\n"
	"  --count          say at the end how many instructions were executed\n"
	"  --no-sleep       execute harts that only wait, too; the records stay the same\n";

struct arguments {
	const char *profile, *plan, *image, *trace;
	uint64_t harts;
	bool check, count;
	struct settings settings;
};

static _Noreturn void refuse(const char *what, const char *detail)
{
	fprintf(stderr, "hartlock-machine: %s%s%s\n", what, *detail ? ": " : "", detail);
	exit(MACHINE_MISUSED);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != 0 || *text < '0' || *text > '9' || value < least ||
	    value > most) {
		fprintf(stderr, "hartlock-machine: --%s %s: a number from %llu to %llu is wanted\n",
			option, text, (unsigned long long)least, (unsigned long long)most);
		exit(MACHINE_MISUSED);
	}
	return value;
}

static void take(struct arguments *a, const char *option, const char *value)
{
	if (strcmp(option, "machine") == 0)
		a->profile = value;
	else if (strcmp(option, "plan") == 0)
		a->plan = value;
	else if (strcmp(option, "trace") == 0)
		a->trace = value;
	else if (strcmp(option, "smp") == 0)
		a->harts = number(option, value, 1, MACHINE_HARTS);
	else if (strcmp(option, "seed") == 0)
		a->settings.seed = number(option, value, 0, UINT64_MAX);
	else if (strcmp(option, "livelock") == 0)
		a->settings.livelock = number(option, value, 1, 1000000000000);
	else if (strcmp(option, "check") == 0)
		a->check = true;
	else if (strcmp(option, "count") == 0)
		a->count = true;
	else if (strcmp(option, "no-sleep") == 0)
		a->settings.sleeping = false;
	else {
		fputs(usage, stdout);
		exit(0);
	}
}

static void read_arguments(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {
		{"machine", required_argument, NULL, 0},
		{"plan", required_argument, NULL, 0},
		{"trace", required_argument, NULL, 0},
		{"smp", required_argument, NULL, 0},
		{"seed", required_argument, NULL, 0},
		{"livelock", required_argument, NULL, 0},
		{"no-sleep", no_argument, NULL, 0},
		{"check", no_argument, NULL, 0},
		{"count", no_argument, NULL, 0},
		{"help", no_argument, NULL, 0},
		{0},
	};
	int at, got;

	while ((got = getopt_long(argc, argv, "", options, &at)) != -1) {
		if (got != 0)
			exit(MACHINE_MISUSED); /* getopt_long() has said why */
		take(a, options[at].name, optarg);
	}
	if (argc - optind != !a->check || a->profile == NULL) {
		fputs(usage, stderr);
		exit(MACHINE_MISUSED);
	}
	a->image = argv[optind];
}

static bool init(struct machine *m, const struct arguments *a, const struct profile *profile)
{
	void *ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	m->profile = profile;
	m->settings = a->settings;
	m->harts = (unsigned)a->harts;
	m->region.due = NEVER;
	order_init(&m->order, m->harts);
	m->ram = ram;
	m->page = calloc(RAM_BYTES / PAGE_BYTES, sizeof(*m->page));
	for (unsigned i = 0; i < MACHINE_HARTS; i++) {
		m->hart[i].id = i;
		m->hart[i].timer = NEVER;
		m->hart[i].ops_at = NO_PAGE;
		m->hart[i].reserved = NO_LINE;
	}
	return ram != MAP_FAILED && m->page != NULL &&
	       coherence_init(&m->coherence, profile, mix(a->settings.seed));
}

static void load(struct machine *m, const struct arguments *a)
{
	uint64_t entry, tree;
	const char *wrong = load_image(m, a->image, &entry);

	if (wrong != NULL)
		refuse(a->image, wrong);
	wrong = load_tree(m, a->plan, &tree);
	if (wrong != NULL)
		refuse("--plan", wrong);
	start_hart(m, &m->hart[0], entry, tree, 0);
}

static void say_count(const struct machine *m)
{
	unsigned long long executed = 0;

	for (unsigned i = 0; i < m->harts; i++)
		executed += m->hart[i].retired;
	fprintf(stderr, "hartlock-machine: executed %llu instructions\n", executed);
}

int main(int argc, char **argv)
{
	static struct machine m;
	static struct profile profile;
	struct arguments a = {.plan = "",
			      .harts = 1,
			      .settings = {.seed = 1, .livelock = 20000000, .sleeping = true}};
	char error[PROFILE_ERROR];
	const char *wrong;
	int status;

	read_arguments(&a, argc, argv);
	wrong = profile_read(&profile, a.profile, error);
	if (wrong != NULL)
		refuse(wrong, "");
	if (a.check)
		return 0;
	if (a.trace != NULL && (a.settings.trace = trace_open(a.trace)) == NULL)
		refuse(a.trace, strerror(errno));
	if (!init(&m, &a, &profile))
		refuse("no memory", "");
	load(&m, &a);
	status = machine_run(&m);
	if (a.count)
		say_count(&m);
	if (a.trace != NULL && !trace_close(a.settings.trace))
		refuse(a.trace, strerror(errno));
	return status;
}
