"""Prose of the report: links lead to its own anchors and to pages of analyses, and nothing else comes in."""

import pytest

from analysis.report import pages


@pytest.mark.parametrize(
    "address",
    ["#finding-12", "#area-TR-27", "#findings-west_africa", "../../turkiye/TR-27/case_records_SYNTHETIC.html"],
)
def test_own_addresses_stay(address: str):
    fragment = f'<a href="{address}">x</a>'
    assert pages.prose(fragment) == fragment
    # Pages of analyses have no links at all.
    assert pages.clean(fragment) == "x"


@pytest.mark.parametrize(
    "address",
    [
        *("https://example.org", "//example.org/a.html", "javascript:alert(1)", "data:text/html,x", "#", "#1", "#a b"),
        *(
            "../../../etc/x.html",
            "../../a/b/../c.html",
            "../../turkiye/TR-27/x.html?y",
            "/a/b/c.html",
            "mailto:a@b.org",
        ),
    ],
)
def test_other_addresses_go_and_the_text_stays(address: str):
    assert pages.prose(f'<a href="{address}">x</a>') == "<a>x</a>"


def test_a_part_in_another_language_says_so_and_what_is_synthetic_keeps_its_class():
    fragment = '<p lang="en">a <span class="synthetic">SYNTHETIC</span></p>'
    assert pages.prose(fragment) == fragment
    assert pages.prose('<p lang="x onclick" onclick="y" style="z" id="a">a</p>') == "<p>a</p>"
    assert pages.prose('<span class="banner">a</span>') == '<span class="">a</span>'


def test_what_was_never_meant_to_be_read_goes_with_its_text():
    assert pages.prose("a<script>b</script><style>c</style><svg><a href='#x'>d</a></svg>e") == "ae"
