"""Who asks, on which civil day, under which idempotency key."""

import hashlib
from datetime import date

import attrs

from creditbank.domain.name import InstitutionId, Token

__all__ = ["Request"]

KEY_LENGTH_MAX = 200


@attrs.frozen
class Request:
    """
    Everything about a request but what it asks for.

    Attributes:
        by: The institution that asks, and whose signature the entries carry.
        key: The idempotency key: opaque, unique for this institution, never personal. The same request under the same
            key is answered again, not done again.
        on: The civil day of the request in the bank's zone; within a day of the bank's clock.
        officer: Who acts for the institution (经办人), by pseudonym.
        nonce: 32 hexadecimal digits from which new names derive. The bank draws it; the payload carries it.
    """

    by: InstitutionId
    key: str = attrs.field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(KEY_LENGTH_MAX)])
    on: date
    officer: Token | None = None
    nonce: str = ""

    def id(self, number: int = 0) -> str:
        """Return the *number*-th new name of this request: 32 hexadecimal digits, the same when it is run again."""
        assert self.nonce, "the shell draws the nonce before it runs a verb"
        return hashlib.sha256(f"creditbank/id/v1\0{self.nonce}\0{number}".encode()).hexdigest()[:32]
