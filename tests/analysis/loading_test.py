"""Goal: nothing doubtful is read in silence. A broken file is answered with file, line, column and
remedy in one line; a trial that is set aside is on the list with its reason.
Method: one good directory, broken in one place per case."""

import numpy as np
import pandas as pd
import pytest

import synthetic
from analysis import cells, load
from analysis.failure import InputError
from analysis.simulated import beside

PLAN = synthetic.Plan(schedulers=("fifo", "hybrid"), connections=(256, 1024), blocks=3,
                      workloads=(("plaintext", 16),), hist=False)


@pytest.fixture
def folder(tmp_path):
    return synthetic.write(tmp_path / "results", PLAN)


def edit(folder, change):
    """Applies `change` to the frame of trials.csv (all text)."""
    path = folder / "trials.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    result = change(frame)
    (frame if result is None else result).to_csv(path, index=False)


def refusal(folder) -> str:
    with pytest.raises(InputError) as caught:
        load.read([str(folder)])
    text = str(caught.value)
    assert "\n" not in text and "; " in text, text
    return text


def test_a_good_directory_is_read_whole(folder):
    results = load.read([str(folder)])
    assert len(results.trials) == 3 * 2 * 4 and results.excluded.empty
    assert (results.trials["mark"] == "").all()


def set_value(column, value, row=4):
    def change(frame):
        frame.loc[row, column] = value
    return change


@pytest.mark.parametrize("column, value, problem", [
    ("schema", "7", '"7" is unknown'),
    ("connections", "many", '"many" is not a whole number'),
    ("connections", "0", "is not a whole number from 1"),
    ("connections", "2.5", "is not a whole number from 1"),
    ("throughput_rps", "-3", "is not a number from 0"),
    ("throughput_rps", "inf", "is not a number"),
    ("idle_frac", "10", "is not a fraction"),
    ("lat_req_p50_ns", "1e18", "is not nanoseconds"),
    ("source", "guessed", "is not one of real, simulated"),
    ("workload", "", "is empty"),
])
def test_a_bad_value_is_named_with_line_and_column(folder, column, value, problem):
    edit(folder, set_value(column, value))
    text = refusal(folder)
    assert f"trials.csv: line 6: column {column}: " in text and problem in text


def test_falling_percentiles_are_an_edited_row(folder):
    edit(folder, set_value("lat_req_p99_ns", "1000"))
    assert "line 6: column lat_req_p99_ns" in refusal(folder)


def test_milliseconds_in_a_nanosecond_column_are_noticed(folder):
    def change(frame):
        for name in [n for n in frame if n.startswith("lat_req")]:
            frame.loc[2, name] = str(float(frame.loc[2, name]) / 1e6)
    edit(folder, change)
    text = refusal(folder)
    assert "line 4: column lat_req_mean_ns" in text and "nanoseconds" in text


def test_throughput_in_thousands_is_noticed(folder):
    edit(folder, set_value("throughput_rps", "600"))
    assert "is not requests / duration_s" in refusal(folder)


def test_a_missing_column_is_named(folder):
    edit(folder, lambda frame: frame.drop(columns="errors"))
    assert "line 1: column errors: is missing" in refusal(folder)


def test_a_doubled_column_is_named(folder):
    path = folder / "trials.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{line},{'seed' if i == 0 else '1'}"
                              for i, line in enumerate(lines)) + "\n")
    assert "column seed: stands there twice" in refusal(folder)


def test_further_columns_are_kept(folder):
    edit(folder, lambda frame: frame.assign(moon_phase="full"))
    assert (load.read([str(folder)]).trials["moon_phase"] == "full").all()


@pytest.mark.parametrize("cut", [1, 7, 40, 200])
def test_a_cut_off_file_is_refused_with_its_last_line(folder, cut):
    path = folder / "trials.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert "line 25" in refusal(folder)


def test_a_line_with_a_field_too_few_names_line_and_column(folder):
    path = folder / "trials.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 5)[0]
    path.write_text("\n".join(lines) + "\n")
    text = refusal(folder)
    assert "line 4: column" in text and "fields where the header has" in text


def test_quoted_line_ends_do_not_shift_line_numbers(folder):
    def change(frame):
        frame.loc[0, "reasons"] = "two\nlines"
        frame.loc[4, "block"] = "x"
    edit(folder, change)
    assert "line 7: column block" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00trash\n", b"\n", b"a,b\n1,2\n"])
def test_what_is_no_table_is_refused(folder, content):
    (folder / "trials.csv").write_bytes(content)
    assert "trials.csv" in refusal(folder)


def test_broken_neighbours_are_refused(folder):
    (folder / "hist.csv").write_text("trial_id,metric,lower_ns,upper_ns,count\nt1,lat_req,1,2\n")
    assert "hist.csv: line 2" in refusal(folder)
    (folder / "hist.csv").write_text("trial_id,metric,lower_ns,upper_ns,count\nt,lat,1,2,3\n"
                                     "t1,lat_req,1,two,1\n")
    assert 'hist.csv: line 3: column upper_ns: "two" is not a number' in refusal(folder)
    (folder / "hist.csv").write_text("trial_id,metric,lower_ns\n")
    assert "column upper_ns: is missing" in refusal(folder)
    (folder / "hist.csv").unlink()
    (folder / "env.json").write_text("{\n\"cpu\": \n}")
    assert "env.json: line 3: is not JSON" in refusal(folder)


def test_reading_a_directory_twice_is_refused(folder):
    with pytest.raises(InputError, match="was read before"):
        load.read([str(folder), str(folder)])


def test_real_and_simulated_directories_merge(folder, tmp_path):
    model = synthetic.write(tmp_path / "model", synthetic.Plan(
        schedulers=("fifo",), source="simulated", run_id="sim", blocks=2, hist=False))
    results = load.read([str(folder), str(model)])
    assert set(results.trials["source"]) == {"real", "simulated"}
    assert len(results.environments) == 2


def test_an_unmeasured_trial_is_excluded_with_its_reason(folder):
    def change(frame):
        frame.loc[2, ["throughput_rps", "status", "reasons"]] = ["", "failed", "port was taken"]
    edit(folder, change)
    results = load.read([str(folder)])
    assert list(results.excluded["line"]) == [4]
    assert results.excluded["reason"].iloc[0] == "not measured: port was taken"
    assert len(results.trials) + len(results.excluded) == 24


def test_a_retry_replaces_the_first_attempt_and_says_so(folder):
    def change(frame):
        frame.loc[2, "status"] = "nonstationary"
        again = frame.loc[[2]].assign(trial_id="t2-a2", attempt="2", status="ok")
        return pd.concat([frame, again])
    edit(folder, change)
    results = load.read([str(folder)])
    assert list(results.excluded["reason"]) == ["attempt 1 was nonstationary; attempt 2 is used"]
    assert "t2-a2" in set(results.trials["trial_id"]) and len(results.trials) == 24


@pytest.mark.parametrize("column, value, mark", [
    ("status", "client_bound", "client-bound"), ("status", "nonstationary", "nonstationary"),
    ("little_err", "-0.03", "Little"), ("little_err", "", "Little not measured"),
    ("cpu_steal_frac", "0.05", "CPU steal"), ("errors", "5000", "errors"),
])
def test_doubtful_trials_are_marked_and_kept(folder, column, value, mark):
    edit(folder, set_value(column, value))
    results = load.read([str(folder)])
    assert list(results.trials.loc[results.trials["mark"] != "", "mark"]) == [mark]
    assert len(results.trials) == 24


def test_cells_that_differ_in_the_driver_alone_are_not_one_cell(folder):
    """Without the column, as older tables are, they are: the other tests here read those."""
    settings = ["poll_every=128 io_claim=off", "poll_every=128 io_claim=on claim_after_us=1000"]

    def change(frame):
        frame["driver"] = ["" if name == "" else settings[index % 2]
                           for index, name in enumerate(frame["scheduler"])]
    edit(folder, change)
    trials = load.read([str(folder)]).trials
    plain = load.schema.FACTORS[:-1]
    assert trials.groupby(list(load.schema.FACTORS), dropna=False).ngroups > trials.groupby(
        list(plain), dropna=False).ngroups
    series = set(cells.with_names(trials)["series"])
    assert "fifo (io_claim=off)" in series and (
        "fifo (io_claim=on claim_after_us=1000)" in series), series


def test_a_measured_capacity_is_set_aside_with_its_reason(folder):
    edit(folder, set_value("label", "capacity"))
    results = load.read([str(folder)])
    assert len(results.trials) == 3 * 2 * 4 - 1
    assert list(results.excluded["reason"]) == [
        "measured a capacity, of which the open loop's rates are shares"]


def test_two_labels_of_equal_factors_are_an_aa_pair(folder):
    trials = load.read([str(folder)]).trials
    pairs = cells.aa_pairs(trials, "throughput_rps")
    assert len(pairs) == 2 * 3 and set(pairs["scheduler"]) == {"fifo"}
    assert (cells.main_trials(trials)["label"] == "").all()


def test_no_measured_trial_at_all_is_refused(folder):
    edit(folder, lambda frame: frame.assign(throughput_rps=""))
    assert "no trial was measured" in refusal(folder)


def test_derived_columns_follow_from_measured_ones(folder):
    row = load.read([str(folder)]).trials.iloc[0]
    assert row["ctx_per_s"] == (row["ctx_voluntary"] + row["ctx_involuntary"]) / row["duration_s"]
    assert row["lat_req_spread_ns"] == row["lat_req_p99_ns"] - row["lat_req_p50_ns"]
    assert np.isnan(load.read([str(folder)]).trials["machine_cpu_ns_per_request"]).all()

def test_cells_of_two_models_are_not_one_cell_and_say_which_they_are(folder, tmp_path):
    model = synthetic.write(tmp_path / "model", synthetic.Plan(
        schedulers=("fifo",), source="simulated", run_id="sim", blocks=2, hist=False,
        control=False, ceiling=False))

    def named(models):
        def change(frame):
            frame["model"] = [models[index % len(models)] for index in range(len(frame))]
        edit(model, change)
        trials = cells.main_trials(load.read([str(folder), str(model)]).trials)
        return set(trials.loc[trials["source"] == "simulated", "series"]), beside(trials)
    series, table = named(["nsdi22", "zero"])
    assert series == {"fifo (nsdi22)", "fifo (zero)"} and table.empty
    series, table = named(["zero"])
    assert series == {"fifo"} and set(table["series"]) == {"fifo"}
