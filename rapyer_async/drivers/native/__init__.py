"""The native driver: many callers share few connections, and their commands go out together."""

from rapyer_async.drivers.native.driver import NativeDriver

__all__ = ["NativeDriver"]
