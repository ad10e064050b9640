"""Some cells of `make validate`, on one machine that fits what is known of D."""

import pytest
from tools.validate.validate import Cell, loop_of, measure_programs, members


@pytest.mark.parametrize("think, strategy, harts, cycles, starves", [
    (0, "faa", 1, 14.0, False), (0, "tas", 4, 88.0, True), (20, "tas", 4, 154.0, True), (20, "ticket", 2, 99.6, False),
    (20, "mcs", 8, 116.7, False)])
def test_a_cell_is_as_in_the_table(model_built, tmp_path, think, strategy, harts, cycles, starves):
    machine = members(tmp_path, "D", 1)
    _, found = measure_programs(tmp_path, machine, loop_of(tmp_path, "D", machine[0]), Cell("D", think, strategy, harts, None, False))
    assert found.middle == pytest.approx(cycles, rel=0.06)
    assert bool(found.starved) == starves
