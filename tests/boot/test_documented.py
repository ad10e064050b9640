"""The documentation lists the keys of run.json and of the records that a run leaves."""

from support.documents import documented, record_keys

from hartlock.records.parser import read


def test_every_key_of_run_json_is_documented(all_on_two):
    keys = set(all_on_two.context) | set(all_on_two.session())
    assert keys <= set(documented("reference/run-json.md", "Keys"))


RARE = {"hart": {"sbi_error", "error"}, "pass": {"sections", "busiest"}}  # keys that this run has no reason to write


def test_every_record_key_is_documented_and_every_documented_key_occurs(all_on_two):
    documented_keys, seen = record_keys(), {}
    for record in read(all_on_two.log.split(b"\n")):
        seen.setdefault(record.type, set()).update(record.fields().values)
    assert set(seen) == set(documented_keys) - {"trap", "panic", "stuck", "hang", "coherence", "probe", "lrsc", "native", "usage",
                                                "exhaust"}
    for kind, keys in seen.items():
        missing = documented_keys[kind] - keys - RARE.get(kind, set())
        assert keys <= documented_keys[kind] and not missing, kind
