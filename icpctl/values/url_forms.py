"""URLs as equality compares them: domains, pages, their paths; and the parameters of a query.

Each form exists for one text and for a column of texts; a property test holds the two together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from icpctl.values.text_forms import changed

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# What Arrow's and databases' regular expressions read as Python's do.
SCHEME = "[A-Za-z][A-Za-z0-9+.-]*://"
WWW = "[Ww][Ww][Ww][.]"

_SCHEME = re.compile(SCHEME)
_WWW = re.compile(WWW)
_PORT = re.compile(r":[0-9]+\Z")
_HOST_END = re.compile("[/?#]")
_PATH_END = re.compile("[?#]")
_BETWEEN_PAGES = re.compile(r"([;,|\r\n])")
_LIST_ENDS = " \t\r\n;,|"
_PAGE_START = re.compile(f"/|{SCHEME}")
_USUAL_STARTS = ("https://www.", "http://www.")
_LARGEST = 2**31 - 1  # Arrow 26 fails where no end is given
_HOST_START = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?=[/:?#]|\Z)")


def domain(text: str) -> str:
    """Return the host of a URL or an email: `https://www.acme.example:443/x` -> `acme.example`."""
    host = _HOST_END.split(_without(_SCHEME, text), maxsplit=1)[0].rpartition("@")[2]
    host = _without(_WWW, _PORT.sub("", host).rstrip("."))
    return (host or text).strip(" ")


def url(text: str) -> str:
    """Return a URL without scheme, `www.`, fragment and trailing `/`."""
    return _without(_WWW, _without(_SCHEME, text.partition("#")[0])).rstrip("/")


def path(text: str) -> str:
    """Return the path alone of a page, without trailing `/`: `https://a.example/b/?c` -> `/b`."""
    rest = _PATH_END.split(text, maxsplit=1)[0]
    if rest.startswith("/") and not rest.startswith("//"):
        return rest.rstrip("/")
    # What follows `//` is a host, whatever it looks like.
    rest = rest[2:] if rest.startswith("//") else _without(_SCHEME, rest)
    _, slash, tail = rest.partition("/")
    return (slash + tail).rstrip("/")


def path_value(text: str) -> str:
    """Return the form of a config's value that begins with `/`, to be found in `path` forms."""
    return text.partition("#")[0].rstrip("/")


def pages_in(text: str) -> list[str]:
    """Return the pages that a text lists, between `;`, `,`, `|` or line ends: `/a; /b`.

    A URL may hold each of these but a line end, so what follows has to begin a page: with a scheme
    or a `/`, after `;` and line ends also with a host. In a query a `/` after `,` or `|` does not.

    >>> pages_in("https://a.example/?x=1;y=2; https://a.example/b"), pages_in("/a,b")
    (['https://a.example/?x=1;y=2', 'https://a.example/b'], ['/a,b'])
    """
    first, *rest = _BETWEEN_PAGES.split(text)
    if not rest:
        return [text]
    pages = [[first]]
    for mark, part in zip(rest[::2], rest[1::2], strict=True):
        begins = part.strip()
        in_query = mark in ",|" and "?" in "".join(pages[-1])
        start = _SCHEME if in_query else _PAGE_START
        if start.match(begins) or (mark not in ",|" and _HOST_START.match(begins)):
            pages.append([part])
        else:
            pages[-1] += [mark, part]
    return ["".join(parts).strip(_LIST_ENDS) for parts in pages] if len(pages) > 1 else [text]


def query_parameter(text: str, name: str) -> str | None:
    """Return the first value of a parameter in a URL's query, decoded; None where it has none.

    The letter case of names does not count, `+` is a space, and the fragment is ignored.
    """
    query = text.partition("#")[0].partition("?")[2]
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if unquote_plus(key).casefold() == name.casefold():
            return unquote_plus(value)
    return None


def domain_column(texts: pa.Array) -> pa.Array:
    """Return `domain` of each text. Most are nothing but a domain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from icpctl.values.text_search import one_of, with_bytes

    has_more = pa.array(with_bytes(texts, one_of("/?#:@")))
    has_www = pc.starts_with(pc.ascii_lower(texts), "www.")
    is_other = pc.or_(has_more, pc.or_(has_www, pc.ends_with(texts, ".")))
    return pc.ascii_trim(changed(texts, is_other, texts, domain), characters=" ")


def url_column(texts: pa.Array) -> pa.Array:
    """Return `url` of each text; none is null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from icpctl.values.text_search import bytes_of, next_places, one_of, places_of

    offsets, data = bytes_of(texts)
    if not len(data):
        return texts
    fragments = places_of(data, one_of("#"))
    for start in _USUAL_STARTS:  # most often all begin alike
        if not len(fragments) and pc.all(pc.starts_with(texts, start)).as_py():
            urls = pc.binary_slice(texts.view(pa.binary()), len(start), _LARGEST)
            return pc.ascii_rtrim(urls.view(pa.string()), "/")
    ends = np.minimum(next_places(fragments, offsets[:-1], len(data)), offsets[1:])
    hosts, is_odd = _hosts(texts, offsets)
    is_www = ends - hosts >= len("www.")
    for place, letters in enumerate(("wW", "wW", "wW", ".")):
        byte = data.take(hosts + place, mode="clip")
        is_www &= np.isin(byte, [*letters.encode()])
    urls = _cut(texts, np.where(is_www, hosts + len("www."), hosts), ends)
    return changed(pc.ascii_rtrim(urls, "/"), is_odd, texts, url)


def path_column(texts: pa.Array) -> pa.Array:
    """Return `path` of each text; none is null."""
    import numpy as np
    import pyarrow.compute as pc

    from icpctl.values.text_search import bytes_of, next_places, one_of, places_of

    offsets, data = bytes_of(texts)
    if not len(data):
        return texts
    tails, slashes = places_of(data, one_of("?#")), places_of(data, one_of("/"))
    ends = np.minimum(next_places(tails, offsets[:-1], len(data)), offsets[1:])
    hosts, is_odd = _hosts(texts, offsets)
    is_odd = pc.or_(is_odd, pc.starts_with(texts, "//"))
    paths = _cut(texts, next_places(slashes, hosts, len(data)), ends)
    return changed(pc.ascii_rtrim(paths, "/"), is_odd, texts, path)


def _hosts(texts: pa.Array, offsets: np.ndarray) -> tuple[np.ndarray, pa.Array]:
    """Return where what follows `http://` or `https://` begins; which may have another scheme."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from icpctl.values.text_search import containing

    hosts, is_other = offsets[:-1].copy(), np.ones(len(texts), bool)
    for start in ("http://", "https://"):
        begins = pc.starts_with(texts, start).to_numpy(zero_copy_only=False)
        hosts[begins] += len(start)
        is_other &= ~begins
    is_other[is_other] = containing(texts.filter(pa.array(is_other)), "://")
    return hosts, pa.array(is_other)


def _cut(texts: pa.Array, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
    """Return of each text its bytes from `starts` to `ends`, which are places among all bytes."""
    import numpy as np
    import pyarrow as pa

    from icpctl.values.text_search import bytes_of

    data = bytes_of(texts)[1]
    starts = np.minimum(starts, ends)
    lengths = ends - starts
    gaps = np.diff(np.concatenate([[0], np.column_stack([starts, ends]).ravel()]))
    kept = data[: int(gaps.sum())][np.repeat(np.tile([False, True], len(texts)), gaps)]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(kept)]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def _without(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.match(text)
    return text[match.end() :] if match else text
