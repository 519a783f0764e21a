"""
A town's credit bank from nothing, on SQLite: half a year in the lives of some fifty people who do not exist.

The keys are made from the institutions' names, so that every run shows the same; they are no secret and must guard nothing.
"""

from collections.abc import Callable
from pathlib import Path

import attrs

from creditbank.bank import connect
from creditbank.demo import converting, founding, learning, moving, proving, undoing
from creditbank.demo.cast import INSTITUTIONS
from creditbank.demo.clock import StoryClock
from creditbank.demo.folder import ACCOUNT, MARK, VERIFIER_KEY, cleared, is_demo
from creditbank.demo.proving import RECEIPT
from creditbank.demo.scene import Scene
from creditbank.demo.town import Town, demo_signer
from creditbank.domain.name import AccountId
from creditbank.verify import Report

__all__ = ["ACCOUNT", "MARK", "RECEIPT", "VERIFIER_KEY", "Scene", "Story", "is_demo", "tell"]

Telling = Callable[[int, int], None]

_CHAPTERS: tuple[Callable[[Town], Scene], ...] = (
    founding.founded,
    founding.published,
    founding.opened,
    learning.deposited,
    learning.refused_deposits,
    moving.moved,
    converting.quoted,
    converting.applied,
    converting.decided,
    undoing.revoked,
    proving.signed_elsewhere,
    undoing.forgotten,
    proving.looked_back,
    proving.receipted,
)


@attrs.frozen
class Story:
    """
    What was told, and what is left in the folder.

    Attributes:
        heroine: The account whose statement is worth reading.
        learners: How many accounts there are.
        verifier_key: With which anybody checks receipts.
    """

    scenes: tuple[Scene, ...]
    heroine: AccountId
    name: str
    learners: int
    report: Report
    verifier_key: str


def tell(folder: Path, progress: Telling) -> Story:
    """
    Make the bank of the demo in *folder*, which holds a former demo or nothing.

    Args:
        progress: Called with (done, of) after each chapter.

    Raises:
        AlreadyError: The folder holds something else; nothing was changed.
    """
    cleared(folder)
    signers = {member.id: demo_signer(member.id) for member in INSTITUTIONS if member.here}
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    for member, signer in signers.items():
        path = keys / f"{member.partition(':')[2]}.pem"
        path.touch(mode=0o600)
        path.write_text(signer.to_pem(), encoding="ascii")
    clock = StoryClock()
    scenes = []
    with connect(f"sqlite:///{folder}", signers=signers, clock=clock, mark=folder / MARK) as bank:
        town = Town(bank, clock, folder)
        for number, chapter in enumerate(_CHAPTERS, 1):
            scenes.append(chapter(town))
            progress(number, len(_CHAPTERS) + 1)
        scene, report = proving.checked(town)
        progress(len(_CHAPTERS) + 1, len(_CHAPTERS) + 1)
        heroine = town.accounts[converting.HEROINE]
        (folder / VERIFIER_KEY).write_text(f"{bank.verifier_key}\n", encoding="utf-8")
        (folder / ACCOUNT).write_text(f"{heroine}\n", encoding="utf-8")
        return Story((*scenes, scene), heroine, converting.HEROINE, len(town.accounts), report, bank.verifier_key)
