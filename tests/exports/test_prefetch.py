"""What is read ahead: order, errors, and leaving early."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest

from icpctl.exports.prefetch import ahead

if TYPE_CHECKING:
    from collections.abc import Generator


class Counted:
    """Numbers, how many were made, on which threads, and whether the maker was closed."""

    def __init__(self, stop: int, error: Exception | None = None, *, awaited: int = 0) -> None:
        self.stop = stop
        self.error = error
        self.awaited = awaited
        self.made = 0
        self.threads: set[threading.Thread] = set()
        self.reached = threading.Event()
        self.closed = threading.Event()

    def items(self) -> Generator[int]:
        try:
            for number in range(1, self.stop + 1):
                self.threads.add(threading.current_thread())
                self.made = number
                if number == self.awaited:
                    self.reached.set()
                yield number
            if self.error:
                raise self.error
        finally:
            self.closed.set()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_all_items_in_order_from_one_other_thread(count: int) -> None:
    counted = Counted(count)
    assert list(ahead(counted.items(), 2)) == list(range(1, count + 1))
    assert counted.closed.is_set()
    assert threading.current_thread() not in counted.threads
    assert not any(thread.is_alive() for thread in counted.threads)


def test_an_error_comes_behind_the_items_before_it() -> None:
    items = ahead(Counted(2, ValueError("boom")).items(), 3)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="boom"):
        next(items)


@pytest.mark.parametrize("count", [1, 3])
def test_it_is_ahead_by_the_count(count: int) -> None:
    counted = Counted(9, awaited=count + 1)
    items = ahead(counted.items(), count)
    assert next(items) == 1
    assert counted.reached.wait(60)  # made while nobody asks for it
    items.close()
    assert counted.made == count + 1
    assert counted.closed.is_set()


def test_nothing_more_is_made_where_it_is_left() -> None:
    counted = Counted(1_000_000, awaited=1)
    items = ahead(counted.items(), 1_000_000)
    assert next(items) == 1
    items.close()
    assert counted.made < 1_000_000
    assert counted.closed.is_set()


def test_what_is_left_in_a_cycle_is_closed_by_the_collector_on_any_thread() -> None:
    counted = Counted(9)
    holder: list[object] = [ahead(counted.items(), 2)]
    next(holder[0])  # type: ignore[call-overload]
    holder.append(holder)
    del holder
    collector = threading.Thread(target=gc.collect)
    collector.start()
    collector.join()
    assert counted.closed.wait(60)
