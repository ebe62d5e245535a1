"""Rejected rows, kept on disk: a file of bad rows takes no more memory than a file of good ones."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from shared.files.bounded import FileRefused

MOST_REJECTED = 1_000_000
"""Rows; Excel opens 1,048,576. A file with more is not what its profile says."""


class Rejections:
    """The rejected rows of one partition, in the order of the file: index of the block, line, reason.

    `of_file` is the file that is read. A forked process may add the rows and its parent read them: they share
    the temporary file, not the number of rows, which the process says by itself.
    """

    def __init__(self, of_file: Path) -> None:
        self.count = 0
        self._of_file = of_file
        self._spool = TemporaryFile()  # noqa: SIM115 - closed by __del__

    def __del__(self) -> None:
        self._spool.close()

    def add(self, block: int, line: int, reason: str) -> None:
        """Add a row. FileRefused where there are too many."""
        check_count(self._of_file, self.count + 1, reason)
        pickle.dump((block, line, reason), self._spool)
        self.count += 1

    def flush(self) -> None:
        """Let another process see what was added."""
        self._spool.flush()

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        self._spool.seek(0)
        while True:
            try:
                yield pickle.load(self._spool)
            except EOFError:
                return


def check_count(file: Path, count: int, reason: str) -> None:
    """FileRefused where so many rows of a file are no cases; `reason` is that of one of them."""
    if count > MOST_REJECTED:
        raise FileRefused(
            f"{file}: 超过 {MOST_REJECTED:,} 行不是案件，请检查配置或文件，例如：{reason}"
            f" / more than {MOST_REJECTED:,} rows are no cases: mend the profile or the file"
        )
