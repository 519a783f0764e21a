"""
The Merkle tree (RFC 6962, section 2.1) over the lines of a rows file, so that one row can be shown alone.

Leaf 0 is the line with the columns' names, leaf n the n-th row; a leaf is the line as it stands in the file, without its
line feed. The root stands in the book, and the book's digest in the ledger.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

import attrs

from creditbank.codec.canonical import from_canonical
from creditbank.codec.row_cells import cells_of, names_of
from creditbank.errors import MalformedError, UnverifiedError

__all__ = ["RowProof", "check_row", "lines_root", "path_of"]


@attrs.frozen
class RowProof:
    """
    One row of a book, shown alone.

    Args:
        book: Canonical bytes of the book: their SHA-256 is what the ledger says was published.
        clause: Id of the map that the row is in.
        number: Which row, from 1.
        names, row: The line with the columns' names, and the row's own.
        names_path, row_path: Siblings of either, from the leaf up.
    """

    book: bytes
    clause: str
    number: int
    names: bytes
    row: bytes
    names_path: tuple[bytes, ...]
    row_path: tuple[bytes, ...]


def check_row(proof: RowProof, digest: str) -> dict[str, str]:
    """
    Return the cells of the row that *proof* shows, by column, being sure that the book named *digest* has that row.

    Raises, in this order:
        UnverifiedError: The book's bytes have another SHA-256.
        MalformedError: They are no rule book with such a clause.
        UnverifiedError: The rows' tree has no such lines there.
    """
    where = f"row {proof.number} of clause {proof.clause!r}"
    if sha256(proof.book).hexdigest() != digest:
        raise UnverifiedError("it is of another book", where)
    size, root = _tree_of(from_canonical(proof.book, "rule book", keys=None), proof.clause, where)
    shown = ((0, proof.names, proof.names_path), (proof.number, proof.row, proof.row_path))
    for at, line, path in shown:
        if proof.number < 1 or _root_by(at, size, _leaf(line), path) != root:
            raise UnverifiedError("the book's rows have no such line there", where)
    return cells_of(proof.row.decode(), names_of(proof.names.decode()))


def _tree_of(book: object, clause: str, where: str) -> tuple[int, bytes]:
    """Return size and root of the tree over the rows of *clause*."""
    match book:
        case {"clause": list(clauses)}:
            for one in clauses:
                match one:
                    case {"id": str(id), "rows_file": {"rows": int(rows), "root": str(root)}} if id == clause:
                        return rows + 1, bytes.fromhex(root)
        case _:
            pass
    raise MalformedError("the clause has no rows file", where, "show the book itself: its rows are in it")


def lines_root(lines: Iterable[bytes]) -> str:
    """Return the root (hex) over *lines*, of which there is at least one."""
    level = [_leaf(line) for line in lines]
    while len(level) > 1:
        level = _above(level)
    return level[0].hex()


def path_of(lines: Iterable[bytes], *numbers: int) -> list[tuple[bytes, ...]]:
    """Return, for each of the leaves *numbers*, its siblings from the leaf up."""
    level, paths, at = [_leaf(line) for line in lines], [list[bytes]() for _ in numbers], list(numbers)
    while len(level) > 1:
        for path, number in zip(paths, at, strict=True):
            if number ^ 1 < len(level):
                path.append(level[number ^ 1])
        level, at = _above(level), [number >> 1 for number in at]
    return [tuple(path) for path in paths]


def _leaf(line: bytes) -> bytes:
    return sha256(b"\0" + line).digest()


def _above(level: list[bytes]) -> list[bytes]:
    nodes = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return nodes + level[-1:] if len(level) & 1 else nodes


def _root_by(at: int, size: int, found: bytes, path: Sequence[bytes]) -> bytes | None:
    """Return the root that *path* leads to; None if a tree of *size* leaves has no such path."""
    last, rest = size - 1, list(path)
    if not 0 <= at < size:
        return None
    while last:
        if at & 1 or at < last:
            if not rest:
                return None
            near = rest.pop(0)
            found = sha256(b"\1" + near + found if at & 1 else b"\1" + found + near).digest()
        at, last = at >> 1, last >> 1
    return None if rest else found
