"""The explanation's page in a browser: no request, no serious violation, light, dark and narrow."""

import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.explain import explain_function
from adbench.report.graph_html import graph_html

playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = pytest.mark.slow


def loss(w, x):
    h = np.tanh(x @ w)
    return np.sum(h * h)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    found = explain_function(
        get_backend("native"),
        loss,
        {"w": np.array([1.0, 2.0]), "x": np.ones((3, 2))},
        {"w": True, "x": True},
        {},
        name="loss",
        steps=5,
    )
    file = tmp_path_factory.mktemp("page") / "loss.html"
    file.write_text(graph_html([found]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_stands_by_itself_and_can_be_read_by_all(browser, page_file, scheme, width):
    page = browser.new_page(
        color_scheme=scheme, viewport={"width": width, "height": 800}, java_script_enabled=True
    )
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    assert requests == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = axe.Axe().run(page).response["violations"]
    page.close()
    serious = [v["id"] for v in violations if v["impact"] in ("serious", "critical")]
    assert serious == []
