"""Power fails in the middle of imports: what was acknowledged is there, and nothing half is under a name."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from entente.evidence.disk import Disk
from entente.evidence.objects import Folder
from entente.evidence.store import EvidenceStore, State, StoreFailed
from tests.evidence.power import FragileDisk, Killed, PowerCut
from tests.evidence.rings import MemoryRing

SEEDS = 400
SLOPPY = 100  # seeds for a writer that must be caught; it is, in far fewer
ROOT = Path("/store")
SIZES = (0, 1, 300, 65_536, 66_000)


@dataclass
class Lived:
    """What one life of a store with its cuts came to."""

    acknowledged: int
    lost: int  # acknowledged and not intact
    half: int  # under a name and not intact


def live(seed: int, disk_type: type[FragileDisk] = FragileDisk, folder_type: type[Folder] = Folder) -> Lived:
    """Import until the process is killed or power fails, come back, import again until power fails."""
    chance = random.Random(seed)
    ring, rows, rounds = (
        MemoryRing(),
        {},
        chance.choice(((PowerCut,), (PowerCut, PowerCut), (Killed, PowerCut))),
    )
    files = [chance.randbytes(chance.choice(SIZES)) for _ in range(3)]
    disk = disk_type()
    for fault in rounds:
        disk.cut, disk.calls, disk.fault = chance.randint(1, 90), 0, fault
        try:
            store = EvidenceStore(ROOT, ring, folder_type(ROOT, disk), disk=disk)
            while True:
                case = UUID(int=chance.randint(1, 2))
                kept = store.keep_bytes(chance.choice(files), case)
                rows[kept.key] = case  # the row's transaction is another's; here it is durable at once
        except (fault, StoreFailed):
            pass
        if fault is PowerCut:
            after = disk.survivor(chance)
            disk = disk_type()
            disk.files, disk.folders = after.files, after.folders
    try:
        store = EvidenceStore(ROOT, ring, folder_type(ROOT, disk), disk=disk)
    except StoreFailed:  # its mark is lost or torn: with it everything
        return Lived(len(rows), len(rows), 0)
    held = list(store.keys())
    states = {key: store.state(key) for key in {*rows, *held}}
    lost = sum(states[key] is not State.INTACT for key in rows)
    half = sum(states[key] is not State.INTACT for key in held)
    again = [store.keep_bytes(data, UUID(int=1)) for data in files]  # whatever happened, the import goes on
    assert all(store.check(kept.key) for kept in again)
    return Lived(len(rows), lost, half)


def test_no_power_cut_loses_what_was_acknowledged_or_leaves_half_an_object() -> None:
    lives = [live(seed) for seed in range(SEEDS)]
    acknowledged = sum(each.acknowledged for each in lives)
    lost, half = sum(each.lost for each in lives), sum(each.half for each in lives)
    print(f"\nstore: {SEEDS} power cuts, {acknowledged} acknowledged, {lost} lost, {half} half written")
    assert acknowledged > SEEDS
    assert (lost, half) == (0, 0)


class ForgetsBytes(FragileDisk):
    """A writer that names a file without having synced it."""

    def sync(self, handle: int) -> None:
        self._changes()


class ForgetsNames(FragileDisk):
    """A writer that syncs the file and not the folder of its name."""

    def sync_folder(self, path: Path) -> None:
        self._changes()


class TrustsNames(Folder):
    """A writer that takes a name that another process left for a durable one."""

    def renew(self, name: str) -> bool:
        return self.has(name)


class TrustsFolders(Folder):
    """A writer that syncs the folder of the name and not the name of the folder."""

    def _demand_folders(self, final: Path) -> None:
        self._disk.mkdir(final.parent)


@pytest.mark.parametrize(
    ("disk", "folder"),
    [
        (ForgetsBytes, Folder),
        (ForgetsNames, Folder),
        (FragileDisk, TrustsNames),
        (FragileDisk, TrustsFolders),
    ],
)
def test_the_simulation_catches_a_sloppy_writer(disk: type[FragileDisk], folder: type[Folder]) -> None:
    caught = 0
    for seed in range(SLOPPY):
        lived = live(seed, disk, folder)
        caught += bool(lived.lost or lived.half)
    print(f"\n{disk.__name__}/{folder.__name__}: {caught} of {SLOPPY} lives lost something")
    assert caught > 0


def test_the_fragile_disk_stands_in_for_every_call_of_the_real_one() -> None:
    real = {name for name in vars(Disk) if not name.startswith("_")}
    assert real <= set(vars(FragileDisk))
