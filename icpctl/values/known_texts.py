"""What is made of the distinct texts of a column, kept from one batch to the next."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

T = TypeVar("T")


class KnownTexts(Generic[T]):
    """Makes something of columns of texts, text by text, and remembers it for the next column.

    The distinct texts of a batch often are those of the batch before, or begin with them: then
    only what follows is made, and joined to what is known. Batches of several threads come from
    `columns` such dictionaries in turn. Used by one thread at a time.

    >>> import pyarrow as pa
    >>> lengths = KnownTexts(lambda texts: [len(text) for text in texts.to_pylist()], list.__add__)
    >>> lengths.of(pa.array(["a", "bb"])), lengths.of(pa.array(["a", "bb", "ccc"]))
    ([1, 2], [1, 2, 3])
    """

    def __init__(
        self, make: Callable[[pa.Array], T], join: Callable[[T, T], T], columns: int = 1
    ) -> None:
        self._make, self._join = make, join
        self._known: deque[tuple[pa.Array, T]] = deque(maxlen=columns)

    def of(self, texts: pa.Array) -> T:
        """Return what is made of texts."""
        made = self._made(texts)
        self._known.append((texts, made))
        return made

    def _made(self, texts: pa.Array) -> T:
        for place, (known, made) in enumerate(self._known):
            if texts[: len(known)].equals(known):
                del self._known[place]
                later = texts[len(known) :]
                return self._join(made, self._make(later)) if len(later) else made
        return self._make(texts)
