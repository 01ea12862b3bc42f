        monkeypatch.setattr(pq.ParquetFile, "read", lambda *args, **named: pytest.fail("a column was read"))
>       with pytest.raises(InvalidInput, match=rf"{part.name} .*remove it and run again"):
E       AssertionError: Regex pattern did not match.
E         Expected regex: 'paths-000000000000-000000000256.parquet .*take it away and run again'
E         Actual message: '/tmp/pytest-of-root/pytest-16/popen-gw1/test_a_part_of_a_run_that_is_n2/paths-000000000000-000000000256.parquet must have 256 rows; remove it and run again'

tests/comparison/test_stored_columns.py:253: AssertionError
_ test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read[missing] _
[gw1] linux -- Python 3.11.7 /tmp/venv/bin/python

tmp_path = PosixPath('/tmp/pytest-of-root/pytest-16/popen-gw1/test_a_part_of_a_run_that_is_n3')
changed = <function <lambda> at 0x7f6c8860ade0>
monkeypatch = <_pytest.monkeypatch.MonkeyPatch object at 0x7f6c65005c50>

    @pytest.mark.parametrize(
        "changed",
        [
            lambda table: table.set_column(0, table.column_names[0], pa.array(["a" * 1000] * len(table))),
            lambda table: table.append_column(table.column_names[0], table[0]),
            lambda table: pa.table({name: np.zeros(5_000_000) for name in table.column_names}),
            lambda table: table.drop_columns(table.column_names[0]),
        ],
        ids=["text", "twice", "rows", "missing"],
    )
    def test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read(tmp_path, changed, monkeypatch):
        run(tmp_path)
        part = min(tmp_path.glob("*.parquet"))
        pq.write_table(changed(pq.read_table(part)), part, compression="zstd")
        monkeypatch.setattr(pq.ParquetFile, "read", lambda *args, **named: pytest.fail("a column was read"))
>       with pytest.raises(InvalidInput, match=rf"{part.name} .*remove it and run again"):
E       AssertionError: Regex pattern did not match.
E         Expected regex: 'paths-000000000000-000000000256.parquet .*take it away and run again'
E         Actual message: '/tmp/pytest-of-root/pytest-16/popen-gw1/test_a_part_of_a_run_that_is_n3/paths-000000000000-000000000256.parquet is damaged ("/tmp/pytest-of-root/pytest-16/popen-gw1/test_a_part_of_a_run_that_is_n3/paths-000000000000-000000000256.parquet must have one column \'wealth: hold\', got 0"); remove it and run again'

tests/comparison/test_stored_columns.py:253: AssertionError
=========================== short test summary info ============================
FAILED tests/comparison/test_stored_columns.py::test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read[text]
FAILED tests/comparison/test_stored_columns.py::test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read[twice]
FAILED tests/comparison/test_stored_columns.py::test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read[rows]
FAILED tests/comparison/test_stored_columns.py::test_a_part_of_a_run_that_is_not_as_it_was_written_is_refused_before_it_is_read[missing]
Sun Nov 29 12:27:53 UTC 2026
