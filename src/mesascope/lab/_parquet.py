"""Columns as parquet files, by an in-memory database that neither loads nor installs anything."""

import contextlib
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from ._records import StoreError


def write_parquet(path: pathlib.Path, columns: Mapping[str, np.ndarray]) -> None:
    """Writes columns of equal length as one parquet file, flushed to the disk."""
    with _duckdb(path) as connection:
        connection.register("columns", {name: np.ascontiguousarray(values) for name, values in columns.items()})
        # the path is a literal of the statement, which takes no parameters there
        literal = str(path).replace("'", "''")
        connection.execute(f"copy (select * from columns) to '{literal}' (format parquet, compression zstd)")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_parquet(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Columns of a parquet file by name; missing numbers are nan.

    Raises:
        StoreError: the file is missing or is no parquet file.
    """
    with _duckdb(path) as connection:
        columns = connection.execute("select * from read_parquet(?)", [str(path)]).fetchnumpy()
    return {
        name: np.ma.filled(values, np.nan) if np.ma.isMaskedArray(values) else values
        for name, values in columns.items()
    }


@contextlib.contextmanager
def _duckdb(path: pathlib.Path):
    import duckdb

    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "1"}
    connection = duckdb.connect(":memory:", config=settings)
    try:
        yield connection
    except duckdb.Error as error:
        raise StoreError(f"{path} cannot be read or written: {error}") from error
    finally:
        connection.close()
