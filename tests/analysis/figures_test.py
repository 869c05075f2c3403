"""Goal: each figure is fit to print. No text is clipped, overlaps other text or is under 8 pt; the
legend covers no data; series differ in colour, marker and dash; equal input gives equal bytes.
Method: every figure of the set in both widths, on plain trials and on awkward ones (long names,
many series, one block, marked trials, a narrow range)."""

import dataclasses
from pathlib import Path

import matplotlib
import pytest
from matplotlib.text import Text

import synthetic
import synthetic_rounds
from analysis import cells, drawing, figures, findings, style

PLANS = {
    "plain": synthetic.Plan(effects={"hybrid": 1.03, "work-stealing": 0.97}, blocks=6,
                            workloads=(("plaintext", 16),), open_rates=(0.3, 0.6)),
    "sweep of seven": synthetic.Plan(connections=tuple(2**i for i in range(8, 15)), blocks=4,
                                     workloads=(("json", 1),), noise=0.08),
    "one block": synthetic.Plan(blocks=1, connections=(256, 512), workloads=(("plaintext", 16),)),
    "long names": synthetic.Plan(
        schedulers=("fifo", "work-stealing", "my-own-policy-with-a-name"), blocks=3,
        connections=(256, 16384), workloads=(("plaintext", 16),)),
}


def awkward(name: str, folder: Path):
    """The plan's trials; long parameters and marks are put in after loading."""
    results = synthetic.load(folder, PLANS[name])
    trials = results.trials
    if name == "long names":
        half = (trials["scheduler"] == "work-stealing") & (trials["connections"] == 256)
        trials.loc[half, "scheduler_params"] = "order=fifo steal=half domain=all"
        trials.loc[trials["scheduler"] == "my-own-policy-with-a-name", "threads_per_core"] = 2.0
    if name == "sweep of seven":
        trials.loc[trials["block"] == 0, "mark"] = "nonstationary"
    if name == "plain":
        model = synthetic.load(folder / "model", dataclasses.replace(
            PLANS["plain"], source="simulated", run_id="sim", control=False, ceiling=False,
            open_rates=(), blocks=2))
        import pandas as pd
        trials = pd.concat([trials, model.trials], ignore_index=True)
        # Between the p99 of its two loads, as the made-up server has them.
        trials["rate_share"] = trials["rate_target_rps"] / 600_000
        results = dataclasses.replace(results, suites=[
            {**suite, "workloads": {"plaintext": {"p99_bound_us": 250}}}
            for suite in results.suites])
    return dataclasses.replace(results, trials=trials)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    return {name: awkward(name, tmp_path_factory.mktemp(name.replace(" ", "-")))
            for name in PLANS}


def drawn(results, spec, width):
    """Each figure of the spec that these trials allow."""
    every = cells.with_names(results.trials)
    for _, part in drawing.parts_of(spec, every):
        try:
            yield spec.draw(part, results, "", width)
        except figures.NothingToDraw:
            continue


@pytest.mark.parametrize("width", [style.NARROW_IN, style.WIDE_IN])
@pytest.mark.parametrize("spec", drawing.SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("name", PLANS)
def test_every_figure_is_fit_to_print(loaded, name, spec, width):
    for figure in drawn(loaded[name], spec, width):
        check(figure, width)


@pytest.mark.parametrize("width", [style.NARROW_IN, style.WIDE_IN])
def test_figures_by_rounds_are_fit_to_print(tmp_path, width):
    import pandas as pd
    results = synthetic_rounds.load(tmp_path, synthetic_rounds.Plan(metrics=("cpu", "p99")))
    nothing = pd.DataFrame(columns=["metric"])
    drawings = figures.round_figures(results, findings.table(results, nothing))
    assert [stem for stem, *_ in drawings] == ["rounds-cpu", "rounds-p99", "rounds-drift"]
    for _, _, _, draw in drawings:
        check(draw(width), width)


def test_the_plain_plan_draws_the_whole_set(loaded):
    for spec in drawing.SPECS:
        assert list(drawn(loaded["plain"], spec, style.NARROW_IN)), spec.name


def check(figure, width):
    with matplotlib.rc_context(style.RC):
        figure.draw_without_rendering()
    assert figure.get_figwidth() == width
    boxes = [(text.get_text(), text.get_window_extent(), text) for text in texts(figure)]
    page = figure.bbox
    for words, box, text in boxes:
        assert text.get_fontsize() >= 8, f"{words!r} has {text.get_fontsize()} pt"
        assert box.x0 >= page.x0 - 0.5 and box.x1 <= page.x1 + 0.5, f"{words!r} is clipped"
        assert box.y0 >= page.y0 - 0.5 and box.y1 <= page.y1 + 0.5, f"{words!r} is clipped"
    for i, (words, box, _) in enumerate(boxes):
        for others, other, _ in boxes[i + 1:]:
            assert not overlap(box, other), f"{words!r} lies on {others!r}"
    for legend in figure.legends:
        for axes in figure.axes:
            assert not overlap(legend.get_window_extent(), axes.get_window_extent())
    assert "n = " in figure.caption
    assert "interval" in figure.caption


def texts(figure):
    """Every visible text, tick labels inside the axes' limits only."""
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and (
                text.figure is figure) and not outside(text):
            yield text


def outside(text) -> bool:
    """True for a tick label that matplotlib keeps and does not draw."""
    for axes in text.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = axis.get_ticklabels(which="both")
            if text in labels:
                shown = [tick.label1 for tick in axis._update_ticks()]
                return text not in shown
            if any(text in (tick.label1, tick.label2) for tick in
                   [*axis.majorTicks, *axis.minorTicks]):
                return True
    return False


def overlap(one, two) -> bool:
    slack = 1.0  # pixel at 100 dpi: a hundredth of an inch
    return (one.x0 + slack < two.x1 and two.x0 + slack < one.x1
            and one.y0 + slack < two.y1 and two.y0 + slack < one.y1)


def test_series_differ_in_colour_marker_and_dash():
    looks = style.looks(["fifo", "work-stealing", "hybrid", "shared-queue", "ceiling", "mine",
                         "yours"])
    for trait in ("color", "marker", "dash"):
        values = [str(getattr(look, trait)) for look in looks.values()]
        assert len(set(values)) == len(values), trait


def test_many_series_stay_distinct():
    looks = style.looks([f"policy-{i}" for i in range(16)])
    traits = [(look.color, look.marker, str(look.dash)) for look in looks.values()]
    assert len(set(traits)) == 16


def test_known_schedulers_keep_their_look():
    assert style.looks(["hybrid"])["hybrid"] == style.looks(["fifo", "a", "hybrid"])["hybrid"]


def test_more_than_eight_series_are_split_over_figures(loaded):
    trials = loaded["plain"].trials
    trials = trials[(trials["twin"] == 0) & (trials["source"] == "real")]
    import pandas as pd
    wide = pd.concat([trials.assign(backlog=backlog) if backlog != 4096 else trials
                      for backlog in (4096, 8192, 16384)], ignore_index=True)
    wide.loc[wide["scheduler"] == "", "backlog"] = float("nan")
    named = cells.with_names(wide)
    for _, part in cells.slices(named):
        for note, facet in cells.facets(part):
            assert facet["series"].nunique() <= 8 and "backlog" in note


def test_fonts_in_the_pdf_are_type_42(loaded, tmp_path):
    figure = figures.throughput(loaded["plain"].trials)
    pdf, _, _ = style.save(figure, tmp_path / "one")
    content = pdf.read_bytes()
    assert b"/CIDFontType2" in content or b"/TrueType" in content
    assert b"/Type3" not in content


def test_a_users_script_needs_one_call(loaded):
    closed = loaded["sweep of seven"].trials
    assert len(figures.throughput(closed).axes) == 1
    assert len(figures.latency(closed, width_in=7.0).axes) == 2


def test_what_is_not_there_is_said(loaded):
    with pytest.raises(figures.NothingToDraw, match="open"):
        figures.throughput_p99(loaded["one block"].trials)
    with pytest.raises(figures.NothingToDraw, match="A/A"):
        trials = loaded["plain"].trials
        figures.aa_strip(trials[trials["twin"] == 0])
