"""A custom-TTS server around espeak-ng: POST a text, hear it while it is still being spoken.

    pip install -r requirements.txt      (and: apt-get install espeak-ng sox)
    TTS_KEY=secret python server.py 8080
    bargein check tts http://127.0.0.1:8080/stream-audio --key secret

espeak-ng stands for your own engine: replace `speech`, keep the rest.
"""

import asyncio
import hmac
import json
import os
import re
import struct
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from contextlib import asynccontextmanager, suppress
from signal import SIGKILL

from aiohttp import web

KEY = os.environ.get("TTS_KEY", "")  # Without a key, everybody may speak at your cost.
RATES = (8000, 16000, 24000, 48000)
TYPES = {"wav": "audio/wav", "pcm": "audio/L16"}
LONGEST = 5_000  # Characters of one request.
SPEAKERS = asyncio.Semaphore(32)  # Voices at once. Who comes after them is told so at once.


class Refused(Exception):
    """The only failure a client understands: a JSON body. Its type, not its status, says so."""

    def __init__(self, status, code, message, **headers):
        self.status, self.body, self.headers = status, {"error": {"code": code, "message": message}}, headers


@asynccontextmanager
async def speech(text, rate, channels):
    """Signed 16-bit little-endian samples of a text, made while they are read. Leaving the block ends the work."""
    chinese = any("\u3400" <= c <= "\u9fff" for c in text)
    voice = ["espeak-ng", *(["-v", "cmn", "-s", "220"] if chinese else ["-v", "en", "-s", "160"]), "--stdin", "--stdout"]
    shape = ["-t", "raw", "-e", "signed", "-b", "16", "-r", str(rate), "-c", str(channels), "-", "gain", "-2"]
    convert = ["sox", "-V1", "--buffer", "2048", "--ignore-length", "-t", "wav", "-", *shape]
    out, into = os.pipe()
    processes = []
    try:
        processes.append(await create_subprocess_exec(*voice, stdin=PIPE, stdout=into))
        processes.append(await create_subprocess_exec(*convert, stdin=out, stdout=PIPE))
        os.close(out), os.close(into)
        processes[0].stdin.write(text.encode())
        processes[0].stdin.close()
        yield processes[1].stdout
    finally:
        for process in processes:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, SIGKILL)
            await process.wait()


async def pieces(samples, rate, channels):
    """At most 100 ms each and never half a sample, so that a client can play what it has."""
    while True:
        try:
            yield await samples.readexactly(rate // 10 * channels * 2)
        except asyncio.IncompleteReadError as end:
            if end.partial:
                yield end.partial
            return


def wav_header(rate, channels):
    """44 bytes. The length is not known yet, so both sizes say so."""
    fmt = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt " + fmt + b"data\xff\xff\xff\xff"


def authorize(request):
    """Before the body is read: who may not speak shall not cost anything."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if KEY and not (scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode("utf-8", "replace"), KEY.encode())):
        raise Refused(401, "unauthorized", "the key is missing or wrong")


async def read_order(request):
    """What shall be spoken, and how. What is not understood is refused, never replaced in silence."""
    try:
        order = json.loads((await request.read()).decode("utf-8-sig"))
    except ValueError as error:
        raise Refused(400, "bad_json", "the body is not JSON in UTF-8") from error
    if not isinstance(order, dict) or not isinstance(order.get("Text"), str):
        raise Refused(400, "no_text", "`Text` must be a string")
    kind, rate, channels = order.get("Format", "wav"), order.get("SampleRate", 16000), order.get("Channel", 1)
    if not isinstance(kind, str) or kind not in TYPES:
        raise Refused(400, "bad_format", "`Format` must be `wav` or `pcm`")
    if type(rate) is not int or rate not in RATES:
        raise Refused(400, "bad_sample_rate", f"`SampleRate` must be one of {', '.join(map(str, RATES))}")
    if type(channels) is not int or channels not in (1, 2):
        raise Refused(400, "bad_channel", "`Channel` must be 1 or 2")
    if len(order["Text"]) > LONGEST:
        raise Refused(413, "text_too_long", f"`Text` may have {LONGEST} characters")
    # Only what can be spoken: no tags, no control characters, no halves of characters, no emoji with their names.
    text = re.sub(r"</?[a-z][^<>]*>", " ", order["Text"])
    text = "".join(c for c in text if c.isspace() or (c.isprintable() and ord(c) < 0x1F000))
    if not any(c.isalnum() for c in text):
        raise Refused(400, "nothing_to_speak", "`Text` has no letter and no digit")
    return text, kind, rate, channels


async def speak(request):
    authorize(request)
    text, kind, rate, channels = await read_order(request)
    if SPEAKERS.locked():
        raise Refused(429, "busy", "all voices are speaking", **{"Retry-After": "1"})
    async with SPEAKERS, speech(text, rate, channels) as samples:
        voice = pieces(samples, rate, channels)
        # The head is sent only when there is sound: from then on a failure can only break the connection.
        first = await anext(voice, b"")
        if not first:
            raise Refused(500, "engine_failed", "the engine gave no sound")
        headers = {"Content-Type": TYPES[kind], "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        echo = {name: value for name, value in request.headers.items() if name.lower() == "x-request-id"}
        response = web.StreamResponse(headers=headers | echo)
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write((wav_header(rate, channels) if kind == "wav" else b"") + first)
        async for piece in voice:
            stuck = asyncio.get_running_loop().call_later(30, request.transport.abort)
            await response.write(piece)  # A slow reader is waited for, a stuck one is left.
            stuck.cancel()
        await response.write_eof()
        return response


@web.middleware
async def failures_are_json(request, handler):
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response(refused.body, status=refused.status, headers=refused.headers)
    except web.HTTPException as error:
        body = {"error": {"code": f"http_{error.status}", "message": error.reason}}
        return web.json_response(body, status=error.status)


if __name__ == "__main__":
    app = web.Application(middlewares=[failures_are_json])
    app.add_routes([web.post("/stream-audio", speak)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), keepalive_timeout=75, handler_cancellation=True)
