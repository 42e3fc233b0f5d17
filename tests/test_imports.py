"""What a Java file imports is read from its head, and where a class of its own tree would have to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.imports import holds, imports_of, roots_of

SOURCE = b"""/* import a.b.Old; */
package org.shop.web;

import static org.shop.core.Money.of;
import org.shop.core.Order;
import org.shop.core.Order.Line;
import org.shop.util.*;
import java.util.List ;
import org.shop.Shop; // the old one
 import not.at.The.Start;
/**
 * Says {@link Money}.
 */
class Cart { }
import org.shop.Later;
"""


def test_full_names_of_classes_are_read_with_their_lines() -> None:
    """A nested class or a static method is its outer class's; a wildcard names none."""
    found = imports_of(SOURCE)
    assert [(i.text, i.line) for i in found.values()] == [
        ("org.shop.core.Money", 4),
        ("org.shop.core.Order", 6),
        ("java.util.List", 8),
        ("org.shop.Shop", 9),
    ]
    assert found["org.shop.core.Money"].package == "org/shop/core"


@pytest.mark.parametrize("name", ["R", "BuildConfig", "OrderBinding", "Order_", "OrderGrpc", "OrderProto"])
def test_what_tools_make_by_habit_is_no_class_of_the_tree(name: str) -> None:
    assert imports_of(f"import org.shop.{name};\n".encode()) == {}


@pytest.mark.parametrize(
    "line", ["import ;", "import Order;", "import a.b;", "import a.B", "import a..B;", "import a.b-c.D;"]
)
def test_what_is_no_import_of_a_class_is_passed_over(line: str) -> None:
    assert imports_of(line.encode() + b"\n") == {}


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    """Every class that is found has a package and a line of the file."""
    for found in imports_of(b"import " + data).values():
        assert found.package
        assert 1 <= found.line <= data.count(b"\n") + 1
    assert roots_of("a/B.java", b"package " + data) in ((), ("",))


@pytest.mark.parametrize(
    ("path", "roots"),
    [
        ("src/main/java/org/shop/Cart.java", ("src/main/java/",)),
        ("src/test/java/org/shop/CartTest.java", ("src/test/java/", "src/main/java/")),
        ("api/src/it/java/org/shop/CartIT.java", ("api/src/it/java/", "api/src/main/java/")),
        ("org/shop/Cart.java", ("",)),
        ("common/org/shop/Cart.java", ("common/",)),
        ("src/org/shop/Cart.java", ("src/",)),
        ("elsewhere/Cart.java", ()),
        ("xorg/shop/Cart.java", ()),
    ],
)
def test_roots_follow_from_the_package_that_a_file_declares(path: str, roots: tuple[str, ...]) -> None:
    assert roots_of(path, b"// words\npackage org.shop;\n") == roots


def test_a_file_without_a_package_has_no_roots() -> None:
    assert roots_of("src/main/java/Cart.java", b"class Cart { }\n") == ()


def test_a_class_may_be_written_in_another_language_of_the_machine() -> None:
    entries = frozenset({"Cart.kt", "Order.java", "Money.txt"})
    assert holds(entries, "Cart")
    assert holds(entries, "Order")
    assert not holds(entries, "Money")
