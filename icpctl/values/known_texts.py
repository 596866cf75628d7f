"""What is made of the distinct texts of a column, kept from one batch to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

T = TypeVar("T")


class KnownTexts(Generic[T]):
    """Makes something of columns of texts, text by text, and remembers it for the next column.

    The distinct texts of a batch often are those of the batch before, or begin with them: then
    only what follows is made, and joined to what is known. Used by one thread at a time.

    >>> import pyarrow as pa
    >>> lengths = KnownTexts(lambda texts: [len(text) for text in texts.to_pylist()], list.__add__)
    >>> lengths.of(pa.array(["a", "bb"])), lengths.of(pa.array(["a", "bb", "ccc"]))
    ([1, 2], [1, 2, 3])
    """

    def __init__(self, make: Callable[[pa.Array], T], join: Callable[[T, T], T]) -> None:
        self._make, self._join = make, join
        self._known: tuple[pa.Array, T] | None = None

    def of(self, texts: pa.Array) -> T:
        """Return what is made of texts."""
        made = self._made(texts)
        self._known = texts, made
        return made

    def _made(self, texts: pa.Array) -> T:
        if self._known is None:
            return self._make(texts)
        known, made = self._known
        if not texts[: len(known)].equals(known):
            return self._make(texts)
        later = texts[len(known) :]
        return self._join(made, self._make(later)) if len(later) else made
