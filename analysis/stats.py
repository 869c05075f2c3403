"""Intervals, tests and effect sizes over blocks. Knows arrays, nothing of trials or figures.

Shapes: a sample is a 1-D array of n values, one per block; paired samples are in block order.
Units:  as given; a log-ratio is natural, ratio = exp(log-ratio).
Errors: ValueError for empty or, where a log is taken, non-positive samples. Fewer than 3 values
        give an interval of NaN, not an error: a quick look still has a median.
Source: BCa: Efron, JASA 1987 (doi 10.1080/01621459.1987.10478410). Small-sample expansion:
        Hesterberg, The American Statistician 2015 (doi 10.1080/00031305.2015.1089789).
        A12: Vargha and Delaney, JEBS 2000 (doi 10.3102/10769986025002101).
        Holm: Scand. J. Statistics 1979. Sign-flip: Fisher, Design of Experiments, 1935, 21.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special
from scipy import stats as scipy_stats

from analysis.rules import RULES

FLIPS_EXACT_MAX = 16  # 2^16 sign patterns are enumerated; above, that many are drawn


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; low and high are NaN below 3 values."""

    estimate: float
    low: float
    high: float
    n: int

    def exp(self) -> "Interval":
        """From log-ratio to ratio."""
        return Interval(*(float(np.exp(v)) for v in (self.estimate, self.low, self.high)), self.n)


@lru_cache(maxsize=64)
def resample_indices(n: int, resamples: int = RULES.resamples, seed: int = RULES.seed):
    """(resamples, n) array of seeded draws with replacement; the same for each sample of size n."""
    return np.random.default_rng([seed, n]).integers(0, n, (resamples, n))


def bca(sample, statistic=np.median, *, level: float = RULES.level,
        resamples: int = RULES.resamples, seed: int = RULES.seed,
        expand: bool = True) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of `statistic` over n values.

    statistic: a function (array, axis=) -> array. expand: widen the normal quantile to
    sqrt(n / (n - 1)) t(n - 1), without which 10 blocks cover 90 % instead of 95 % (measured in
    tests/analysis/coverage_test.py); False gives the textbook interval.
    """
    values = tuple(float(value) for value in np.asarray(sample, dtype=float))
    if not values:
        raise ValueError("no values")
    return _bca(values, statistic, level, resamples, seed, expand)


@lru_cache(maxsize=4096)  # table, figure and hover value ask for the same interval
def _bca(values, statistic, level, resamples, seed, expand) -> Interval:
    values = np.array(values)
    estimate = float(statistic(values, axis=0))
    n = values.size
    if n < 3:
        return Interval(estimate, np.nan, np.nan, n)
    draws = np.sort(statistic(values[resample_indices(n, resamples, seed)], axis=1))
    left_out = np.broadcast_to(values, (n, n))[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    reach = special.ndtri(0.5 + level / 2)
    if expand:
        reach = np.sqrt(n / (n - 1)) * scipy_stats.t.ppf(0.5 + level / 2, n - 1)
    low, high = _limits(draws, estimate, _acceleration(statistic(left_out, axis=1)), reach)
    return Interval(estimate, low, high, n)


def _limits(draws, estimate: float, acceleration: float, reach: float) -> tuple[float, float]:
    """BCa limits from sorted bootstrap draws; reach: how many standard errors to each side."""
    if draws[0] == draws[-1]:
        return float(draws[0]), float(draws[-1])
    # Ties count half: the median of few values repeats often.
    below = (np.searchsorted(draws, estimate, "left")
             + np.searchsorted(draws, estimate, "right")) / 2 / draws.size
    bias = special.ndtri(np.clip(below, 1 / draws.size, 1 - 1 / draws.size))
    limits = []
    for z in (-reach, reach):
        scale = 1 - acceleration * (bias + z)
        # scale <= 0: the adjusted quantile ran past the end of the distribution.
        share = special.ndtr(bias + (bias + z) / scale) if scale > 0 else float(z > 0)
        limits.append(float(np.quantile(draws, share)))
    return limits[0], limits[1]


def _acceleration(*jackknives) -> float:
    """Sum over samples, as for the two-sample problem; one sample gives Efron's formula."""
    cubes = squares = 0.0
    for estimates in jackknives:
        gap = (np.size(estimates) - 1) * (np.mean(estimates) - np.asarray(estimates))
        cubes += np.sum(gap**3) / gap.size**3
        squares += np.sum(gap**2) / gap.size**2
    return cubes / (6 * squares**1.5) if squares > 0 else 0.0


def log_ratios(numerator, denominator) -> np.ndarray:
    """(n,) natural logs of numerator / denominator, block by block."""
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if top.shape != bottom.shape or top.size == 0:
        raise ValueError(f"not pairs: {top.shape} and {bottom.shape}")
    if (top <= 0).any() or (bottom <= 0).any():
        raise ValueError("a ratio needs values above 0")
    return np.log(top / bottom)


def paired_ratio(numerator, denominator, **options) -> Interval:
    """Geometric mean of the paired ratios, with its interval."""
    return bca(log_ratios(numerator, denominator), np.mean, **options).exp()


def unpaired_ratio(numerator, denominator, *, level: float = RULES.level,
                   resamples: int = RULES.resamples, seed: int = RULES.seed) -> Interval:
    """Ratio of geometric means of two samples without common blocks, with its interval.

    n in the result is the smaller sample's size.
    """
    top, bottom = (np.log(np.asarray(v, dtype=float)) for v in (numerator, denominator))
    if top.size == 0 or bottom.size == 0 or not np.isfinite([*top, *bottom]).all():
        raise ValueError("a ratio needs values above 0")
    estimate = float(top.mean() - bottom.mean())
    n = min(top.size, bottom.size)
    if n < 3:
        return Interval(estimate, np.nan, np.nan, n).exp()
    # Two seeds: equal draws on both sides would pair samples that are not pairs.
    draws = (top[resample_indices(top.size, resamples, seed)].mean(axis=1)
             - bottom[resample_indices(bottom.size, resamples, seed + 1)].mean(axis=1))
    draws.sort()
    jackknives = [(top.sum() - top) / (top.size - 1), -(bottom.sum() - bottom) / (bottom.size - 1)]
    low, high = _limits(draws, estimate, _acceleration(*jackknives),
                        _welch_reach(top, bottom, level))
    return Interval(estimate, low, high, n).exp()


def _welch_reach(top, bottom, level: float) -> float:
    """The small-sample expansion for two means of unequal spread: Welch's degrees of freedom."""
    shares = [side.var(ddof=1) / side.size for side in (top, bottom)]
    if sum(shares) == 0:
        return 0.0
    freedom = sum(shares)**2 / sum(share**2 / (side.size - 1)
                                   for share, side in zip(shares, (top, bottom)))
    shrunk = sum(share * (side.size - 1) / side.size
                 for share, side in zip(shares, (top, bottom)))
    return float(np.sqrt(sum(shares) / shrunk) * scipy_stats.t.ppf(0.5 + level / 2, freedom))


def sign_flip_p(differences, *, seed: int = RULES.seed) -> float:
    """Two-sided p of "the mean is 0": the share of sign patterns with a mean at least as far out.

    Exact up to FLIPS_EXACT_MAX values; above, 65,536 seeded patterns, the observed one counted.
    """
    values = np.asarray(differences, dtype=float)
    if values.size == 0:
        raise ValueError("no values")
    observed = abs(values.sum()) * (1 - 1e-12)  # equal sums may differ in the last bit
    if values.size <= FLIPS_EXACT_MAX:
        patterns = np.arange(2**values.size)[:, None] >> np.arange(values.size) & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ values) >= observed))
    signs = np.random.default_rng([seed, values.size]).choice((-1, 1),
                                                              (2**FLIPS_EXACT_MAX, values.size))
    return float((np.sum(np.abs(signs @ values) >= observed) + 1) / (signs.shape[0] + 1))


def mann_whitney_p(first, second) -> float:
    """Two-sided p of "neither sample tends to be larger": exact without ties, else corrected."""
    return float(scipy_stats.mannwhitneyu(first, second, alternative="two-sided",
                                          method="auto").pvalue)


def a12(first, second) -> float:
    """P(a value of first > one of second) + half P(equal): 0.5 is no effect, 1 is always larger."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.size == 0 or second.size == 0:
        raise ValueError("no values")
    wins = np.sign(first[:, None] - second[None, :])
    return float(np.mean(wins) / 2 + 0.5)


def holm(p_values) -> np.ndarray:
    """(k,) Holm-adjusted p values in the order given; NaN stays NaN and is not counted."""
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * (order.size - np.arange(order.size))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def noise_floor(aa_log_ratios, n: int, *, quantile: float = RULES.floor_quantile,
                resamples: int = RULES.resamples, seed: int = RULES.seed) -> float:
    """How large |log-ratio| of a mean over n blocks comes out when nothing differs.

    aa_log_ratios: (m,) block-wise log-ratios of A/A pairs. The means of n values drawn from them
    stand for n-block experiments; a bias of the pair stays in. NaN when m < 3.
    """
    values = tuple(float(value) for value in np.asarray(aa_log_ratios, dtype=float))
    if len(values) < 3 or n < 1:
        return float("nan")
    return _noise_floor(values, n, quantile, resamples, seed)


@lru_cache(maxsize=256)  # the cells of a slice ask for the same one
def _noise_floor(values, n, quantile, resamples, seed) -> float:
    values = np.array(values)
    draws = np.random.default_rng([seed, values.size, n]).integers(0, values.size, (resamples, n))
    return float(np.quantile(np.abs(values[draws].mean(axis=1)), quantile))
