"""What the store says when it does not keep or give out: of one original, or of itself."""

from __future__ import annotations

from entente.vocabulary.media import Refusal, RefusalCode


class NotKept(OSError):
    """One original was not kept; ``refusal`` says why. Others may still be kept."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class Damaged(OSError):
    """An object in the store is not what was sealed: not one byte of the damaged part is given out."""


class Keyless(Damaged):
    """Its header names a case that has no key here: the key is lost, or the header was changed."""


class Erased(OSError):
    """The case's key was destroyed: what was sealed with it cannot be read by anybody any more."""


class StoreFailed(RuntimeError):
    """The store itself cannot be trusted to hold what it is given: stop, look at the disk."""


class SyncFailed(StoreFailed):
    """The disk did not confirm a write. This is final: the kernel may have dropped the pages.

    A second attempt that succeeds would prove nothing, so there is none; the store becomes read-only until
    ``entente fsck`` has read all of it.
    """


def refusal_of(error: OSError) -> Refusal:
    """Say why an object is not given out."""
    if isinstance(error, Erased):
        return Refusal(RefusalCode.ERASED, str(error))
    if isinstance(error, Damaged):
        why = f"it was changed in the evidence store ({error}); run `entente fsck` and restore it"
        return Refusal(RefusalCode.DAMAGED, why)
    if isinstance(error, FileNotFoundError):
        return Refusal(
            RefusalCode.UNREADABLE, "it is missing in the evidence store; run `entente fsck` and restore it"
        )
    why = f"the evidence store cannot be read ({error.strerror}); check the disk"
    return Refusal(RefusalCode.UNREADABLE, why)
