"""Tells how to use a strategy in another tree: the headers to copy, and the lines to write."""

import re
from pathlib import Path

from hartlock.base.paths import TOP
from hartlock.plan import lock_bytes, traits
from hartlock.plan.strategies import Strategy


def snippet(strategy: Strategy, harts: int) -> list[str]:
    """Returns the lines to write for so many harts: what to define and include, and what is called."""
    macro = lock_bytes.macro(strategy.name)
    made = [f"#define {macro} {lock_bytes.made_for(strategy.name, harts)}  /* as many harts as there can be, a power of two */"] if macro else []
    return made + (_lockfree_lines(strategy) if strategy.lockfree else _lock_lines(strategy))


def _lockfree_lines(strategy: Strategy) -> list[str]:
    c = strategy.header.stem
    node = f"{c}_join(" in strategy.header.read_text(encoding="utf-8")
    return [f'#include "{_path(strategy)}"',
            f"struct {c}_heap heap;                     /* was: the lock and next */",
            *([f"struct {c}_node node;                     /* one for each hart */"] if node else []),
            f"{c}_init(&heap, start, end);",
            *([f"{c}_join(&node, batch);                    /* each hart, once */"] if node else []),
            f"block = {c}_alloc(&heap, {'&node, ' if node else ''}size, align);  /* was: lock, {'take a frame' if strategy.frees else 'bump'}, unlock */",
            *([f"{c}_free(&heap, block);                 /* was: lock, put it on the list, unlock */"] if strategy.frees else [])]


def _lock_lines(strategy: Strategy) -> list[str]:
    c, known = strategy.header.stem, traits.known()[strategy.name]
    joins = not re.search(rf"LOCK_(KEEPS|JOINS)_NOTHING\({c}\)", strategy.header.read_text(encoding="utf-8"))
    keeps = known.waiter_bytes + known.hart_bytes > 0
    of_hart = "one-node-a-hart" in known.has
    node = "&node" if keeps else "NULL"
    whose = "one for each hart, for all its locks" if of_hart else "one for each hart and each lock it may hold at once"
    return [f'#include "{_path(strategy)}"',
            f"struct {c}_lock lock;                     /* in what it protects */",
            *([f"struct {c}_space space;                   /* one for all such locks, zeroed */"] if joins else []),
            *([f"struct {c}_node node;                     /* {whose} */"] if keeps else []),
            f"{c}_init(&lock);",
            *([f"{c}_join(&node, &space, (struct lock_hart){{ .number = hart, .cluster = 0 }}); /* each {'hart' if of_hart else 'node'}, once */"]
              if joins else []),
            f"{c}_acquire(&lock, {node});                /* was: spin_lock(&lock) */",
            f"{c}_release(&lock, {node});                /* was: spin_unlock(&lock) */"]


def _path(strategy: Strategy) -> str:
    return str(strategy.header.relative_to(TOP))


def files(strategy: Strategy) -> list[str]:
    """Returns the header and those of ours that it includes, to be copied together."""
    out: list[str] = []
    todo = [_path(strategy)]
    while todo:
        name = todo.pop(0)
        if name in out or not (TOP / name).is_file():
            continue
        out.append(name)
        for found in re.findall(r'^#include "([^"]+)"', (TOP / name).read_text(encoding="utf-8"), re.MULTILINE):
            todo.append(str((Path(TOP / name).parent / found).resolve().relative_to(TOP)))
    return out
