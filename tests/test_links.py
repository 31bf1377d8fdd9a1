"""Links: no query ends in an exception, and the address that a page leaves is what it shows."""

import random

import pytest

from pages.shared.parameters import PARAMETERS, Kind, is_possible
from tests.test_pages import PAGES, by_link

pytestmark = pytest.mark.usefixtures("own_cache")
# What a link may hold where a number, a choice, a switch or a text is asked for.
ODD = (
    *("", " ", "Infinity", "-Infinity", "1e309", "-1e309", "NaN", "nan", "1e308", "-1e308", "5e-324", "1e-400", "2.5", "-0", "0", "1", "-1"),
    *("٣", "３", "𝟛", "²", "+3", " 3", "3 ", "0x10", "1_0", "1e3", "9" * 20, "-" + "9" * 20, "9007199254740993", "4294967296", "2147483648", "9" * 400),
    *("\x00", "\ufffd", "\u202e", "a" * 250, "a" * 5_000, "\n", "a\nb", "[", "(?", "\\", "`", "%", "&", "<b>", "[x](http://y)", ":material/home:"),
    *("true", "TRUE", "yes", "null", "None", "[]", "{}", "1,2,3", "0,0,0,0,0", "1,-9,9,-9,9", "0,1,2,3", "0,1,2,3,4,zz", "eJwDAAAAAAE="),
)  # fmt: skip
# Names that no control has: of the session's own state, of charts, of Streamlit, of trackers.
FOREIGN = ("_picked", "_box", "_links_run", "_link_notices", "map_chart", "map_overlay", "overview_chips", "flagged_list", "embed",
           "embed_options", "threshold of norm", "utm_source", "", "a b", "٣", "Model", "model[]")  # fmt: skip
# The quick ones often.
WEIGHTS = {"overview.py": 4, "tokens.py": 4, "batches.py": 5, "lookup.py": 4, "positions.py": 6, "sum.py": 4, "map.py": 5,
           "neighbors.py": 4, "audit.py": 2}  # fmt: skip


def values_of(at):
    """Return the parameters that a page has, each with what its control offers or shows."""
    boxes = {box.key: box.options for box in at.selectbox}
    buttons = {group.key: list(group.options) for group in at.button_group}
    plain = {
        each.key: [str(each.value).lower() if isinstance(each.value, bool) else str(each.value)]
        for each in (*at.number_input, *at.toggle, *at.text_input)
    }
    return boxes | buttons | plain


@pytest.fixture(scope="module")
def offered():
    """Return what every page offers, by page and parameter."""
    found = {page: values_of(by_link(page)) for page in PAGES}
    assert set(WEIGHTS) == set(found)
    assert not {name for names in found.values() for name in names} - set(PARAMETERS)
    return found


def odd_links(offered, n, seed):
    """Draw `n` links: parameters of the page, of others, of none; values that fit, that do not, that come twice."""
    draw = random.Random(seed)
    options = [value for names in offered.values() for values in names.values() for value in values]
    for _ in range(n):
        page = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        own = list(offered[page])
        params = {}
        for _ in range(draw.randint(1, 6)):
            name = draw.choices((draw.choice(own), draw.choice(list(PARAMETERS)), draw.choice(FOREIGN)), (6, 4, 1))[0]
            fitting = offered[page].get(name, ["1"])

            def value(fitting=fitting):
                return draw.choices((draw.choice(ODD), draw.choice(fitting), draw.choice(options)), (5, 4, 2))[0]

            params[name] = [value(), value()] if draw.random() < 0.15 else value()
        yield page, params


def check(page, params):
    at = by_link(page, **params)
    assert not at.exception, (page, params, at.exception[0].value)
    address = {name: [value] if isinstance(value, str) else value for name, value in at.query_params.items()}
    address = {name: values for name, values in address.items() if name not in {"embed", "embed_options"}}
    for name, values in address.items():
        assert name in PARAMETERS, (page, params)
        assert all(is_possible(PARAMETERS[name], value) for value in values), (page, params, name)
        assert len(values) == 1 or PARAMETERS[name] is Kind.SEVERAL, (page, params, name)
    return at, address


def test_no_link_ends_in_an_exception(offered):
    for page, params in odd_links(offered, 200, seed=16):
        check(page, params)
