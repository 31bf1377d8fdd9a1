"""The reader's own choice of light or dark, in Streamlit's menu, while a page is open."""

import pytest

from embedcore.figures.palette import Style
from tests.e2e.chart_colors import READABLE, least_contrast, wait_until_drawn_for, wait_until_themed

pytestmark = pytest.mark.e2e


def test_the_theme_of_the_menu_colors_the_charts_at_once(open_page):
    page = open_page("/sum", width=1400)
    page.get_by_test_id("stMainMenuButton").click()
    for name, scheme in (("Dark", "dark"), ("Light", "light")):
        page.get_by_test_id(f"stMainMenuItem-theme-{name}").click()
        wait_until_themed(page, scheme)
        assert least_contrast(page) >= READABLE
        wait_until_drawn_for(page, Style(scheme).text)
