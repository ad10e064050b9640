/* Tests isa.c: which extensions a hart's node says it has. */
#include "kernel/isa.h"

#include <stdlib.h>

#include "check.h"

/* Ask with the text in memory of its own exact size, so that AddressSanitizer sees a read
 * past it. */
static bool text_has(const char *text, const char *name)
{
	char *copy = strdup(text);
	bool has = isa_has(&(struct isa){.text = copy}, name);

	free(copy);
	return has;
}

static bool list_has(const char *strings, size_t len, const char *name)
{
	char *copy = malloc(len);
	bool has;

	memcpy(copy, strings, len);
	has = isa_has(&(struct isa){"rv64imafdc_zother", copy, len}, name);
	free(copy);
	return has;
}

static void test_text(void)
{
	static const char *const with[] = {
		"rv64imafdc_zacas",
		"rv64imafdczacas",
		"rv64imafdch_zicsr_zacas_zawrs",
		"rv64i_m_a_zacas",
		"rv64i2p1_m2p0_a2p1_zacas1p0",
		"rv64imac_zacas1",
		"RV64IMAC_ZACAS",
		"rv64imafdcsu_zacas",
		"rv64imacv1p0_zacas1p0_zba",
		"rv32i_zacas",
	};
	static const char *const without[] = {
		"",
		"r",
		"rv64",
		"rv64imafdc",
		"zacas",
		"rv64_zacasx",
		"rv64imac_zaca",
		"rv64imac_zacasp0",
		"rv64i_zaca_s",
		"rv64i_xzacas",
		"rv64i_zacas1p",
		"rv64i_zacas1p0p0",
		"rv64i__",
		"rv64i_zacas1x",
		"_",
		"rv64ixzacas",
	};

	for (size_t i = 0; i < sizeof(with) / sizeof(*with); i++)
		if (!EXPECT(text_has(with[i], "zacas")))
			fprintf(stderr, "  %s\n", with[i]);
	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
		if (!EXPECT(!text_has(without[i], "zacas")))
			fprintf(stderr, "  %s\n", without[i]);
	EXPECT(text_has("rv64ic_zic64b_zve32f", "zic64b") && !text_has("rv64ic_zic64b", "zic"));
}

static void test_list(void)
{
	static const char list[] = "i\0m\0zabha\0zawrs\0ZaCas";

	EXPECT(list_has(list, sizeof(list), "zacas"));
	EXPECT(list_has(list, sizeof(list), "zabha") && list_has(list, sizeof(list), "zawrs"));
	EXPECT(!list_has(list, sizeof(list), "zac") && !list_has(list, sizeof(list), "zab"));
	EXPECT(!list_has(list, sizeof(list), "zother")); /* a word of the string beside it */
	EXPECT(!list_has("", 1, "zacas"));
}

static char written[64];

static void put(char c)
{
	size_t len = strlen(written);

	if (EXPECT(len < sizeof(written) - 1))
		written[len] = c;
}

static const char *write_isa(struct isa isa)
{
	memset(written, 0, sizeof(written));
	isa_write(&isa, put);
	return written;
}

static void test_write(void)
{
	static const char list[] = "I\0zawrs\0m\0zabha";

	EXPECT_TEXT(write_isa((struct isa){0}), "");
	EXPECT_TEXT(write_isa((struct isa){.text = "RV64IMA_Zacas"}), "rv64ima_zacas");
	EXPECT_TEXT(write_isa((struct isa){"rv64g", list, sizeof(list)}), "rv64im_zawrs_zabha");
	EXPECT_TEXT(write_isa((struct isa){.list = "", .list_len = 1}), "rv64");
}

int main(void)
{
	EXPECT(!isa_has(&(struct isa){0}, "zacas"));
	test_text();
	test_list();
	test_write();
	return check_status();
}
