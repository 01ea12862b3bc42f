"""Nothing in a file is run, imported or unpickled, nothing outside its folder is opened, and nothing is written."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from readers import answer, sealed, written
from seeds import sound_cases, sound_result

import riskkit

HERE = Path(__file__).resolve().parent
CODE = Path(riskkit.__file__).resolve().parent
#: What reads files, as folders and files of the package.
READING = (
    "read", "toml", "comparison/io/folder.py", "comparison/io/parquet.py", "engine/execution/checkpoint.py",
    "engine/execution/parquet_bounds.py", "engine/execution/shards.py",
)  # fmt: skip

FORBIDDEN = {
    "eval", "exec", "__import__", "import_module", "pickle", "cloudpickle", "marshal", "shelve", "dill",
    "runpy", "subprocess", "system", "popen", "read_pickle", "read_table", "fromfile", "load_module",
}  # fmt: skip
#: Where a class of the user's own is imported, if the caller asked for it by allow_import=True.
ALLOWED = {"imports.py": {"import_module"}}

WATCH = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from readers import READERS, answer, sealed, written
from seeds import sound_cases
import riskkit
folder = Path({folder!r})
cases = [(reader, case) for reader, found in sound_cases().items() for case in found]
def every_call(reader, place):
    for call in READERS[reader].calls:
        answer(reader, place, call)
for _ in range(2):  # whatever is loaded on first use is loaded
    for reader, case in cases:
        every_call(reader, written(case, folder / "warm"))
places = [
    (case.parent.name, written({{f.name: f.read_bytes() for f in case.iterdir()}}, folder / f"{{n}}"))
    for n, case in enumerate(sorted(Path({corpus!r}).glob("*/*"))) if case.parent.name != "result"
]
seen, quiet = set(), True
def description(event, arguments):
    if event in ("import", "pickle.find_class", "os.system", "subprocess.Popen", "ctypes.dlopen"):
        return str(arguments[0])
    if event == "compile":
        return repr(arguments[0])
    if event == "exec":
        return f"{{arguments[0].co_filename}} {{arguments[0].co_names}}"
    if event == "open" and isinstance(arguments[0], str):
        path, mode = arguments[0], arguments[1] or ""
        return path if not path.startswith(str(folder)) or mode.strip("rb") else None
def watch(event, arguments):
    what = description(event, arguments)
    if what is not None and (event, what) not in seen:
        seen.add((event, what))
        if not quiet:
            print(event, what)
sys.addaudithook(watch)
for reader, case in cases:  # riskkit's own annotations are evaluated as strings
    every_call(reader, written(case, folder / "warm"))
quiet = False
for reader, place in places:
    every_call(reader, place)
"""


class Harm:
    """Creates a file when unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def names_in(path: Path) -> set[str]:
    """Every name, attribute and imported module of a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.Import(names=names):
                found |= {part for name in names for part in name.name.split(".")}
            case ast.ImportFrom(module=module, names=names):
                found |= {*(module or "").split("."), *(name.name for name in names)}
    return found


def modules() -> list[Path]:
    found = {name: [CODE / name] if name.endswith(".py") else sorted(CODE.glob(f"{name}/*.py")) for name in READING}
    assert all(files and all(file.is_file() for file in files) for files in found.values()), found
    return [file for files in found.values() for file in files]


@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_readers_name_nothing_that_runs_code(path):
    assert not names_in(path) & FORBIDDEN - ALLOWED.get(path.name, set())


@pytest.mark.slow
def test_no_reader_runs_imports_or_opens_anything_on_account_of_a_file(tmp_path):
    """Python's audit events, while every file of the corpus is read in a process of its own."""
    script = WATCH.format(here=str(HERE), folder=str(tmp_path / "files"), corpus=str(HERE / "corpus"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "name", ["os:system", "subprocess:Popen", "os.system", "riskkit.rules.hold:Hold", "StoredRule"]
)
@pytest.mark.parametrize("place", ["rules", "tails", "liquidity"])
def test_a_class_named_by_a_file_is_not_imported(name, place, tmp_path):
    content = sound_cases()["scenario"][0]["scenario.toml"].decode()
    old = {"rules": '"Hold"', "tails": '"StudentT"', "liquidity": '"TenderWindows"'}[place]
    assert old in content
    refusal = answer(
        "scenario", written({"scenario.toml": content.replace(old, f'"{name}"').encode()}, tmp_path / "case")
    )
    assert name in refusal or "text" in refusal


def parquet(**columns: object) -> bytes:
    """The paths of the sound result with some columns changed."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(sound_result()["paths.parquet"]))
    for name, column in columns.items():
        name = name.replace("_", ": ", 1)
        place = table.column_names.index(name)
        field = isinstance(column, pa.Field)
        table = table.set_column(place, column if field else name, table[name] if field else column)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_a_pickled_extension_type_is_not_unpickled(tmp_path):
    """CVE-2023-47248: Arrow once rebuilt such types of a file by unpickling what the file says."""
    import pyarrow as pa

    trace = tmp_path / "harm"
    harm = pickle.dumps(Harm(trace))
    described = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": harm}
    before = sound_result()
    field = pa.field("wealth: hold", pa.float64(), metadata=described)
    case = {**before, "paths.parquet": parquet(wealth_hold=field)}
    with suppress(riskkit.RiskkitError), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of older Arrow: that it leaves such a type alone
        riskkit.Comparison.load(written(sealed(case, before), tmp_path / "case"))
    assert not trace.exists()
    pickle.loads(harm)
    assert trace.exists()


def test_a_column_of_pickled_objects_is_refused_as_it_is(tmp_path):
    import pyarrow as pa

    trace = tmp_path / "harm"
    before = sound_result()
    case = {**before, "paths.parquet": parquet(wealth_hold=pa.array([pickle.dumps(Harm(trace))] * 10, pa.binary()))}
    assert "column 'wealth: hold' must be" in answer("result", written(sealed(case, before), tmp_path / "case"))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["../outside.parquet", "/etc/passwd", "paths.parquet/../../x"])
def test_names_in_the_facts_lead_nowhere(name, tmp_path):
    """Checksums name the files, and only the two that are known are looked at."""
    before = sound_result()
    facts = before["result.toml"].replace(b'"paths.parquet"', f'"{name}"'.encode())
    assert facts != before["result.toml"]
    refusal = answer("result", written({**before, "result.toml": facts}, tmp_path / "case"))
    assert "paths.parquet does not match its checksum" in refusal


@pytest.mark.parametrize("name", ["result.toml", "scenario.toml", "paths.parquet"])
def test_a_link_that_leaves_the_folder_is_refused(name, tmp_path):
    folder = written(sound_result(), tmp_path / "case")
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refusal = answer("result", folder)
    assert f"{name} must lie in the folder" in refusal


@pytest.mark.parametrize("name", ["result.toml", "scenario.toml", "paths.parquet"])
def test_saving_over_a_strangers_result_writes_nowhere_else(name, tmp_path):
    """Neither through links in the place of its files nor through links where files are written first.

    Where the facts are a link to something else the folder is no saved result, and nothing in it is replaced.
    """
    folder = written(sound_result(), tmp_path / "case")
    result = riskkit.Comparison.load(folder)
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (folder / f"{name}.partial").symlink_to(outside)
    (folder / f"{name}.riskkit-new").symlink_to(outside)
    (folder / f"{name}.riskkit-new.partial").symlink_to(outside)
    (folder / name).unlink()
    (folder / name).symlink_to(outside)
    if name == "result.toml":
        scenario_before = (folder / "scenario.toml").read_bytes()
        with pytest.raises(riskkit.RiskkitError, match=r"with a result\.toml that riskkit did not write"):
            result.save(folder)
        assert (outside.read_text(), (folder / "scenario.toml").read_bytes()) == ("mine", scenario_before)
        return
    result.save(folder)
    assert outside.read_text() == "mine"
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert (riskkit.Comparison.load(folder).values("hold", "wealth") == result.values("hold", "wealth")).all()


def test_saving_a_scenario_writes_nowhere_else(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "scenario.toml.partial").symlink_to(outside)
    riskkit.scenario.scenarios.baron().save(tmp_path / "scenario.toml")
    assert outside.read_text() == "mine"
