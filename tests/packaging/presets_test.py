"""Goal: the presets that an editor offers are builds that this project has.
Method: CMake itself reads them, in a folder whose own file includes them as README.md says.
"""

import json
import re
import shutil

from tests.packaging.installed import ROOT, run

PRESETS = json.loads((ROOT / "experiments/package/presets.json").read_text())


def test_cmake_reads_them_where_the_one_line_includes_them(tmp_path):
    text = (ROOT / "experiments/package/README.md").read_text()
    line = re.search(r"echo '(.*)' >(CMakeUserPresets\.json)", text)
    (tmp_path / line[2]).write_text(line[1])
    (tmp_path / "CMakeLists.txt").write_text("project(none NONE)\n")
    (tmp_path / "experiments/package").mkdir(parents=True)
    shutil.copy(ROOT / "experiments/package/presets.json", tmp_path / "experiments/package")
    said = run("cmake", "--list-presets=all", cwd=tmp_path)
    shown = {preset["name"] for preset in PRESETS["configurePresets"] if not preset.get("hidden")}
    assert shown == {"release", "debug", "address", "thread"}
    assert set(re.findall(r'^  "(\w+)"', said, re.MULTILINE)) == shown


def test_what_they_set_is_what_the_build_description_reads():
    read = (ROOT / "CMakeLists.txt").read_text()
    targets = "".join(path.read_text() for path in (ROOT / "tests").glob("CMakeLists.txt"))
    for preset in PRESETS["configurePresets"]:
        for name in preset.get("cacheVariables", {}):
            assert name in read, name
    for preset in PRESETS["buildPresets"]:
        if "targets" in preset:
            assert f"add_custom_target({preset['targets']})" in targets
