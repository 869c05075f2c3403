"""How every figure looks, and the only place that says so.

Sizes are inches and points of the printed page: 3.33 in is one column of a two-column paper, 7 in
both. Colours are Okabe and Ito's, which colour-blind readers tell apart; each series also has a
marker and a dash of its own, so that a black-and-white print reads the same.

Threads: matplotlib's global state: one figure at a time.
Errors:  none of its own; save() passes on what the disk says.
Source:  Okabe and Ito, Color Universal Design, 2008 (yellow left out: it fades on white).
"""

import functools
import math
import textwrap
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from analysis import cells, pdf_fonts

NARROW_IN, WIDE_IN = 3.33, 7.0
FONT_PT = 8.0
LEFT_IN, RIGHT_IN, BOTTOM_IN, TOP_IN = 0.62, 0.14, 0.44, 0.08
GAP_X_IN, GAP_Y_IN, TITLE_IN = 0.66, 0.55, 0.18
PNG_DPI = 200

RC = {
    "font.size": FONT_PT, "axes.labelsize": FONT_PT, "axes.titlesize": FONT_PT,
    "legend.fontsize": FONT_PT, "xtick.labelsize": FONT_PT, "ytick.labelsize": FONT_PT,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same glyphs on each machine
    "pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "etude",
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#DDDDDD", "grid.linewidth": 0.5,
    "axes.axisbelow": True, "lines.linewidth": 1.1, "lines.markersize": 4.0,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "legend.frameon": False,
    "legend.handlelength": 2.6, "legend.columnspacing": 1.2, "legend.handletextpad": 0.5,
    "legend.borderpad": 0.0, "legend.borderaxespad": 0.0, "axes.unicode_minus": True,
    "path.simplify": False,
}


@dataclass(frozen=True)
class Look:
    """How one series is told from the others: three ways, so that each alone suffices."""

    color: str
    marker: str
    dash: object  # matplotlib line style
    hatch: str


LOOKS = (
    Look("#0072B2", "o", "-", ""),
    Look("#D55E00", "s", (0, (5, 1.5)), "////"),
    Look("#009E73", "^", (0, (5, 1.2, 1, 1.2)), "...."),
    Look("#CC79A7", "D", (0, (1, 1)), "xxxx"),
    Look("#E69F00", "v", (0, (3, 1, 1, 1, 1, 1)), "\\\\\\\\"),
    Look("#56B4E9", "P", (0, (8, 2)), "++++"),
    Look("#7F7F7F", "<", (0, (6, 1, 1, 1, 1, 1)), "||||"),
)
CONTROL_LOOK = Look("#000000", "X", (0, (2, 2)), "oo")
FLOOR_COLOR = "#555555"


def looks(series) -> dict[str, Look]:
    """Series name -> Look. Known schedulers keep theirs in every figure; "ceiling" is black."""
    order = cells.series_order(series)
    result, free = {}, list(LOOKS)
    for name in order:
        if name in cells.KNOWN_ORDER:
            result[name] = LOOKS[cells.KNOWN_ORDER.index(name)]
            free.remove(result[name])
        elif "ceiling" in name and CONTROL_LOOK not in result.values():
            result[name] = CONTROL_LOOK
    spare = free or list(LOOKS)
    rest = [name for name in order if name not in result]
    for i, name in enumerate(rest):
        # Past the end of the list colours repeat, with the marker and dash of another entry.
        look, other = spare[i % len(spare)], LOOKS[(i + i // len(spare)) % len(LOOKS)]
        result[name] = look if i < len(spare) else Look(look.color, other.marker, other.dash,
                                                        other.hatch)
    return {name: result[name] for name in order}


def styled(draw):
    """Decorator: runs a figure function under these settings, whatever the caller's are."""
    @functools.wraps(draw)
    def run(*args, **options):
        with matplotlib.rc_context(RC):
            return draw(*args, **options)
    return run


def page(panels: int, width_in: float, *, legend=(), panel_in: float = 1.75, columns: int = 0,
         titles: bool = False, left_in: float = LEFT_IN, right_in: float = RIGHT_IN):
    """A figure of `panels` axes with room for its legend above them.

    legend: handles with labels. Returns (figure, list of axes). Margins are fixed in inches, so
    that the axes of figures of one width line up on a page.
    """
    columns = columns or (1 if width_in < 5 else min(2, panels))
    rows = math.ceil(panels / columns)
    figure = Figure(figsize=(width_in, 1))
    FigureCanvasAgg(figure)
    legend_in = _add_legend(figure, list(legend), width_in)
    title_in = TITLE_IN if titles else 0.0
    height = (TOP_IN + legend_in + rows * (panel_in + title_in) + (rows - 1) * GAP_Y_IN
              + BOTTOM_IN)
    figure.set_size_inches(width_in, height)
    if figure.legends:
        figure.legends[0].set_bbox_to_anchor((0.06 / width_in, 1 - TOP_IN / height))
    gap = GAP_X_IN + left_in - LEFT_IN + right_in - RIGHT_IN
    panel_width = (width_in - left_in - right_in - (columns - 1) * gap) / columns
    axes = []
    for i in range(panels):
        row, column = divmod(i, columns)
        bottom = BOTTOM_IN + (rows - 1 - row) * (panel_in + title_in + GAP_Y_IN)
        left = left_in + column * (panel_width + gap)
        axes.append(figure.add_axes((left / width_in, bottom / height,
                                     panel_width / width_in, panel_in / height)))
    return figure, axes


def _add_legend(figure: Figure, handles: list, width_in: float) -> float:
    """Puts the legend above the axes in as few rows as fit; returns its height in inches."""
    if not handles:
        return 0.0
    room = width_in - 0.12
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(handles=handles, loc="upper left", ncol=columns,
                               bbox_to_anchor=(0.0, 1.0))
        width = legend.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi
        if width <= room or columns == 1:
            break
        legend.remove()
    extent = legend.get_window_extent(figure.canvas.get_renderer())
    return extent.height / figure.dpi + 0.1


def handle(name: str, look: Look, *, line: bool = True) -> Line2D:
    """A legend entry; long names are broken, so that they fit one column of a paper."""
    return Line2D([], [], color=look.color, marker=look.marker,
                  linestyle=look.dash if line else "none", label=textwrap.fill(name, 40))


def label_width_in(texts) -> float:
    """The width of the longest of these labels at the figures' font size."""
    properties = FontProperties(family=RC["font.family"], size=FONT_PT)
    ruler = RendererAgg(1, 1, 72)  # 72 dots per inch: the font metrics in points
    return max(ruler.get_text_width_height_descent(line, properties, ismath=False)[0]
               for text in texts for line in text.split("\n")) / 72


def row_labels(labels, width_in: float) -> tuple[list[str], int]:
    """Labels of the rows of a bar chart, broken where one column has no room for them.

    Returns (labels in the order given, lines per label).
    """
    labels = list(labels)
    if label_width_in(labels) <= 0.42 * width_in:
        return labels, 1
    letters = int(0.42 * width_in / 0.066)  # inches per letter of this font at 8 pt
    labels = [textwrap.fill(label, letters) for label in labels]
    return labels, max(label.count("\n") + 1 for label in labels)


def panel_width_in(axes) -> float:
    """The width of the axes in inches."""
    return axes.get_position().width * axes.figure.get_figwidth()


def x_label(axes, text: str) -> None:
    """Under the middle of the panel; flush right where the panel is narrower than its label."""
    width_in = panel_width_in(axes)
    axes.set_xlabel(text, loc="center" if label_width_in([text]) < width_in else "right")


def connections_axis(axes, counts) -> None:
    """log2 axis with plain numbers; as many labels as fit, the largest always among them."""
    counts = sorted(set(float(count) for count in counts))
    axes.set_xscale("log", base=2)
    width_in = panel_width_in(axes)
    step = max(1, math.ceil(len(counts) / max(1.0, width_in / 0.48)))
    labelled = counts[::-1][::step][::-1]
    axes.xaxis.set_major_locator(FixedLocator(labelled))
    axes.xaxis.set_minor_locator(FixedLocator([c for c in counts if c not in labelled]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if len(counts) > 1:
        axes.set_xlim(counts[0] / 1.35, counts[-1] * 1.35)
    else:
        axes.set_xlim(counts[0] / 2, counts[0] * 2)
    axes.set_xlabel("connections")


LOG_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7),
             (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9))


def log_values_axis(axis, low: float, high: float) -> None:
    """Log axis with plain numbers: the coarsest steps per decade that give 3 labels, at most 7."""
    low, high = low / 1.25, high * 1.25
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in LOG_STEPS:
        ticks = [step * 10.0**power for power in powers for step in steps
                 if low <= step * 10.0**power <= high]
        if len(ticks) >= 3:
            break
    ticks = ticks[::math.ceil(len(ticks) / 7)]
    setter = "set_yscale" if axis.axis_name == "y" else "set_xscale"
    getattr(axis.axes, setter)("log")
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_locator(NullLocator())
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(low, high)


def plain(value: float) -> str:
    """0.001, 0.15, 1.5, 20, 1,000: no exponents and no spare zeros."""
    text = f"{value:,.6f}" if value < 1 else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def zero_based(axes, high: float) -> None:
    """Linear from 0, with a little air above the largest value."""
    axes.set_ylim(0, high * 1.06)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def save(figure: Figure, stem: Path) -> list[Path]:
    """Writes stem.pdf, .svg and .png; the same figure gives the same bytes."""
    paths = []
    pdf_fonts.share()
    with matplotlib.rc_context(RC):
        for kind, metadata, more in (("pdf", {"CreationDate": None}, {}),
                                     ("svg", {"Date": None}, {}),
                                     ("png", {"Software": None},
                                      {"pil_kwargs": {"compress_level": 1}})):
            path = stem.with_name(f"{stem.name}.{kind}")
            figure.savefig(path, metadata=metadata, dpi=PNG_DPI, **more)
            paths.append(path)
    return paths
