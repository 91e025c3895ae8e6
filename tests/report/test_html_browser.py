"""The page in a real browser: what a person does with it, with a script and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Browser, Locator, Page, expect
from specimen import environment, specimen
from typer.testing import CliRunner

from adbench.cli.main import app
from adbench.record.model import RunRecord
from adbench.report.html import Source, bundle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of each kind, on disk."""
    folder = tmp_path_factory.mktemp("pages")
    old = environment(versions={"numpy": "2.3.0"}, git="fedcba987654")
    before = specimen(15, seed=1, slower=0.8, started="2026-10-01T00:00:00Z", environment=old)
    past = [specimen(5, seed=i, started=f"2026-10-{i + 1:02d}T00:00:00Z") for i in range(5)]
    records = {
        "bench": [specimen(15)],
        "check": [specimen(15, bench=False)],
        "comparison": [before, specimen(15)],
        "history": past,
        "long": [endless()],
    }
    return {name: written(folder / f"{name}.html", found) for name, found in records.items()}


def endless() -> RunRecord:
    """Names and messages without a place to break them at."""
    run = specimen(3, command="adbench check " + "c" * 300)
    assert run.bench is not None
    results = [
        r.model_copy(update={"case": f"{r.case}{'n' * 200}", "reason": "r" * 400})
        for r in run.results
    ]
    bench = run.bench.model_copy(update={"warnings": ("w" * 300,)})
    return run.model_copy(update={"results": tuple(results), "bench": bench})


def written(path: Path, records: list[RunRecord]) -> Path:
    made = bundle([Source(record) for record in records], f"{path.stem}-data")
    path.write_text(made.page, encoding="utf-8")
    for name, text in made.files.items():
        file = path.with_name(f"{path.stem}-data") / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a page; anything that it asks the network for, or that goes wrong, fails the test."""
    contexts = []
    troubles: list[str] = []

    def look(path: Path, fragment: str = "", *, width: int = 1440, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        own = path.as_uri()
        page.on("request", lambda r: r.url.split("#")[0] != own and troubles.append(r.url))
        page.on("console", lambda m: m.type in ("error", "warning") and troubles.append(m.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(own + fragment)
        return page

    yield look
    for context in contexts:
        context.close()
    assert not troubles


def cases_shown(page: Page) -> list[str]:
    return page.locator("#matrix-table tr[data-case]:visible th > a").all_inner_texts()


def header(page: Page, name: str) -> Locator:
    return page.locator("#matrix-table").get_by_role("columnheader", name=name)


def choose(page: Page, metric: str) -> None:
    page.get_by_role("radio", name=metric, exact=True).click()


def column(page: Page, number: int) -> list[float]:
    """What the visible figures of a column say, as numbers."""
    cells = page.locator(f"#matrix-table tr[data-case] > :nth-child({number})")
    texts = [re.search(r"([\d.,]+)×", text) for text in cells.all_inner_texts()]
    return [float(found[1].replace(",", "")) for found in texts if found]


def test_a_real_run_opens(tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    path = tmp_path / "run.html"
    words = ["check", "suites/article.yaml", "--backend", "native", "--html", str(path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    page = opened(path)
    expect(page.get_by_role("heading", level=1)).to_contain_text("gradients right")
    page.locator("details.case > summary").first.click()
    assert page.locator("details.case[open] svg.chart").first.is_visible()
    assert page.locator("details.case[open] pre code").first.inner_text().strip()


def test_a_column_is_sorted_up_then_down_then_not(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    head = header(page, "native:eager")
    before = cases_shown(page)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    rising = column(page, 2)
    assert len(rising) == 15
    assert rising == sorted(rising)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, 2) == sorted(rising, reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    assert cases_shown(page) == before


def test_what_has_no_figure_is_sorted_last(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    head = header(page, "torch:eager")
    for _ in range(2):
        head.get_by_role("button").click()
        last = page.locator("#matrix-table tr[data-case]").last
        assert "fail" in last.inner_text()


def test_cases_are_sorted_as_a_person_counts(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    header(page, "Case").get_by_role("button").click()
    shown = [name for name in cases_shown(page) if name.startswith("logdet")]
    assert shown == [f"logdet[n={n}]" for n in (32, 64, 128, 256, 512)]


def test_a_filter_leaves_what_it_names(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    page.get_by_placeholder("Filter by name").fill("GMM")
    assert set(cases_shown(page)) == {f"gmm[n={n}]" for n in (32, 64, 128, 256, 512)}
    assert page.locator("details.case:visible").count() == 1
    expect(page.get_by_role("status")).to_have_text("5 of 15 cases shown")
    page.get_by_placeholder("Filter by name").fill("no such case")
    assert cases_shown(page) == []
    assert page.locator("tr.suite:visible").count() == 0
    page.get_by_placeholder("Filter by name").fill("")
    assert len(cases_shown(page)) == 15


def test_only_problems_are_left(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    button = page.get_by_role("button", name="Only problems")
    button.click()
    assert cases_shown(page) == ["logdet[n=64]"]
    assert button.get_attribute("aria-pressed") == "true"


def test_the_metric_is_chosen_by_mouse_and_keyboard(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    cell = page.locator("#matrix-table tr[data-case] td").first
    assert "µs" in cell.inner_text()
    choose(page, "Memory")
    assert "KiB" in cell.inner_text()
    assert "µs" not in cell.inner_text()
    page.keyboard.press("ArrowRight")
    assert "compile" in page.url
    assert page.locator("#m-compile").is_checked()
    assert " ms" in cell.inner_text()


def test_a_hidden_column_changes_the_geometric_means(
    pages: dict[str, Path], opened: Opened
) -> None:
    page = opened(pages["bench"])
    foot = page.locator("tfoot tr:visible")
    before = foot.inner_text()
    assert "over the 14 cases" in before
    for mode in ("torch:eager", "torch:compile"):
        page.get_by_role("checkbox", name=mode).click()
    assert header(page, "torch:eager").is_hidden()
    assert "over the 15 cases" in foot.inner_text()
    assert "native:eager, native:compiled, jax:eager, jax:jit" in foot.inner_text()
    page.reload()
    assert "over the 15 cases" in foot.inner_text()
    for mode in ("torch:eager", "torch:compile"):
        page.get_by_role("checkbox", name=mode).click()
    assert foot.inner_text() == before


def test_a_saved_link_brings_everything_back(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    choose(page, "Gradient ÷ primal")
    header(page, "jax:jit").get_by_role("button").click()
    header(page, "jax:jit").get_by_role("button").click()
    page.get_by_placeholder("Filter by name").fill("log")
    page.locator("details.case:visible > summary").first.click()
    page.locator("details.point:visible > summary").first.click()
    shown, saved = cases_shown(page), page.url
    again = opened(pages["bench"], saved[saved.index("#") :])
    assert cases_shown(again) == shown
    assert again.locator("#m-ratio").is_checked()
    assert again.get_by_placeholder("Filter by name").input_value() == "log"
    head = header(again, "jax:jit")
    assert head.get_attribute("aria-sort") == "descending"
    assert again.locator("details.point[open]").count() == 1
    assert again.locator("details.point[open] .body").is_visible()


def test_a_link_of_the_matrix_opens_its_case(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"])
    page.get_by_role("link", name="logdet[n=64]").last.click()
    body = page.locator("details.point[open] > .body")
    expect(body).to_have_count(1)
    expect(body).to_be_in_viewport()
    assert f"case={body.get_attribute('id')}" in page.url


def test_dark_is_the_systems_choice_until_a_person_chooses(
    pages: dict[str, Path], opened: Opened
) -> None:
    page = opened(pages["check"], color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) == dark
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_without_a_script_all_is_readable(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["bench"], java_script_enabled=False)
    assert page.locator(".js:visible").count() == 0
    assert header(page, "jax:jit").is_visible()
    cell = page.locator("#matrix-table tr[data-case] td").first
    assert "µs" in cell.inner_text()
    choose(page, "Memory")
    assert "KiB" in cell.inner_text()
    page.locator("details.case > summary").first.click()
    assert page.locator("details.case svg.chart").first.is_visible()
    page.get_by_role("link", name="logdet[n=64]").last.click()
    expect(page.locator("details.point[open] > .body")).to_be_in_viewport()


def test_a_copied_command_is_the_one_shown(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["check"], permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(1)


@pytest.mark.parametrize("kind", ["bench", "check", "comparison", "history", "long"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_no_wider_than_its_window(
    kind: str, width: int, pages: dict[str, Path], opened: Opened
) -> None:
    page = opened(pages[kind], width=width)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("kind", ["bench", "check", "comparison", "history"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    kind: str, scheme: str, pages: dict[str, Path], opened: Opened
) -> None:
    page = opened(pages[kind], color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details.case').forEach((d) => { d.open = true; })")
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert found["passes"]
    grave = [
        (violation["id"], violation["nodes"][0]["html"], violation["nodes"][0]["failureSummary"])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert not grave


def test_print_leaves_out_what_cannot_be_used_on_paper(
    pages: dict[str, Path], opened: Opened
) -> None:
    page = opened(pages["bench"], color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator(".tools:visible, .copy:visible, #theme:visible").count() == 0
    assert header(page, "jax:jit").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#matrix-table tr[data-case]:visible").count() == 15


def test_a_keyboard_reaches_every_control(pages: dict[str, Path], opened: Opened) -> None:
    page = opened(pages["check"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.tagName + '#' + document.activeElement.id")
        )
    assert {"INPUT#q", "BUTTON#only", "BUTTON#theme", "INPUT#m-digits", "SUMMARY#"} <= reached


def test_five_hundred_cases_stay_usable(tmp_path: Path, opened: Opened) -> None:
    page = opened(written(tmp_path / "big.html", [specimen(500, bench=False)]))
    page.get_by_placeholder("Filter by name").fill("huber_3")
    assert len(cases_shown(page)) == 5
    header(page, "jax:jit").get_by_role("button").click()
    assert header(page, "jax:jit").get_attribute("aria-sort") == "ascending"
