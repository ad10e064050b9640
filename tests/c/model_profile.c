/* The profile's reader takes what docs/trust/model.md promises and nothing else.
 * argv: the profiles that must be good. */
#include "../../model/profile.h"
#include "check.h"

static char text[16384], changed[16384];

static void load(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!EXPECT(file != NULL))
		return;
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
}

/* Returns the text with another line in the place of the one that begins with `key`. */
static const char *with(const char *key, const char *line)
{
	char *at = text, *end;

	do {
		at = strstr(at + 1, key);
		if (!EXPECT(at != NULL))
			return text;
	} while (at[-1] != '\n');
	end = strchr(at, '\n');
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, line, end);
	return changed;
}

static void refused(const char *why, const char *key, const char *line)
{
	struct profile p;
	char error[PROFILE_ERROR];
	const char *wrong = profile_parse(&p, "x.toml", with(key, line), error);

	if (wrong == NULL || strstr(wrong, why) == NULL)
		fprintf(stderr, "\"%s\": %s\n", line, wrong ? wrong : "accepted");
	EXPECT(wrong != NULL && strstr(wrong, why) != NULL);
}

int main(int argc, char **argv)
{
	struct profile p;
	char error[PROFILE_ERROR];

	EXPECT(argc > 1);
	for (int i = 1; i < argc; i++)
		if (profile_read(&p, argv[i], error) != NULL) {
			fprintf(stderr, "%s\n", error);
			return 1;
		}
	load(argv[1]);
	EXPECT(profile_parse(&p, "x", with("op =", "op=12 \t# twelve\r"), error) == NULL &&
	       p.op == 120);
	EXPECT(profile_parse(&p, "x", with("op =", "op = 2.4"), error) == NULL && p.op == 24);
	EXPECT(profile_parse(&p, "x", with("moesi =", "moesi = true"), error) == NULL &&
	       p.moesi == 1);
	refused("key op is missing", "op =", "");
	refused("unknown key speed", "op =", "speed = 1");
	refused("given twice: harts", "op =", "harts = 8");
	refused("not key = value", "op =", "[op]");
	EXPECT(profile_parse(&p, "x", with("op =", "op = 0.1"), error) == NULL && p.op == 1);
	refused("out of range: op", "op =", "op = 0");
	refused("out of range: op", "op =", "op = 1001");
	refused("out of range: harts", "harts =", "harts = 65");
	refused("whole number", "harts =", "harts = 8.0");
	refused("number of cycles", "op =", "op = 2.45");
	refused("number of cycles", "op =", "op = -1");
	refused("number of cycles", "op =", "op = 1e3");
	refused("number of cycles", "op =", "op = \"1\"");
	refused("number of cycles", "op =", "op =");
	refused("number of cycles", "op =", "op = 12345678901234567890123");
	refused("true or false", "moesi =", "moesi = 1");
	EXPECT(profile_read(&p, "/nonexistent/x.toml", error) != NULL);
	return check_status();
}
