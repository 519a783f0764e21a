"""Sphinx directives that write parts of the reference from the code, so that nothing is typed twice."""

from typing import Any, ClassVar

import reading
from docutils import nodes  # type: ignore[import-untyped] # docutils brings no types
from docutils.parsers.rst import Directive  # type: ignore[import-untyped] # docutils brings no types
from docutils.statemachine import StringList  # type: ignore[import-untyped] # docutils brings no types
from sphinx.application import Sphinx

PARTS = {
    "error-table": reading.error_table,
    "verb-errors": reading.verb_pages,
    "question-errors": reading.question_pages,
    "bank-errors": reading.bank_pages,
    "event-kinds": reading.event_pages,
    "event-values": reading.value_pages,
}


class FromCode(Directive):  # type: ignore[misc] # docutils brings no types
    """``.. from-code:: verb-errors``: what :mod:`reading` writes under that name."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        part = self.arguments[0]
        if part == "error-tree":
            text = "\n".join(reading.error_tree())
            return [nodes.literal_block(text, text, language="text")]
        lines = StringList(list(PARTS[part]()), source=f"creditbank ({part})")
        node = nodes.container()
        self.state.nested_parse(lines, self.content_offset, node)
        written: list[nodes.Node] = node.children
        return written


def docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Show a docstring of the house's style as lists."""
    lines[:] = reading.stands_for(thing) or reading.restructured(lines)


def signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str, returned: str
) -> tuple[str, str | None] | None:
    """Show arguments as they stand in the source: ``AccountId``, and not what it is another name for."""
    return reading.signature_of(thing)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("from-code", FromCode)
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
