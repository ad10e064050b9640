/* record.h: the records of records.def as C structures. */
#ifndef OBSERVE_RECORD_H
#define OBSERVE_RECORD_H

#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;

struct section_record {
#define SECTION(type, name, meaning) type name;
#include "records.def"
};

struct word_record {
#define WORD(type, name, meaning) type name;
#include "records.def"
};

struct pair_record {
#define PAIR(type, name, meaning) type name;
#include "records.def"
};

struct line_record {
#define LINE(type, name, meaning) type name;
#include "records.def"
};

struct hart_record {
#define HART(type, name, meaning) type name;
#include "records.def"
};

struct touch_record {
#define TOUCH(type, name, meaning) type name;
#include "records.def"
};

struct phase_record {
#define PHASE(type, name, meaning) type name;
#include "records.def"
};

struct tried_record {
#define TRIED(type, name, meaning) type name;
#include "records.def"
};

#endif
