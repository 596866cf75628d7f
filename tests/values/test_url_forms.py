"""Parameters of a URL's query, and the hosts of domains."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from icpctl.values import page_columns, typed_columns
from icpctl.values.url_forms import domain, pages_in, query_parameter
from icpctl.vocabulary import Kind


@pytest.mark.parametrize(
    ("page", "value"),
    [
        ("/?utm_source=google", "google"),
        ("https://a.example/b?x=1&UTM_SOURCE=Google+Ads#c", "Google Ads"),
        ("/?utm_source=a%26b%3Dc", "a&b=c"),
        ("/?utm%5Fsource=x", "x"),
        ("/?utm_source=first&utm_source=second", "first"),
        ("/?utm_source", ""),
        ("/?utm_source=%FF", "\ufffd"),
        ("/?my_utm_source=x", None),
        ("/#?utm_source=x", None),
        ("/utm_source=x", None),
        ("/", None),
    ],
)
def test_a_parameter(page: str, value: str | None) -> None:
    assert query_parameter(page, "utm_source") == value


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.acme.example:443/x", "acme.example"),
        ("acme.example.", "acme.example"),
        ("WWW.acme.example?x", "acme.example"),
        ("https://", "https://"),
        ("ada@acme.example", "acme.example"),
        ("mailto:ada@www.acme.example", "acme.example"),
        ("https://ada:secret@acme.example:443/@x", "acme.example"),
        ("acme.example/@ada", "acme.example"),
        ("ada@", "ada@"),
        ("acme.example ./x", "acme.example"),
        ("ada@ acme.example", "acme.example"),
    ],
)
def test_a_host(text: str, host: str) -> None:
    assert domain(text) == host


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("/a;/b", ["/a", "/b"]),
        ("/a; /b;", ["/a", "/b"]),
        ("/a, https://acme.example/b", ["/a", "https://acme.example/b"]),
        ("/a|/b", ["/a", "/b"]),
        ("/a\r\n/b\n", ["/a", "/b"]),
        ("acme.example/a;acme.example", ["acme.example/a", "acme.example"]),
        ("/a?x=1;y=2", ["/a?x=1;y=2"]),
        ("/a;jsessionid=A.node1", ["/a;jsessionid=A.node1"]),
        ("/a?x=1,2|3", ["/a?x=1,2|3"]),
        ("/compare?paths=/a,/b|/c", ["/compare?paths=/a,/b|/c"]),
        ("/a?x=1, https://acme.example/b,/c", ["/a?x=1", "https://acme.example/b", "/c"]),
        ("/compare/a.example,b.example", ["/compare/a.example,b.example"]),
        ("Home; Pricing", ["Home; Pricing"]),
        (" /a ", [" /a "]),
    ],
)
def test_pages_that_a_text_lists(text: str, pages: list[str]) -> None:
    assert pages_in(text) == pages
    listed = [None, ['"/x"', json.dumps(text), None], ['"/y"'], ["7"]]
    column = typed_columns.pages(pa.array(listed))
    offsets, elements = column.lists()
    seen = [column.values[int(number)].as_py() for number in elements]
    assert seen == ["/x", *(page.strip() for page in pages), "/y"]
    assert np.diff(offsets).tolist() == [0, 1 + len(pages), 1, 0]
    assert column.misfits.tolist() == [3]


def test_rows_without_a_text_have_that_of_their_first_page() -> None:
    own = typed_columns.texts(pa.array(['"bing"', None, '["", null]', "{}", '"N/A"', None]))
    visited = [
        ["/?utm_source=google"],
        ["/", "/?utm_source=N%2FA", "/?utm_source=google", "/?utm_source=x"],
        ["/?utm_source=a"],
        ["/?utm_source=b"],
        ["/"],
        [],
    ]
    pages = typed_columns.pages(pa.array([list(map(json.dumps, pages)) for pages in visited]))
    column = page_columns.with_parameters(own, pages, "utm_source")
    assert column.to_lists() == [["bing"], ["google"], ["a"], ["b"], [], []]
    assert column.misfits.tolist() == []


def test_domains_are_hosts_for_every_comparator() -> None:
    tokens = pa.array(['"https://www.Northwind.example/about"', '["a.example.", "b.example:80"]'])
    column = typed_columns.of_kind(tokens, "domain", Kind.TEXT)
    assert column.to_lists() == [["Northwind.example"], ["a.example", "b.example"]]
