"""Items made on a thread of their own, each while the one before is worked on."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread, current_thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


def ahead(items: Generator[T]) -> Iterator[T]:
    """The items, none of which may be None; what making them raises is raised here.

    Where this is left early, whatever thread then cleans up, `items` are closed. Nothing here
    waits for a lock that the interrupted code may hold, as an executor's `submit` would.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[T | BaseException | None] = SimpleQueue()
    thread = Thread(target=_make, args=(items, asked, made), daemon=True)
    thread.start()
    try:
        asked.put(True)
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            asked.put(True)
            yield item
    finally:
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
