"""Report the progress of a running job, and warn if the cluster has no worker for it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark import SparkContext

_SECONDS = 0.5
_PATIENCE = 30.0  # seconds without any worker, after which a person should know


@contextmanager
def watched(
    context: SparkContext,
    group: str,
    on_progress: Callable[[float], None],
    on_nobody: Callable[[], None],
) -> Iterator[None]:
    """Call `on_progress` with the share of the group's finished tasks while the block runs.

    `on_nobody` is called once if no task has begun for a long time. Both are called on a thread.
    """
    ended = Event()

    def watch() -> None:
        waited, is_told = 0.0, False
        while not ended.wait(_SECONDS):
            with suppress(Exception):  # Spark may be about to end
                running, done, total = _tasks(context, group)
                waited = 0.0 if running or done else waited + _SECONDS
                if waited > _PATIENCE and total and not is_told:
                    is_told = True
                    on_nobody()
                if total:
                    on_progress(done / total)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _tasks(context: SparkContext, group: str) -> tuple[int, int, int]:
    """Return the tasks of the running jobs: how many run, are done, and exist in all."""
    tracker: Any = context.statusTracker()
    running = done = total = 0
    for job in tracker.getActiveJobsIds():
        info = tracker.getJobInfo(job)
        for stage in info.stageIds if info and job in tracker.getJobIdsForGroup(group) else ():
            stage_info = tracker.getStageInfo(stage)
            if stage_info:
                running += stage_info.numActiveTasks
                done += stage_info.numCompletedTasks
                total += stage_info.numTasks
    return running, done, total
