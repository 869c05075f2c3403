"""Goal: report.html works for a reader: it loads without an error or a request, shows its figures,
gives values on hover and from the keyboard, and fits a phone of 375 px.
Method: a real headless Chromium. Where it is not installed, these tests say so and are skipped;
tests/run.sh installs it."""

import argparse

import pytest

import browser
import synthetic
from analysis import contents, load

pytestmark = pytest.mark.skipif(not browser.found(), reason="chromium is not installed")
TAB, ESCAPE, RIGHT = ("Tab", 9), ("Escape", 27), ("ArrowRight", 39)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    results = load.read([str(synthetic.write(folder / "results", synthetic.Plan(
        schedulers=("fifo", "hybrid", "work-stealing"), connections=(256, 1024, 16384), blocks=10,
        workloads=(("plaintext", 16),), effects={"hybrid": 1.05})))])
    options = argparse.Namespace(baseline="", claims=[])
    contents.write(results, folder / "report", "report", options, lambda text: None)
    return (folder / "report" / "report.html").as_uri()


@pytest.fixture(scope="module")
def page():
    with browser.Browser() as running:
        yield running


@pytest.mark.parametrize("width", [375, 1280])
def test_it_loads_without_an_error_and_without_the_network(page, url, width):
    page.open(url, width)
    assert page.run("document.documentElement.dataset.ready") == "yes"
    assert page.complaints() == []


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_it_fits_the_window(page, url, width):
    page.open(url, width)
    assert page.run("document.documentElement.scrollWidth") <= width
    wide = page.run("""[...document.querySelectorAll('body *')].filter(e =>
        e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll') &&
        !e.closest('pre') && !e.closest('svg')).map(e => e.tagName + '.' + e.className)""")
    assert wide == []


def test_every_figure_is_visible_and_its_text_readable_on_a_phone(page, url):
    page.open(url, 375)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    figures = page.run("""[...document.querySelectorAll('figure')].map(f => {
        const svg = f.querySelector('svg'), box = svg.getBoundingClientRect();
        return {width: box.width, height: box.height,
                scale: box.width / svg.viewBox.baseVal.width,
                dots: svg.querySelectorAll('path, use').length,
                points: svg.querySelectorAll('.point').length,
                caption: f.querySelector('figcaption').textContent}})""")
    assert len(figures) >= 10
    for figure in figures:
        assert figure["width"] > 300 and figure["height"] > 100
        assert 8 * figure["scale"] >= 10, "8 pt must be at least 10 px"
        assert figure["dots"] > 20 and figure["points"] > 0
        assert "n = " in figure["caption"]
    size = page.run("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 16


def test_the_answer_comes_first_and_in_words(page, url):
    page.open(url, 375)
    text = page.run("document.querySelector('.answer').innerText")
    assert "hybrid serves " in text and " % more requests per second than fifo" in text, text
    assert page.run("document.querySelectorAll('.answer li').length") <= 5
    assert page.run("document.querySelector('.answer').getBoundingClientRect().top") < 812


def test_values_appear_under_the_mouse(page, url):
    page.open(url, 1280)
    spot = page.run("""(() => { const p = document.querySelector('.point');
        p.scrollIntoView({block: 'center'}); const b = p.getBoundingClientRect();
        return [b.x + b.width / 2, b.y + b.height / 2] })()""")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=spot[0], y=spot[1])
    shown = page.run("[...document.querySelectorAll('.tip')].filter(t => !t.hidden)"
                     ".map(t => t.textContent)")
    assert len(shown) == 1 and "connections: throughput" in shown[0] and "n = 10" in shown[0]


def test_points_lie_on_what_they_name(page, url):
    """The first points of the throughput figure are fifo's medians: blue must be under them."""
    page.open(url, 1280)
    off = page.run("""(() => { const svg = document.querySelector('figure svg');
        const marks = [...svg.querySelectorAll('use')].filter(u =>
            /0072b2/i.test(u.getAttribute('style') || '')).map(u => u.getBoundingClientRect());
        return [...svg.querySelectorAll('.point')].slice(0, 3).map(p => {
            const b = p.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2;
            return Math.min(...marks.map(m => Math.hypot(m.x + m.width / 2 - x,
                                                          m.y + m.height / 2 - y))) }) })()""")
    assert max(off) < 3, off


def test_everything_is_reached_by_keyboard(page, url):
    page.open(url, 1280)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    reached = []
    for _ in range(160):
        page.press(*TAB)
        name = page.run("document.activeElement.tagName")
        if name == "BODY" and reached:
            break
        reached.append(name)
    figures = page.run("document.querySelectorAll('figure').length")
    assert reached.count("svg") == figures
    assert {"A", "SUMMARY", "svg", "DIV"} <= set(reached)


def test_arrow_keys_walk_the_points_and_escape_ends_it(page, url):
    page.open(url, 375)
    page.run("document.querySelector('figure svg').focus()")
    tip = ("(() => { const t = document.querySelector('.tip');"
           "return t.hidden ? '' : t.textContent })()")
    first = page.run(tip)
    page.press(*RIGHT)
    second = page.run(tip)
    assert first and second and first != second
    box = page.run("(() => { const b = document.querySelector('.tip').getBoundingClientRect();"
                   "return [b.left, b.right, innerWidth] })()")
    assert box[0] >= 0 and box[1] <= box[2]
    page.press(*ESCAPE)
    assert page.run(tip) == ""
