"""Whether the machine's clock is synchronised, as the kernel tells any process that asks (adjtimex(2), NTP's view)."""

from __future__ import annotations

import ctypes
import sys

from service.ports.clock import ClockState

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_MICROSECONDS = 1_000_000
_UNKNOWN = ClockState(None, None)


class _Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class _Timex(ctypes.Structure):
    """`struct timex` of Linux (uapi/linux/timex.h), as far as it is read here, with room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("rest", ctypes.c_long * 32),
    )


class KernelClockWatch:
    """Implements `service.ports.clock.ClockWatch` by asking the kernel and changing nothing (`modes` 0).

    Whoever keeps the clock (chrony, ntpd, systemd-timesyncd) tells the kernel, and so does the host of a container.
    Other systems than Linux, and a sandbox that forbids the call, leave it unknown.
    """

    def state(self) -> ClockState:
        """As the kernel has it."""
        if not sys.platform.startswith("linux"):
            return _UNKNOWN
        asked = _Timex()
        try:
            clock = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked))
        except (OSError, AttributeError):
            return _UNKNOWN
        if clock < 0:
            return _UNKNOWN
        synchronised = clock != _TIME_ERROR and not asked.status & _STA_UNSYNC
        return ClockState(synchronised, asked.maxerror / _MICROSECONDS)
