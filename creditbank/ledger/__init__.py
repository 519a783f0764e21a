"""
The ledger: what was said. Bytes in, proofs out.

Entries, the Merkle tree over them and its tiles, keys, signed notes, checkpoints, submissions, drafts and receipts. It
knows no event, no store and no clock. Formats are RFC 6962's and C2SP's, so that other people's tools can read them.
"""

from creditbank.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from creditbank.ledger.draft import Draft
from creditbank.ledger.entry import (
    PAYLOAD_MAX,
    PLACE_KEY_SIZE,
    SALT_SIZE,
    ZERO,
    commit,
    leaf_data,
    leaf_hash,
    node_hash,
    place,
    place_salt,
)
from creditbank.ledger.head import StreamHead, sign_head
from creditbank.ledger.key import Ed25519Signer, PublicKey, Signer, key_hash, possession_message
from creditbank.ledger.merkle import (
    EMPTY_ROOT,
    check_consistency,
    consistency_path,
    inclusion_path,
    root,
    root_from_path,
)
from creditbank.ledger.note import Note, NoteSignature, VerifierKey, sign_note, verify_note
from creditbank.ledger.receipt import Evidence, Receipt, check_inclusion
from creditbank.ledger.redemption import REDEMPTION_MAX, Redemption
from creditbank.ledger.submission import (
    ENTRIES_MAX,
    Submission,
    commitments_path,
    commitments_root,
    digest,
    open_submission,
    read_submission,
    sign_submission,
)
from creditbank.ledger.tile import EMPTY_TREE, TILE_SIZE, TILE_WIDTH, Tile, Tree, grow, prove, reopen

__all__ = [
    "EMPTY_ROOT",
    "EMPTY_TREE",
    "ENTRIES_MAX",
    "PAYLOAD_MAX",
    "PLACE_KEY_SIZE",
    "REDEMPTION_MAX",
    "SALT_SIZE",
    "TILE_SIZE",
    "TILE_WIDTH",
    "ZERO",
    "Checkpoint",
    "Draft",
    "Ed25519Signer",
    "Evidence",
    "Note",
    "NoteSignature",
    "PublicKey",
    "Receipt",
    "Redemption",
    "Signer",
    "StreamHead",
    "Submission",
    "Tile",
    "Tree",
    "VerifierKey",
    "check_consistency",
    "check_inclusion",
    "commit",
    "commitments_path",
    "commitments_root",
    "consistency_path",
    "digest",
    "grow",
    "inclusion_path",
    "key_hash",
    "leaf_data",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_submission",
    "place",
    "place_salt",
    "possession_message",
    "prove",
    "read_submission",
    "reopen",
    "root",
    "root_from_path",
    "sign_checkpoint",
    "sign_head",
    "sign_note",
    "sign_submission",
    "verify_note",
]
