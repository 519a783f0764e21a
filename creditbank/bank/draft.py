"""Drafts for authors who keep their own key: what they sign, and what the bank needs to take it back."""

import base64
import re

import attrs

from creditbank import ledger
from creditbank.errors import MalformedError

__all__ = ["Draft"]

_HEAD = re.compile(
    r"creditbank/prepared/v1\nseal ([0-9a-f]{64})\nkey ([0-9A-Za-z+/=]+)\nclaims ((?: ?[a-z-]+:[0-9a-f]{64})*)\n"
)


@attrs.frozen
class Draft:
    """
    A request decided and not yet recorded.

    ``str(draft.signing)`` is what the author carries to the machine that holds the key; ``draft.message`` are the bytes to sign.

    Attributes:
        signing: The entries, and the submission to sign (:class:`creditbank.ledger.Draft`).
        key: The idempotency key.
        claims: The names that the entries take (keyed hashes, known to bank and author only).
        seal: The bank's own keyed hash (64 hex digits) of all the rest. What an author signs must be what the bank decided: a
            signature holds over any payload, also over one with another nonce, other reads or another log's name.
    """

    signing: ledger.Draft
    key: str
    claims: tuple[str, ...]
    seal: str

    @property
    def message(self) -> bytes:
        """Return the exact bytes to sign."""
        return self.signing.message

    def __str__(self) -> str:
        key = base64.b64encode(self.key.encode()).decode()
        return f"creditbank/prepared/v1\nseal {self.seal}\nkey {key}\nclaims {' '.join(self.claims)}\n{self.signing}"

    @property
    def sealed(self) -> tuple[bytes, ...]:
        """Return what the seal is over."""
        return self.key.encode(), "\n".join(self.claims).encode(), str(self.signing).encode()

    @classmethod
    def parse(cls, text: str) -> "Draft":
        """
        Read exactly what ``str`` writes.

        Raises:
            MalformedError: It is something else.
        """
        head = _HEAD.match(text)
        if head is None:
            raise MalformedError("it does not begin as a prepared draft does", "draft", "use what prepare wrote")
        try:
            key = base64.b64decode(head[2], validate=True).decode()
        except ValueError:
            raise MalformedError("its key is not base64", "draft", "use what prepare wrote") from None
        draft = cls(ledger.Draft.parse(text[head.end() :]), key, tuple(head[3].split()), head[1])
        if str(draft) != text:
            raise MalformedError("it is not written as prepare writes it", "draft", "use what prepare wrote")
        return draft
