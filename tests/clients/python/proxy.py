"""The LLM proxy as a suite meets it: `bargein serve` in front of the mock of one vendor."""

import os

from mocks import Vendor

# What the proxy lets in; run sets both.
ADDRESS = os.environ["BARGEIN_PROXY"]
KEY = os.environ["BARGEIN_PROXY_KEY"]

# The vendor behind it, and its own key.
VENDOR = Vendor("openai")
VENDOR_KEY = os.environ["BARGEIN_PROXY_VENDOR_KEY"]


def ways():
    """The two ways to the same vendor: where, and with which key."""
    return {"straight": (f"{VENDOR.http}/v1", VENDOR_KEY), "proxy": (f"{ADDRESS}/v1", KEY)}
