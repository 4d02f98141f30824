"""Which stretch of which held video shows the same as which stretch of this one.

Frames are met by the exact index, each met frame votes for a line "held second = slope x query second +
offset", and what many runs of frames agree on is a segment. Arithmetic only: frames come as ``FrameHash``.
"""

from entente.casework.match.video.search import VideoIndex, VideoMatch, VideoSegment
from entente.casework.match.video.share import Shares, shares

__all__ = ["Shares", "VideoIndex", "VideoMatch", "VideoSegment", "shares"]
