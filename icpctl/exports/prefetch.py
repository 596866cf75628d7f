"""Items made on a thread of their own, some while those before them are worked on."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread, current_thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


def ahead(items: Generator[T], count: int) -> Iterator[T]:
    """The items, none of which may be None; what making them raises is raised here.

    Up to `count` are made before they are asked for.

    Where this is left early, whatever thread then cleans up, `items` are closed. Nothing here
    waits for a lock that the interrupted code may hold, as an executor's `submit` would.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[T | BaseException | None] = SimpleQueue()
    thread = Thread(target=_make, args=(items, asked, made), daemon=True)
    thread.start()
    try:
        for _ in range(count):
            asked.put(True)
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            asked.put(True)
            yield item
    finally:
        with suppress(Empty):
            while True:
                asked.get_nowait()
        asked.put(False)
        if thread is not current_thread():
            thread.join()


def _make(
    items: Generator[T], asked: SimpleQueue[bool], made: SimpleQueue[T | BaseException | None]
) -> None:
    while asked.get():
        try:
            made.put(next(items, None))
        except BaseException as error:
            made.put(error)
    items.close()
