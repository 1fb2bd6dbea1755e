"""Snapshots from before the calendar's buckets had slots."""

import numpy as np
from numpy.typing import NDArray

from premotor.networks.spiking.event_driven.events import SLOTS

Arrays = dict[str, NDArray]


def with_slots(arrays: Arrays, width: float) -> Arrays:
    """The events on their way of a former snapshot, in slots.

    Args:
        arrays: `head`, `tail`, `pool_next` and `pool_time` of a `State` with one list for each bucket.
        width: of a bucket, ms.

    Returns:
        The four arrays as the event loop has them now; every list keeps its order.
    """
    following = arrays["pool_next"].copy()
    head = np.full(len(arrays["head"]) * SLOTS, -1, np.int64)
    tail = np.zeros_like(head)
    for bucket, first in enumerate(arrays["head"]):
        node = int(first)
        while node >= 0:
            slot = int(arrays["pool_time"][node] * (SLOTS / width)) & (len(head) - 1)
            slot = min(max(slot, bucket * SLOTS), (bucket + 1) * SLOTS - 1)  # whatever was rounded
            if head[slot] < 0:
                head[slot] = node
            else:
                following[tail[slot]] = node
            tail[slot] = node
            following[node] = -1
            node = int(arrays["pool_next"][node])
    return {"head": head, "tail": tail, "pool_next": following, "pool_time": arrays["pool_time"]}
