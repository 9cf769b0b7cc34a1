"""The mock vendors as a suite meets them: where they are, what they do, what they were asked."""

import json
import os
import threading
import unittest
import urllib.request

ADDRESSES = json.loads(os.environ["BARGEIN_MOCKS"])

# Every character class that a careless client breaks: CJK, an emoji of several code points, accents, quotes, a
# backslash, a line break.
REPLY = '我在这里。 Hello, wörld! 👩‍🚀 "quoted" \\ and\na second line.'


class Vendor:
    """One company at its port."""

    def __init__(self, name):
        address = ADDRESSES[name]
        self.name = name
        self.http = address if isinstance(address, str) else address["http"]
        self.ws = None if isinstance(address, str) else address["ws"]

    def play(self, role="llm", **script):
        """What the role does from its next request on, which is its `request 1`."""
        self._call("PUT", "/__mock/behaviour", {role: script})

    def asked(self):
        """All requests so far, oldest first."""
        return self._call("GET", "/__mock/journal")["requests"]

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.http + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class VendorCase(unittest.TestCase):
    """A suite of one vendor: `vendor` says which; scripts start anew for each test."""

    maxDiff = None

    def eventually(self, holds, what):
        """What another process will see in a moment: asked for two seconds."""
        for _ in range(200):
            if holds():
                return
            threading.Event().wait(0.01)
        self.fail(f"expected within 2 s: {what}")
