"""Cameras that a case knows: made of reference pictures, compared with its items, taken away again."""

from entente.casework.link.service.cameras.comparing import ask_to_compare, compare_cameras
from entente.casework.link.service.cameras.files import Device, described, devices
from entente.casework.link.service.cameras.knowing import CameraRefused, cameras, know, numbered, take_away

__all__ = [
    "CameraRefused",
    "Device",
    "ask_to_compare",
    "cameras",
    "compare_cameras",
    "described",
    "devices",
    "know",
    "numbered",
    "take_away",
]
