"""What the verifier reads of a bank: rows opened with the vault's keys."""

from collections.abc import Iterator

import attrs

from creditbank.bank.loader import open_body
from creditbank.errors import StoreError, UnverifiedError
from creditbank.store import Store
from creditbank.vault import Vault
from creditbank.verify import Row, Signed

__all__ = ["StoreEvidence"]


@attrs.frozen
class StoreEvidence:
    """A store and its vault, as :class:`creditbank.verify.Evidence`."""

    store: Store
    vault: Vault

    def size(self) -> int:
        return self.store.size()

    def rows(self, since: int, upto: int) -> Iterator[Row]:
        for row in self.store.rows(since, upto):
            yield Row(
                row.position,
                row.at_ms,
                row.commitment,
                row.place,
                row.submission,
                None if row.body is None else self._opened(row.body),
                self.store.claims_of(row.position),
            )

    def _opened(self, body: bytes) -> tuple[bytes, bytes] | None:
        """A body that cannot be opened is as good as missing: the verifier asks which erasure took it."""
        try:
            return open_body(self.vault, body)
        except (StoreError, UnverifiedError):
            return None

    def submission(self, id: int) -> Signed:
        row, first = self.store.submission(id)
        return Signed(first, row.count, row.author, row.key, row.not_after_ms, row.signature)

    def document(self, digest: str) -> bytes | None:
        return self.store.document(digest)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        found = []
        upto: int | None = None
        while (published := self.store.published(upto)) is not None:
            found.append((published.size, published.note))
            if published.size == 0:
                break
            upto = published.size - 1
        yield from reversed(found)

    def place_key(self, stream: str) -> bytes | None:
        return self.store.place_key(stream)
