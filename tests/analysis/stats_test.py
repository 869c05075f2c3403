"""Goal: each statistic does what its name says.
Method: examples worked by hand, and scipy where it has the same thing."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from analysis import stats


def test_sign_flip_enumerates_by_hand():
    # 1, 2, 3: of the 8 patterns only +++ and --- reach |sum| 6.
    assert stats.sign_flip_p([1.0, 2.0, 3.0]) == 2 / 8
    # 1, 1, -1: |sum| is 1; every pattern of odd count reaches at least 1.
    assert stats.sign_flip_p([1.0, 1.0, -1.0]) == 1.0
    # 3, 4, -1: |sum| 6. Sums: 8, 6, 0, -2 and their negatives; 4 of 8 reach 6.
    assert stats.sign_flip_p([3.0, 4.0, -1.0]) == 4 / 8


def test_sign_flip_of_ten_equal_signs_is_the_protocols_002():
    assert stats.sign_flip_p(np.linspace(0.01, 0.02, 10)) == pytest.approx(2 / 1024)


def test_sign_flip_agrees_with_scipy_permutation_test():
    values = np.random.default_rng(3).normal(0.4, 1.0, 9)
    theirs = scipy_stats.permutation_test((values,), np.mean, permutation_type="samples",
                                          n_resamples=np.inf, alternative="two-sided")
    assert stats.sign_flip_p(values) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_sign_flip_of_many_values_is_drawn_and_close_to_exact():
    values = np.random.default_rng(5).normal(0.35, 1.0, 18)
    patterns = np.arange(2**18)[:, None] >> np.arange(18) & 1
    exact = np.mean(np.abs((1 - 2 * patterns) @ values) >= abs(values.sum()) * (1 - 1e-12))
    assert stats.sign_flip_p(values) == pytest.approx(exact, abs=0.005)


def test_holm_by_hand():
    # sorted .01 .02 .04 -> x3, x2, x1 = .03 .04 .04
    assert stats.holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    # a step never falls below the one before, and never above 1
    assert stats.holm([0.5, 0.02, 0.6]) == pytest.approx([1.0, 0.06, 1.0])


def test_holm_counts_only_known_p_values():
    adjusted = stats.holm([math.nan, 0.02, 0.03])
    assert math.isnan(adjusted[0]) and adjusted[1:] == pytest.approx([0.04, 0.04])


def test_a12_by_hand():
    # pairs (3,1) (3,4) (5,1) (5,4): wins 1 0 1 1
    assert stats.a12([3, 5], [1, 4]) == 0.75
    assert stats.a12([1, 2], [1, 2]) == 0.5
    assert stats.a12([2, 2], [1, 1]) == 1.0


def test_a12_is_mann_whitneys_u_over_the_pairs():
    rng = np.random.default_rng(7)
    first, second = rng.normal(0.5, 1, 11), rng.normal(0, 1, 8)
    u = scipy_stats.mannwhitneyu(first, second).statistic
    assert stats.a12(first, second) == pytest.approx(u / 88)


def test_mann_whitney_of_two_separate_triples_is_one_in_ten():
    # 20 ways to choose 3 of 6 ranks; the two extreme ones are as far out: 2 / 20.
    assert stats.mann_whitney_p([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)


def test_paired_ratio_is_the_geometric_mean():
    ratio = stats.paired_ratio([2.0, 8.0, 4.0], [1.0, 1.0, 1.0])
    assert ratio.estimate == pytest.approx(4.0) and ratio.n == 3


def test_unpaired_ratio_is_the_ratio_of_geometric_means():
    ratio = stats.unpaired_ratio([2.0, 8.0, 4.0], [1.0, 4.0, 2.0, 2.0])
    assert ratio.estimate == pytest.approx(2.0)
    assert ratio.low <= 2.0 <= ratio.high


def test_textbook_bca_agrees_with_scipy():
    values = np.random.default_rng(11).lognormal(0, 0.5, 15)
    # Not the median: scipy counts ties with the estimate as not below, ours as half.
    for statistic in (np.mean, np.std):
        theirs = scipy_stats.bootstrap((values,), statistic, n_resamples=20_000, method="BCa",
                                       random_state=1).confidence_interval
        ours = stats.bca(values, statistic, expand=False, resamples=20_000)
        spread = values.std()
        assert ours.low == pytest.approx(theirs.low, abs=0.03 * spread)
        assert ours.high == pytest.approx(theirs.high, abs=0.03 * spread)


def test_expansion_widens_and_the_seed_repeats():
    values = np.random.default_rng(13).normal(10, 1, 10)
    narrow, wide = stats.bca(values, expand=False), stats.bca(values)
    assert wide.low <= narrow.low < narrow.high <= wide.high
    assert stats.bca(values) == wide


def test_fewer_than_three_values_have_a_median_and_no_interval():
    value = stats.bca([4.0, 6.0])
    assert value.estimate == 5.0 and math.isnan(value.low) and math.isnan(value.high)


def test_equal_values_give_an_interval_of_no_width():
    value = stats.bca([5.0] * 8)
    assert (value.low, value.high) == (5.0, 5.0)


def test_impossible_samples_are_refused():
    with pytest.raises(ValueError):
        stats.bca([])
    with pytest.raises(ValueError):
        stats.log_ratios([1.0, 0.0], [1.0, 1.0])
    with pytest.raises(ValueError):
        stats.log_ratios([1.0], [1.0, 2.0])


def test_noise_floor_follows_the_normal_law():
    # |mean of 10| of sd 0.02 stays under 1.96 * 0.02 / sqrt(10) in 95 % of cases.
    logs = np.random.default_rng(17).normal(0, 0.02, 4000)
    assert stats.noise_floor(logs, 10) == pytest.approx(1.96 * 0.02 / math.sqrt(10), rel=0.05)
    assert math.isnan(stats.noise_floor([0.01, 0.02], 10))
