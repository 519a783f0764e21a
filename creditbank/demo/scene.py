"""What the demo shows, as plain data: whoever prints it decides how."""

import attrs

__all__ = ["Row", "Scene"]

Row = tuple[str, ...]


@attrs.frozen
class Scene:
    """
    One table with what is to be said before it.

    Attributes:
        title: In Chinese and English.
        prose: Lines before the table.
        headings: One for each column; none where there is no table.
        rows: As many texts each as there are headings.
        numbers: Which columns hold numbers, from 0; they are aligned to the right.
    """

    title: str
    prose: tuple[str, ...]
    headings: Row = ()
    rows: tuple[Row, ...] = ()
    numbers: tuple[int, ...] = ()

    def __attrs_post_init__(self) -> None:
        assert all(len(row) == len(self.headings) for row in self.rows), f"a row of {self.title!r} has another width"
